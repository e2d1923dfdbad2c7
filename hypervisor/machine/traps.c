/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each way in means: from a guest, its hypercalls, its exceptions (repaired, emulated, or
 * handed to its kernel) and the interrupts that arrive meanwhile; from the hypervisor, faults with
 * a fixup, interrupts while idle, and the end of the machine.
 */
#include "machine/traps.h"

#include "abi/abi.h"
#include "core/exit.h"
#include "core/mm.h"
#include "lib/string.h"
#include "machine/apic.h"
#include "machine/context.h"
#include "machine/cpu_ops.h"
#include "machine/desc.h"
#include "machine/entry_layout.h"
#include "machine/emulate.h"
#include "machine/extable.h"
#include "machine/flush.h"
#include "machine/inject.h"
#include "machine/irq.h"
#include "machine/panic.h"
#include "machine/percpu.h"
#include "machine/vectors.h"
#include "shoji/callback.h"

enum {
	TRAP_DEBUG = 1,
	TRAP_NMI = 2,
	TRAP_BREAKPOINT = 3,
	TRAP_OVERFLOW = 4,
	TRAP_INVALID_OP = 6,
	TRAP_NO_DEVICE = 7,
	TRAP_DOUBLE_FAULT = 8,
	TRAP_GP = 13,
	TRAP_PAGE_FAULT = 14,
	TRAP_MACHINE_CHECK = 18,
	TRAP_EXCEPTIONS = 32,
};

#define ERROR_FROM_IDT 2u
#define INT_OPCODE     0xcd

/* --- interrupts --- */

static void interrupt(unsigned int vector)
{
	count_one(this_cpu(), INTERRUPT);
	switch (vector) {
	case VECTOR_TIMER:
		count_one(this_cpu(), TIMER);
		__atomic_fetch_or(&this_cpu()->work, CPU_WORK_TIMER, __ATOMIC_RELAXED);
		apic_eoi();
		break;
	case VECTOR_KICK:
		apic_eoi(); /* work is looked at on the way out */
		break;
	case VECTOR_FLUSH:
		apic_eoi();
		flush_answer();
		break;
	case VECTOR_ERROR:
		apic_eoi();
		break;
	case VECTOR_SPURIOUS:
		break;
	default:
		irq_handle(vector);
		break;
	}
}

/* --- exceptions of guests --- */

static bool in_hole(uint64_t address)
{
	return address >= HV_VIRT_START && address < HV_VIRT_END;
}

static bool repair_page_fault(struct vcpu *v, uint64_t address, uint32_t error)
{
	if (in_hole(address))
		return false;
	if (!v->entry->user_mode && (error & (PF_PRESENT | PF_WRITE)) == (PF_PRESENT | PF_WRITE) &&
	    !(error & PF_RESERVED))
		return mm_emulate_pt_write(v, address);
	return false;
}

static void page_fault(struct vcpu *v)
{
	uint64_t address = cpu_read_cr2();
	uint32_t error = vcpu_regs(v)->error_code;
	unsigned int page;
	uint16_t offset;

	/* The CPU itself reads descriptors: not a user access. Beyond the GDT's end there are none.
	 */
	if (!(error & PF_USER) && context_is_gdt_address(v, address, &offset)) {
		inject_trap(v, TRAP_GP, offset & ~7u);
		return;
	}
	if (!(error & PF_USER) && context_is_ldt_address(v, address, &page)) {
		if (mm_map_ldt_page(v, page))
			return;
		address = v->ldt_base + (address & (16 * PAGE_SIZE - 1));
	}
	if (repair_page_fault(v, address, error))
		return;
	if ((error & (PF_PRESENT | PF_WRITE | PF_USER)) == PF_PRESENT && emulate_iretq(v))
		return;
	inject_page_fault(v, address, error & ~(uint32_t)PF_RESERVED);
}

/* `int N` that the gates refused: does the guest's own table allow it? */
static bool software_interrupt(struct vcpu *v)
{
	struct xen_cpu_user_regs *r = vcpu_regs(v);
	const struct xen_trap_info *t;
	uint8_t code[2];

	if (guest_read(code, gva(r->rip), sizeof(code)) || code[0] != INT_OPCODE)
		return false;
	t = &v->traps[code[1]];
	if (!t->address || (t->flags & 3) < (v->entry->user_mode ? 3 : 1))
		return false;
	r->rip += sizeof(code);
	inject_trap(v, code[1], 0);
	return true;
}

static void general_protection(struct vcpu *v)
{
	uint32_t error = vcpu_regs(v)->error_code;

	if ((error & 7) == ERROR_FROM_IDT) {
		if (software_interrupt(v))
			return;
	} else if (error == 0 && emulate_gp(v)) {
		return;
	}
	inject_trap(v, TRAP_GP, error);
}

static void invalid_op(struct vcpu *v)
{
	if (!emulate_ud(v))
		inject_trap(v, TRAP_INVALID_OP, 0);
}

/* The guest's TS: it is cleared before the guest hears of it, as Linux expects. */
static void no_device(struct vcpu *v)
{
	machine_set_ts(false);
	v->fpu_taskswitch = false;
	inject_trap(v, TRAP_NO_DEVICE, 0);
}

