/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Executing decoded privileged instructions for a guest kernel. One function per kind; each changes
 * the vCPU's registers and says how it ended. Linux uses hypercalls for nearly all of this; what is
 * left are MSRs, CR4, ports, and kernels that know less.
 *
 * Lock: none; v is current. Not emulated here: page-table writes (core), CPUID's content (cpuid.c).
 */
#include "machine/emulate.h"

#include "core/domain.h"
#include "core/log.h"
#include "core/guest_access.h"
#include "core/mm.h"
#include "machine/cpu_ops.h"
#include "machine/cpuid.h"
#include "machine/desc.h"
#include "machine/emulate_decode.h"
#include "machine/emulate_io.h"
#include "machine/extable.h"
#include "machine/fpu.h"
#include "machine/inject.h"
#include "machine/msr.h"
#include "shoji/errno.h"

#define TRAP_DEBUG     1
#define TRAP_PF	       14
#define DR6_SINGLESTEP 0x4000u
#define CR0_SHOWN      (CR0_TS | CR0_MP | CR0_NE | CR0_WP | (1UL << 31) | 1)
#define CR4_SETTABLE   (CR4_TSD | CR4_DE)
#define CR4_SHOWN      (CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT)
#define LAR_LONG       (1u << 21)

/* --- registers --- */

uint64_t *emulate_register(struct vcpu *v, unsigned int number)
{
	static const uint8_t offsets[16] = {
#define AT(name) offsetof(struct xen_cpu_user_regs, name)
		AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp), AT(rsi), AT(rdi),
		AT(r8),	 AT(r9),  AT(r10), AT(r11), AT(r12), AT(r13), AT(r14), AT(r15),
#undef AT
	};

	return (uint64_t *)((char *)vcpu_regs(v) + offsets[number & 15]);
}

static uint64_t effective_address(struct vcpu *v, const struct insn *i)
{
	uint64_t a = (uint64_t)(int64_t)i->displacement;

	if (i->base >= 0)
		a += *emulate_register(v, (unsigned int)i->base);
	if (i->index >= 0)
		a += *emulate_register(v, (unsigned int)i->index) << i->scale;
	if (i->rip_relative)
		a += vcpu_regs(v)->rip + i->length;
	if (i->address_size == 4)
		a = (uint32_t)a;
	return a + emulate_segment_base(i);
}

static void set_pair(struct vcpu *v, uint64_t value)
{
	vcpu_regs(v)->rax = (uint32_t)value;
	vcpu_regs(v)->rdx = value >> 32;
}

/* --- control and debug registers --- */

static uint64_t cr0_of(const struct vcpu *v)
{
	return CR0_SHOWN & (v->fpu_taskswitch ? ~0UL : ~CR0_TS);
}

static void set_ts(struct vcpu *v, bool on)
{
	v->fpu_taskswitch = on;
	machine_set_ts(on);
}

static uint64_t cr4_of(const struct vcpu *v)
{
	return (v->cr4_guest & CR4_SETTABLE) | CR4_SHOWN | (fpu_host_xcr0() ? CR4_OSXSAVE : 0);
}

static enum emulated read_cr(struct vcpu *v, const struct insn *i)
{
	uint64_t *to = emulate_register(v, i->rm);

	switch (i->reg) {
	case 0:
		*to = cr0_of(v);
		return EMULATED;
	case 2:
		*to = v->entry->cr2;
		return EMULATED;
	case 3:
		*to = v->cr3_kernel.n << PAGE_SHIFT;
		return EMULATED;
	case 4:
		*to = cr4_of(v);
		return EMULATED;
	default:
		return REFUSED;
	}
}

static enum emulated write_cr3(struct vcpu *v, uint64_t value)
{
	int rc = mm_set_cr3(v, mfn(value >> PAGE_SHIFT));

	if (rc == -XEN_ERESTART)
		return EMULATE_AGAIN;
	return rc ? REFUSED : EMULATED;
}

static enum emulated write_cr(struct vcpu *v, const struct insn *i)
{
	uint64_t value = *emulate_register(v, i->rm);

	switch (i->reg) {
	case 0:
		if ((value ^ cr0_of(v)) & CR0_SHOWN & ~CR0_TS)
			return REFUSED;
		set_ts(v, value & CR0_TS);
		return EMULATED;
	case 2:
		v->entry->cr2 = value;
		v->info->arch.cr2 = value;
		return EMULATED;
	case 3:
		return write_cr3(v, value);
	case 4: /* bits that are ours stay as they are */
		v->cr4_guest = value;
		return EMULATED;
	default:
		return REFUSED;
	}
}

