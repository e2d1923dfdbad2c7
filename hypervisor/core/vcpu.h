/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual CPU. Its guest registers live in `regs` whenever the hypervisor runs: entry code stores
 * them there directly (the CPU's ring-0 stack pointer points at the end of the hardware part).
 * Fields are its own CPU's while it runs, and guarded by domain.lock / a paused vCPU otherwise,
 * unless said otherwise.
 */
#ifndef SHOJI_CORE_VCPU_H
#define SHOJI_CORE_VCPU_H

#include "core/cpu.h"
#include "core/timer.h"
#include "lib/list.h"
#include "lib/types.h"
#include "shoji/arch.h"
#include "shoji/shared_info.h"
#include "shoji/vcpu.h"

struct domain;
struct frame;

/* vcpu.pause_flags: runnable iff 0. Atomic. */
#define VPAUSE_DOWN	(1u << 0) /* never started, or VCPUOP_down */
#define VPAUSE_BLOCKED	(1u << 1) /* SCHEDOP_block / poll: until an event */
#define VPAUSE_DOMAIN	(1u << 2) /* the whole domain is paused (domain.pause_count > 0) */
#define VPAUSE_SHUTDOWN (1u << 3) /* the domain has shut down */
#define VPAUSE_CAPPED	(1u << 4) /* its domain has used what its cap allows for now */

/*
 * What the ways in and out without C (machine/entry.S) read and write of a vCPU. It has a page of
 * its own, which the CPU finds in the domain's window (machine/context.c); this is our view of it.
 * Nothing in it is a secret to the vCPU's own kernel. Layout: machine/entry_layout.h.
 */
struct vcpu_entry {
	uint64_t pad; /* so that the hardware frame's end is 16-byte aligned */
	struct xen_cpu_user_regs regs;
	uint64_t cpu_stack;	    /* top of the stack of the CPU it runs on */
	uint8_t user_mode;	    /* 0: guest kernel, 1: guest user */
	uint8_t slow;		    /* 1: every bounce goes through C */
	uint8_t syscall_masks;	    /* 1: entering the handler sets the event mask */
	uint8_t fault_masks;	    /* the same for page faults */
	struct vcpu *vcpu;	    /* whose page this is */
	uint64_t root[2];	    /* CR3, by user_mode; [1] may be 0: none */
	uint64_t full_root[2];	    /* the same for C; 0: no other (page-table isolation is off) */
	struct xen_vcpu_info *info; /* vcpu.info, at its address in the window */
	uint64_t cr2;		    /* of the last page fault handed to the guest */
	uint64_t syscall_handler;   /* where a program's system call goes on ... */
	uint64_t syscall_sp;	    /* ... with its frame here; 0: C looks at it */
	uint64_t fault_handler;	    /* where a page fault goes on; 0: C looks at it */
	uint64_t fault_sp;	    /* frame of a page fault in user mode; 0: C looks at it */
	uint64_t irets, faults;	    /* handled without C, not counted for the CPU yet */
	uint64_t scratch[6];	    /* entry code's own */
	struct xen_vcpu_info spare_info; /* stands in where the guest gave no place */
} __attribute__((aligned(16)));

struct vcpu {
	struct vcpu_entry *entry; /* first: entry code finds both */
	uint64_t entry_window;	  /* its address for the CPU */

	unsigned int id;
	struct domain *domain;

	/* --- what the guest registered --- */
	uint64_t callback_event, callback_failsafe, callback_syscall; /* 0: none */
	uint64_t callback_syscall32, callback_sysenter;		      /* 0: none */
	uint8_t callback_mask; /* bit CALLBACKTYPE_x: entry by it sets the event mask */
	uint64_t kernel_sp;    /* stack_switch */
	uint16_t kernel_ss;
	struct xen_trap_info traps[256];
	uint64_t nmi_callback;

	/* --- page tables --- (mfn of the L4; both hold a type reference) */
	mfn_t cr3_kernel, cr3_user; /* cr3_user.n == 0: none */

	/* --- descriptor tables --- */
	mfn_t gdt_frames[16]; /* typed references while loaded */
	unsigned int gdt_entries;
	mfn_t gdt_next[16]; /* typed references that an interrupted set_gdt has taken so far */
	unsigned int gdt_next_count;
	uint64_t ldt_base;
	unsigned int ldt_entries;

	/* --- segment bases: valid while not running (machine_vcpu_save/load) --- */
	uint64_t fs_base, gs_base_kernel, gs_base_user;

	/* --- control and debug registers, as the guest sees them --- */
	uint64_t cr0_guest, cr4_guest;
	uint64_t debugreg[8];
	uint8_t iopl;
	bool fpu_taskswitch; /* guest's CR0.TS */
	bool is_initialised; /* has a context */
	bool claimed;	     /* somebody sets it up: vcpu_claim() */

	/* --- events --- */
	struct xen_vcpu_info *info; /* our view of the guest's vcpu_info */
	struct frame *info_frame;   /* typed reference of a registered area, or NULL */
	int64_t poll_port; /* SCHEDOP_poll: 0 not polling, > 0 this port, < 0 any; atomic */
	bool nmi_pending;

	/* --- time --- */
	struct timer singleshot, periodic, poll_timer;
	struct timer clock_timer; /* while it runs on a TSC that is not trusted */
	nsec_t period;
	struct xen_vcpu_runstate_info runstate; /* run_lock of v->cpu */
	gva_t runstate_area;			/* registered guest address, 0: none */
	gva_t time_area;			/* secondary vcpu_time_info, 0: none */
	uint32_t virq_port[24];			/* VIRQ -> local port, 0: unbound (evtchn lock) */

	/* --- scheduling (core/sched*.c): run_lock of CPU `cpu` --- */
	uint32_t pause_flags;  /* VPAUSE_*, atomic */
	unsigned int cpu;      /* where it runs, waits or last ran */
	unsigned int home;     /* static mode: where it always is */
	bool running;	       /* its state is in CPU `cpu`; read atomically */
	bool queued;	       /* it waits on CPU `cpu` */
	bool yielded;	       /* others go first, once */
	bool slept;	       /* it left the queue because it could not go on */
	struct entity run;     /* on the queue of CPU `cpu` if queued or running */
	nsec_t run_start;      /* it is charged up to here; 0: never ran */
	nsec_t request;	       /* what it asked for last, */
	nsec_t slice_left;     /* and what is left of it */
	int64_t cap_left;      /* of its part of the domain's cap; < 0: owed */
	int64_t lag;	       /* when it left the queue: virtual time that it was behind, */
	nsec_t left_at;	       /* the time, */
	uint64_t left_weight;  /* and the weight of those that stayed */
	nsec_t contended_seen; /* sched_share.c's own */
	cpumask_t affinity;    /* hard: where it may run */
	cpumask_t preferred;   /* soft: where it would rather run */
	bool dirty_tlb;	       /* its address space may be cached by CPU `cpu` */

	/* --- continuation of long hypercalls --- */
	mfn_t partial_root; /* a table half (in)validated by an interrupted call, or INVALID_MFN */
	uint64_t continuation[4];
	bool changes_space;  /* in shoji_space, interrupted or not; atomic */
	uint64_t space_seen; /* it waits for another vCPU's: epoch, and since when */
	nsec_t space_waits;

	void *machine_private; /* FPU area and such */
};

/* entry registers of the running guest */
#define vcpu_regs(v) (&(v)->entry->regs)

struct vcpu *vcpu_create(struct domain *d, unsigned int id); /* NULL: no memory */
void vcpu_destroy(struct vcpu *v);

/* Set, and read back, everything in the ABI's context record (domctl, VCPUOP_initialise). */
int vcpu_set_context(struct vcpu *v, const struct xen_vcpu_guest_context *c);
int vcpu_first_context(struct vcpu *v, const struct xen_vcpu_guest_context *c); /* or EEXIST */
void vcpu_get_context(struct vcpu *v, struct xen_vcpu_guest_context *c);
uint64_t vcpu_clean_rflags(uint64_t rflags); /* what a guest may run with */

/* Setting up a vCPU from outside, by one caller at a time. False: another one is at it. */
static inline bool vcpu_claim(struct vcpu *v)
{
	return !__atomic_exchange_n(&v->claimed, true, __ATOMIC_ACQUIRE);
}
static inline void vcpu_release(struct vcpu *v)
{
	__atomic_store_n(&v->claimed, false, __ATOMIC_RELEASE);
}

/* Wake, block, pause: any CPU may call these. */
void vcpu_wake(struct vcpu *v,
	       uint32_t clear_flags); /* clears VPAUSE_* flags, runs if none is left */
void vcpu_send_nmi(struct vcpu *v);   /* comes at once, masked events or not */
void vcpu_stop(struct vcpu *v, uint32_t set_flags); /* asynchronous */
void vcpu_stop_sync(struct vcpu *v,
		    uint32_t set_flags); /* returns when it is off its CPU; no locks */
static inline bool vcpu_runnable(const struct vcpu *v)
{
	return __atomic_load_n(&v->pause_flags, __ATOMIC_ACQUIRE) == 0;
}

/* Its state was just loaded into this CPU: refresh what the guest reads of time. */
void vcpu_loaded(struct vcpu *v);
void vcpu_check_clock(void); /* now and then on each CPU that runs vCPUs; no locks */

/* vcpu_op, sub-operations of the caller's own domain (core/vcpu_op.c) */
int vcpu_register_info(struct vcpu *v, mfn_t m, uint32_t offset);
void vcpu_unregister_info(struct vcpu *v);
void vcpu_stop_timers(struct vcpu *v);
int vcpu_up(struct vcpu *v);
void vcpu_down(struct vcpu *v);
int vcpu_set_singleshot(struct vcpu *v, nsec_t deadline, bool future_only);
int vcpu_set_periodic(struct vcpu *v, nsec_t period); /* 0 stops it */
/* RUNSTATE_* from `now` on; run_lock of v->cpu held */
void vcpu_update_runstate(struct vcpu *v, int state, nsec_t now);
void vcpu_get_runstate(struct vcpu *v, struct xen_vcpu_runstate_info *out); /* up to now */
void vcpu_write_runstate(struct vcpu *v); /* to the registered area; v is current */
void vcpu_write_time(struct vcpu *v);	  /* likewise, and to its vcpu_info */
int vcpu_register_runstate(struct vcpu *v, gva_t area);
int vcpu_register_time(struct vcpu *v, gva_t area);

#endif