static void debug_exception(struct vcpu *v)
{
	v->debugreg[6] = cpu_read_dr6();
	cpu_write_dr6(0xffff0ff0);
	inject_trap(v, TRAP_DEBUG, 0);
}

void trap_from_guest(struct vcpu *v)
{
	unsigned int vector = vcpu_regs(v)->entry_vector;

	if (vector >= TRAP_EXCEPTIONS && vector < ENTRY_SYSCALL) {
		interrupt(vector);
		return;
	}
	if (vector == TRAP_PAGE_FAULT)
		count_one(this_cpu(), PAGE_FAULT);
	else if (vector < TRAP_EXCEPTIONS)
		count_one(this_cpu(), EXCEPTION);
	switch (vector) {
	case TRAP_PAGE_FAULT:
		page_fault(v);
		break;
	case TRAP_GP:
		general_protection(v);
		break;
	case TRAP_INVALID_OP:
		invalid_op(v);
		break;
	case TRAP_NO_DEVICE:
		no_device(v);
		break;
	case TRAP_DEBUG:
		debug_exception(v);
		break;
	case TRAP_NMI:
		break;
	default:
		inject_trap(v, vector, vcpu_regs(v)->error_code);
		break;
	}
}

/* --- from the hypervisor --- */

void trap_in_hypervisor(struct xen_cpu_user_regs *frame)
{
	uint64_t fixup;

	if (frame->entry_vector >= TRAP_EXCEPTIONS) {
		interrupt(frame->entry_vector);
		return;
	}
	fixup = extable_lookup(frame->rip);
	if (!fixup)
		panic_trap(frame);
	frame->rip = fixup;
	frame->rflags &= ~RFLAGS_AC;
}

/* The NMI button, or the platform: dom0's to handle. Whatever was interrupted may hold locks, so it
 * is told on the way out. */
static void nmi(void)
{
	void (*stopper)(void) = this_percpu()->stopper;
	const struct vcpu *v = hv.dom0 ? hv.dom0->vcpu[0] : NULL;

	if (stopper)
		stopper();
	if (v && v->nmi_callback) {
		__atomic_fetch_or(&this_cpu()->work, CPU_WORK_NMI, __ATOMIC_RELAXED);
		apic_send_self(VECTOR_KICK); /* we may be on a way out that does not look at it */
	}
}

struct vcpu *trap_ist(struct xen_cpu_user_regs *frame)
{
	struct vcpu *v = current_vcpu();

	switch (frame->entry_vector) {
	case TRAP_NMI:
		nmi();
		break;
	case TRAP_DEBUG:
		if (!(frame->cs & 3))
			cpu_write_dr6(0xffff0ff0); /* a breakpoint that hit in the entry stub */
		break;
	default:
		panic_trap(frame);
	}
	if (!(frame->cs & 3) || !v)
		return NULL;
	memcpy(vcpu_regs(v), frame, offsetof(struct xen_cpu_user_regs, es));
	return v;
}

void trap_exit_failed(struct vcpu *v)
{
	inject_failsafe(v);
}

void trap_bounce_failed(struct vcpu *v)
{
	domain_crash(v->domain, "vCPU %u: kernel stack cannot be written (rip %lx)", v->id,
		     (unsigned long)vcpu_regs(v)->rip);
}

/* --- idle --- */

static void idle(void)
{
	struct cpu *c = this_cpu();

	while (!__atomic_load_n(&c->work, __ATOMIC_SEQ_CST)) {
		if (core_idle_work())
			__asm__ volatile("sti; nop; cli" ::: "memory");
		else
			__asm__ volatile("sti; hlt; cli" ::: "memory");
	}
	exit_to_guest();
}

void machine_idle_enter(void)
{
	stack_restart(idle);
}

void machine_kick(unsigned int cpu)
{
	if (cpu != this_cpu()->id)
		apic_send_ipi(machine_cpu(cpu)->apic_id, VECTOR_KICK);
}

/* --- the iret hypercall --- */

static bool leave_kernel(struct vcpu *v)
{
	if (!v->cr3_user.n)
		return false;
	context_toggle_mode(v);
	return true;
}

long abi_iret(void)
{
	struct vcpu *v = current_vcpu();
	struct xen_cpu_user_regs *r = vcpu_regs(v);
	struct xen_iret_context f;

	if (guest_read(&f, gva(r->rsp), sizeof(f))) {
		domain_crash(v->domain, "vCPU %u: iret frame at %lx cannot be read", v->id,
			     (unsigned long)r->rsp);
		return 0;
	}
	if ((f.cs & 3) == 3 && !leave_kernel(v)) {
		domain_crash(v->domain, "vCPU %u: iret to user mode without a user page table",
			     v->id);
		return 0;
	}
	r->rip = f.rip;
	r->cs = (uint16_t)(f.cs | 3);
	r->ss = (uint16_t)(f.ss | 3);
	r->rflags = vcpu_clean_rflags(f.rflags);
	r->rsp = f.rsp;
	if (!(f.flags & VGCF_in_syscall)) {
		r->entry_vector = 0;
		r->r11 = f.r11;
		r->rcx = f.rcx;
	}
	v->info->evtchn_upcall_mask = !(f.rflags & RFLAGS_IF);
	return (long)f.rax;
}