static enum emulated read_dr(struct vcpu *v, const struct insn *i)
{
	if (i->reg > 7)
		return REFUSED;
	*emulate_register(v, i->rm) = v->debugreg[i->reg == 4 || i->reg == 5 ? i->reg + 2 : i->reg];
	return EMULATED;
}

static enum emulated write_dr(struct vcpu *v, const struct insn *i)
{
	return machine_set_debugreg(v, i->reg, *emulate_register(v, i->rm)) ? REFUSED : EMULATED;
}

static enum emulated clts(struct vcpu *v, const struct insn *i)
{
	(void)i;
	set_ts(v, false);
	return EMULATED;
}

/* The status word; 16 bits in memory, zero-extended in a register. */
static enum emulated smsw(struct vcpu *v, const struct insn *i)
{
	uint64_t word = cr0_of(v) & 0xffff, address = effective_address(v, i);

	if (!i->mem)
		*emulate_register(v, i->rm) = word;
	else if (guest_write(gva(address), &word, 2))
		return emulate_fault(v, address, 2, true);
	return EMULATED;
}

static enum emulated lmsw(struct vcpu *v, const struct insn *i)
{
	uint64_t word = 0, address = effective_address(v, i);

	if (!i->mem)
		word = *emulate_register(v, i->rm);
	else if (guest_read(&word, gva(address), 2))
		return emulate_fault(v, address, 2, false);
	set_ts(v, word & CR0_TS);
	return EMULATED;
}

/* --- MSRs, counters, XCR0 --- */

static enum emulated rdmsr(struct vcpu *v, const struct insn *i)
{
	uint64_t value;

	(void)i;
	if (!msr_guest_read(v, (uint32_t)vcpu_regs(v)->rcx, &value))
		return REFUSED;
	set_pair(v, value);
	return EMULATED;
}

static enum emulated wrmsr(struct vcpu *v, const struct insn *i)
{
	const struct xen_cpu_user_regs *r = vcpu_regs(v);

	(void)i;
	return msr_guest_write(v, (uint32_t)r->rcx, (uint64_t)(uint32_t)r->rax | r->rdx << 32)
		       ? EMULATED
		       : REFUSED;
}

static enum emulated rdtsc(struct vcpu *v, const struct insn *i)
{
	(void)i;
	set_pair(v, cpu_rdtsc());
	return EMULATED;
}

static enum emulated xsetbv(struct vcpu *v, const struct insn *i)
{
	const struct xen_cpu_user_regs *r = vcpu_regs(v);

	(void)i;
	if ((uint32_t)r->rcx != 0)
		return REFUSED;
	return fpu_set_xcr0(v, (uint64_t)(uint32_t)r->rax | r->rdx << 32) ? REFUSED : EMULATED;
}

static enum emulated cpuid(struct vcpu *v, const struct insn *i)
{
	struct xen_cpu_user_regs *r = vcpu_regs(v);
	uint32_t out[4];

	(void)i;
	cpuid_guest(v, (uint32_t)r->rax, (uint32_t)r->rcx, out);
	r->rax = out[0];
	r->rbx = out[1];
	r->rcx = out[2];
	r->rdx = out[3];
	return EMULATED;
}

/* --- caches, TLB, interrupts --- */

static enum emulated write_back_caches(struct vcpu *v, const struct insn *i)
{
	(void)i;
	if (v->domain->privileged) /* the others have no device that could look behind caches */
		cpu_wbinvd();
	return EMULATED;
}

static enum emulated invlpg(struct vcpu *v, const struct insn *i)
{
	uint64_t va = effective_address(v, i);

	if (guest_code_ok(va))
		machine_flush_page(1ULL << this_cpu()->id, va);
	return EMULATED;
}

static enum emulated cli_sti(struct vcpu *v, const struct insn *i)
{
	(void)i;
	return emulate_io_allowed(v) ? EMULATED : REFUSED; /* IF is ours and stays on */
}

static enum emulated hlt(struct vcpu *v, const struct insn *i)
{
	(void)i;
	vcpu_stop(v, VPAUSE_BLOCKED);
	if (__atomic_load_n(&v->info->evtchn_upcall_pending, __ATOMIC_SEQ_CST) || v->nmi_pending)
		vcpu_wake(v, VPAUSE_BLOCKED);
	return EMULATED;
}

/* --- the table --- */

