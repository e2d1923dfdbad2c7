/* SPDX-License-Identifier: GPL-2.0-only */
/* Model-specific registers that this processor may not have: the fault becomes `false`. */
#include "machine/cpu_ops.h"
#include "machine/extable.h"

bool cpu_rdmsr_safe(uint32_t msr, uint64_t *v)
{
	uint32_t low = 0, high = 0, ok = 1;

	__asm__ volatile("1: rdmsr\n"
			 "2:\n"
			 ".pushsection .fixup, \"ax\"\n"
			 "3: xor %k0, %k0\n"
			 "   jmp 2b\n"
			 ".popsection\n" EXTABLE("1b", "3b")
			 : "+r"(ok), "+a"(low), "+d"(high)
			 : "c"(msr));
	*v = (uint64_t)high << 32 | low;
	return ok;
}

bool cpu_wrmsr_safe(uint32_t msr, uint64_t v)
{
	uint32_t ok = 1;

	__asm__ volatile("1: wrmsr\n"
			 "2:\n"
			 ".pushsection .fixup, \"ax\"\n"
			 "3: xor %k0, %k0\n"
			 "   jmp 2b\n"
			 ".popsection\n" EXTABLE("1b", "3b")
			 : "+r"(ok)
			 : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32))
			 : "memory");
	return ok;
}
