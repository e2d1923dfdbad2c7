/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounce frames: how a PV guest kernel is entered. Its stack gets, from the top down,
 *	SS RSP RFLAGS CS+mask RIP [error] R11 RCX
 * (shoji/arch.h), and it goes on at the registered handler with the flat segments. In kernel mode
 * the saved CS shows RPL 0, by which the kernel knows itself; RFLAGS.IF shows the event mask.
 */
#include "machine/inject.h"

#include "core/domain.h"
#include "core/guest_access.h"
#include "core/log.h"
#include "core/rflags.h"
#include "machine/cpu_ops.h"
#include "machine/desc.h"
#include "machine/entry_layout.h"
#include "machine/segments.h"
#include "machine/traps.h"
#include "shoji/callback.h"
#include "shoji/hypercalls.h"

static bool vector_has_error(unsigned int vector)
{
	return vector < 32 && (0x60227d00u >> vector & 1); /* 8 10-14 17 21 29 30 */
}

struct bounce {
	uint64_t handler;
	bool mask_events;
	bool has_error;
	uint32_t error;
};

static uint64_t saved_flags(const struct vcpu *v, bool masked)
{
	uint64_t f = vcpu_regs(v)->rflags & ~(RFLAGS_IF | RFLAGS_IOPL);

	if (!masked)
		f |= RFLAGS_IF;
	if (v->domain->vm_assist & (1UL << VMASST_TYPE_architectural_iopl))
		f |= (uint64_t)v->iopl << 12;
	return f;
}

/* The frame's words from the top down; returns the lowest. */
static always_inline uint64_t *build_frame(const struct vcpu *v, const struct bounce *b,
					   uint64_t *w)
{
	const struct xen_cpu_user_regs *r = vcpu_regs(v);
	uint8_t masked = v->info->evtchn_upcall_mask;
	uint64_t cs = v->entry->user_mode ? r->cs : r->cs & ~3ULL;

	*--w = r->ss;
	*--w = r->rsp;
	*--w = saved_flags(v, masked);
	*--w = cs | (uint64_t)masked << 32;
	*--w = r->rip;
	if (b->has_error)
		*--w = b->error;
	*--w = r->r11;
	*--w = r->rcx;
	return w;
}

static always_inline int write_frame(uint64_t sp, const uint64_t *w, size_t bytes)
{
	switch (bytes) {
	case SYSCALL_FRAME_BYTES: /* events have the same */
		return guest_write(gva(sp), w, SYSCALL_FRAME_BYTES);
	case FAULT_FRAME_BYTES:
		return guest_write(gva(sp), w, FAULT_FRAME_BYTES);
	default:
		return guest_write_bytes(gva(sp), w, bytes);
	}
}

static always_inline void enter_handler(struct vcpu *v, const struct bounce *b, uint64_t sp)
{
	struct xen_cpu_user_regs *r = vcpu_regs(v);

	r->rip = b->handler;
	r->rsp = sp;
	r->cs = SEL_GUEST_CS;
	r->ss = SEL_GUEST_SS;
	r->rflags &= ~(uint64_t)GUEST_RFLAGS_HANDLER_CLEARS;
	r->entry_vector =
		ENTRY_SYSCALL; /* RCX and R11 are in the frame: the short way out will do */
	if (b->mask_events)
		v->info->evtchn_upcall_mask = 1;
}

static __attribute__((noinline)) void no_entry(struct vcpu *v, uint64_t sp)
{
	if (sp)
		domain_crash(v->domain, "vCPU %u: kernel stack %lx cannot be written (rip %lx)",
			     v->id, (unsigned long)sp, (unsigned long)vcpu_regs(v)->rip);
	else
		domain_crash(v->domain, "vCPU %u: no handler registered at rip %lx", v->id,
			     (unsigned long)vcpu_regs(v)->rip);
}

/* `extra` words go below the frame. */
static always_inline void bounce(struct vcpu *v, const struct bounce *b, const uint64_t *extra,
				 unsigned int extras)
{
	uint64_t words[16], *end = words + ARRAY_SIZE(words), *w, sp;
	size_t bytes;

	if (unlikely(!b->handler)) {
		no_entry(v, 0);
		return;
	}
	w = build_frame(v, b, end);
	while (extras)
		*--w = extra[--extras];
	bytes = (size_t)(end - w) * sizeof(*w);
	if (v->entry->user_mode) {
		context_toggle_mode(v);
		sp = v->kernel_sp;
	} else {
		sp = vcpu_regs(v)->rsp;
	}
	sp = (sp & ~15ULL) - bytes;
	if (unlikely(write_frame(sp, w, bytes)))
		no_entry(v, sp);
	else
		enter_handler(v, b, sp);
}

static __attribute__((noinline)) void enter_kernel(struct vcpu *v, const struct bounce *b,
						   const uint64_t *extra, unsigned int extras)
{
	bounce(v, b, extra, extras);
}

void inject_trap(struct vcpu *v, unsigned int vector, uint32_t error)
{
	const struct xen_trap_info *t = &v->traps[vector];
	struct bounce b = {t->address, t->flags & TRAP_MASKS_EVENTS, vector_has_error(vector),
			   error};

	if (unlikely(!t->address)) {
		domain_crash(v->domain,
			     "vCPU %u: exception %u (error %x) at rip %lx has no handler", v->id,
			     vector, error, (unsigned long)vcpu_regs(v)->rip);
		return;
	}
	enter_kernel(v, &b, NULL, 0);
}

/* Both modes of a guest run in ring 3; to its kernel, only its user mode is "user". */
void inject_page_fault(struct vcpu *v, uint64_t address, uint32_t error)
{
	v->info->arch.cr2 = address;
	v->entry->cr2 = address;
	error &= ~(uint32_t)PF_USER;
	if (v->entry->user_mode)
		error |= PF_USER;
	inject_trap(v, VECTOR_PAGE_FAULT, error);
}

static bool callback_masks(const struct vcpu *v, unsigned int type)
{
	return v->callback_mask >> type & 1;
}

void inject_system_call(struct vcpu *v)
{
	struct bounce b = {.handler = v->callback_syscall,
			   .mask_events = callback_masks(v, CALLBACKTYPE_syscall)};

	enter_kernel(v, &b, NULL, 0);
}

/* Without a handler of its own, 32-bit SYSCALL is an invalid instruction; it is 2 bytes long. */
void inject_system_call32(struct vcpu *v)
{
	struct bounce b = {.handler = v->callback_syscall32,
			   .mask_events = callback_masks(v, CALLBACKTYPE_syscall32)};

	if (b.handler) {
		enter_kernel(v, &b, NULL, 0);
		return;
	}
	vcpu_regs(v)->rip -= 2;
	inject_trap(v, 6, 0);
}

void inject_failsafe(struct vcpu *v)
{
	const struct xen_cpu_user_regs *r = vcpu_regs(v);
	struct bounce b = {.handler = v->callback_failsafe,
			   .mask_events = callback_masks(v, CALLBACKTYPE_failsafe)};
	uint64_t frame[6] = {r->rcx, r->r11, r->ds, r->es, r->fs, r->gs};

	enter_kernel(v, &b, frame, 6);
}

void machine_inject_event(struct vcpu *v)
{
	struct bounce b = {.handler = v->callback_event, .mask_events = true};

	if (b.handler)
		bounce(v, &b, NULL, 0); /* the common case, without a call */
}

void machine_inject_nmi(struct vcpu *v)
{
	struct bounce b = {.handler = v->nmi_callback, .mask_events = true};

	v->nmi_pending = false;
	if (b.handler)
		enter_kernel(v, &b, NULL, 0);
}