static const struct {
	enum emulated (*run)(struct vcpu *v, const struct insn *i); /* NULL: never */
	bool in_user_mode;
} table[] = {
	[INSN_IN] = {emulate_in, true},
	[INSN_OUT] = {emulate_out, true},
	[INSN_INS] = {emulate_ins, true},
	[INSN_OUTS] = {emulate_outs, true},
	[INSN_CLI] = {cli_sti, true},
	[INSN_STI] = {cli_sti, true},
	[INSN_HLT] = {hlt, false},
	[INSN_CLTS] = {clts, false},
	[INSN_INVD] = {write_back_caches, false},
	[INSN_WBINVD] = {write_back_caches, false},
	[INSN_INVLPG] = {invlpg, false},
	[INSN_SMSW] = {smsw, true},
	[INSN_LMSW] = {lmsw, false},
	[INSN_READ_CR] = {read_cr, false},
	[INSN_WRITE_CR] = {write_cr, false},
	[INSN_READ_DR] = {read_dr, false},
	[INSN_WRITE_DR] = {write_dr, false},
	[INSN_RDMSR] = {rdmsr, false},
	[INSN_WRMSR] = {wrmsr, false},
	[INSN_RDTSC] = {rdtsc, false},
	[INSN_RDTSCP] = {NULL, false},
	[INSN_RDPMC] = {NULL, false},
	[INSN_XSETBV] = {xsetbv, false},
	[INSN_SWAPGS] = {NULL, false},
	[INSN_CPUID] = {cpuid, true},
};

/* The code segment's L bit. An LDT that is not mapped yet faults: then it is none of ours. */
static bool in_long_mode(uint16_t cs)
{
	uint32_t rights = 0;

	if (cs == SEL_GUEST_CS)
		return true;
	__asm__ volatile("1: lar %1, %0\n"
			 "2:\n"
			 ".pushsection .fixup, \"ax\"\n"
			 "3: xor %0, %0\n"
			 "   jmp 2b\n"
			 ".popsection\n" EXTABLE("1b", "3b")
			 : "+r"(rights)
			 : "r"((uint32_t)cs)
			 : "cc");
	return rights & LAR_LONG;
}

/* Up to INSN_MAX bytes at rip, fewer where the next page is not there. */
static size_t fetch(const struct vcpu *v, uint8_t bytes[INSN_MAX])
{
	uint64_t rip = vcpu_regs(v)->rip;
	size_t first = MIN((size_t)INSN_MAX, PAGE_SIZE - (rip & (PAGE_SIZE - 1)));

	if (guest_read(bytes, gva(rip), first))
		return 0;
	if (first == INSN_MAX || guest_read(bytes + first, gva(rip + first), INSN_MAX - first))
		return first;
	return INSN_MAX;
}

static void advance(struct vcpu *v, unsigned int length)
{
	struct xen_cpu_user_regs *r = vcpu_regs(v);

	r->rip += length;
	r->rflags &= ~RFLAGS_RF;
	if (r->rflags & RFLAGS_TF) {
		v->debugreg[6] |= DR6_SINGLESTEP;
		inject_trap(v, TRAP_DEBUG, 0);
	}
}

enum emulated emulate_fault(struct vcpu *v, uint64_t address, unsigned int bytes, bool write)
{
	if (!guest_range_ok(gva(address), bytes))
		return REFUSED;
	inject_page_fault(v, cpu_read_cr2(), write ? 6 : 4); /* user access, not present */
	return EMULATE_AGAIN;
}

bool emulate_gp(struct vcpu *v)
{
	uint8_t bytes[INSN_MAX];
	struct insn i;
	size_t count = fetch(v, bytes);

	if (!insn_decode(bytes, count, in_long_mode(vcpu_regs(v)->cs), &i))
		return false;
	if (!table[i.op].run || (v->entry->user_mode && !table[i.op].in_user_mode))
		return false;
	switch (table[i.op].run(v, &i)) {
	case EMULATED:
		advance(v, i.length);
		return true;
	case EMULATE_AGAIN:
		return true;
	default:
		return false;
	}
}

bool emulate_ud(struct vcpu *v)
{
	static const uint8_t forced[] = {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2};
	uint8_t bytes[sizeof(forced)];

	if (guest_read(bytes, gva(vcpu_regs(v)->rip), sizeof(bytes)))
		return false;
	for (size_t n = 0; n < sizeof(forced); n++)
		if (bytes[n] != forced[n])
			return false;
	cpuid(v, NULL);
	advance(v, sizeof(forced));
	return true;
}
