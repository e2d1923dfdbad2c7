/* SPDX-License-Identifier: GPL-2.0-only */
/* Selector loads with a fixup for the faults a guest's descriptor can cause. */
#include "machine/segments.h"

#define LOAD_SEGMENT(name)                                        \
	static bool load_##name(uint16_t selector)                \
	{                                                         \
		uint32_t ok = 1;                                  \
                                                                  \
		__asm__ volatile("1: mov %w1, %%" #name "\n"      \
				 "2:\n"                           \
				 ".pushsection .fixup, \"ax\"\n"  \
				 "3: xor %0, %0\n"                \
				 "   mov %0, %%" #name "\n"       \
				 "   jmp 2b\n"                    \
				 ".popsection\n"                  \
				 ".pushsection .extable, \"a\"\n" \
				 ".long 1b - .\n"                 \
				 ".long 3b - .\n"                 \
				 ".popsection"                    \
				 : "+&r"(ok)                      \
				 : "r"((uint32_t)selector)        \
				 : "memory");                     \
		return ok;                                        \
	}
LOAD_SEGMENT(ds)
LOAD_SEGMENT(es)
LOAD_SEGMENT(fs)
LOAD_SEGMENT(gs)

#define READ_SEGMENT(name)                                         \
	static uint16_t read_##name(void)                          \
	{                                                          \
		uint16_t s;                                        \
                                                                   \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(s)); \
		return s;                                          \
	}
READ_SEGMENT(ds)
READ_SEGMENT(es)
READ_SEGMENT(fs)
READ_SEGMENT(gs)

void segments_read(struct xen_cpu_user_regs *r)
{
	r->ds = read_ds();
	r->es = read_es();
	r->fs = read_fs();
	r->gs = read_gs();
}

/* The RPL of a selector that means anything is 3; a lower one would not load. */
bool segments_load(const struct xen_cpu_user_regs *r)
{
	bool ok = load_ds(r->ds);

	ok &= load_es(r->es);
	ok &= load_fs(r->fs);
	ok &= load_gs(r->gs);
	return ok;
}

bool segments_load_gs(uint16_t selector)
{
	return load_gs(selector);
}
