/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The narrow waist: all that core/ and abi/ know of the CPU and the board. hypervisor/machine/
 * implements it on hardware, tests/fake/ on a host, so that the same core runs in both.
 *
 * Rules of the house:
 *  - Interrupts are off in all hypervisor code; only machine_idle() opens them, on no lock.
 *  - One stack per CPU, and nothing on it survives: the way back to a guest always starts afresh at
 *    core_exit() with the registers in `struct vcpu`. Nobody sleeps.
 *  - A CPU that waits (for a lock, for an acknowledgement) calls machine_relax() in the loop; that
 *    answers TLB-flush requests, which is why waiting with interrupts off cannot deadlock.
 */
#ifndef SHOJI_CORE_MACHINE_H
#define SHOJI_CORE_MACHINE_H

#include "core/cpu.h"
#include "lib/types.h"

struct domain;
struct vcpu;

/* --- CPUs --- this_cpu() is inline: machine_inline.h of either machine */
#include "machine_inline.h"

unsigned int machine_cpu_count(void); /* CPUs on line are 0 .. count-1 */
struct cpu *machine_cpu(unsigned int cpu);
void machine_relax(void);		  /* inside every waiting loop */
void machine_kick(unsigned int cpu);	  /* make `cpu` run core_exit() soon (no-op on itself) */
_Noreturn void machine_halt(bool reboot); /* end of the machine; power off where ACPI told us how */
/* dom0 found these values for the PM1 control registers. S5 (off) only; returns if it failed. */
int machine_sleep(unsigned int state, uint16_t pm1a, uint16_t pm1b);

/* --- memory --- */
/* The hypervisor's own view of a frame of RAM; valid for any frame below max_mfn that is RAM.
 * Inline on hardware: void *machine_map(mfn_t m); */
mfn_t machine_unmap_addr(const void *va); /* inverse, for addresses from machine_map */
/* Copy to/from the *current* guest address space. Return the bytes NOT copied (0 = all). Addresses
 * were range-checked by core/guest_access.c. */
size_t machine_copy_from_guest(void *dst, uint64_t guest_va, size_t bytes);
size_t machine_copy_to_guest(uint64_t guest_va, const void *src, size_t bytes);
size_t machine_clear_guest(uint64_t guest_va, size_t bytes);
/* The same for a few words, their number a constant; inline. True: all.
 * bool machine_get_words(void *dst, uint64_t guest_va, unsigned int words);
 * bool machine_put_words(uint64_t guest_va, const void *src, unsigned int words); */
void machine_zero_frame(void *va); /* 4096 bytes */
void machine_copy_frame(void *dst, const void *src);

/* How the control domain may map m, which is no RAM of the allocator: our image not at all, devices
 * that we drive ourselves (APICs, HPET) read-only at most. */
enum mmio_access { MMIO_NONE, MMIO_READ, MMIO_ALL };
enum mmio_access machine_mmio_access(mfn_t m);

/* Hypervisor entries (slots 256-271) of a new top-level table of domain d; of its companion. */
void machine_init_l4(struct domain *d, uint64_t *l4);
void machine_init_companion(struct domain *d, uint64_t *l4);

/* TLB. All return after every CPU of the mask did it; flushes only non-global guest entries as
 * well as global ones. va is any address inside the page. */
void machine_flush_all(cpumask_t cpus);
void machine_flush_page(cpumask_t cpus, uint64_t va);
void machine_flush_caches(bool all_cpus); /* write back and invalidate */

/* --- virtual CPUs --- */
int machine_domain_init(struct domain *d); /* per-domain slot; 0 or -XEN_ENOMEM */
void machine_domain_destroy(struct domain *d);
int machine_vcpu_init(struct vcpu *v); /* FPU area, GDT/LDT windows; 0 or -XEN_ENOMEM */
void machine_vcpu_destroy(struct vcpu *v);
/* Take v's state off this CPU (FPU, segment bases, debug registers) and leave its page tables. */
void machine_vcpu_save(struct vcpu *v);
void machine_vcpu_load(struct vcpu *v); /* the reverse, page tables included */
/* The 512-byte FXSAVE image of a vCPU that does not run; NULL resets it. */
void machine_vcpu_set_fpu(struct vcpu *v, const void *fxsave);
void machine_vcpu_get_fpu(struct vcpu *v, void *fxsave);
/* This CPU runs no guest now: load the hypervisor's own top-level table. */
void machine_load_idle(void);
/* The page-table root, GDT or LDT of v changed; v is current or not running. Also sets cpu.loaded's
 * root from v->user_mode ? v->cr3_user : v->cr3_kernel. */
void machine_vcpu_reload_cr3(struct vcpu *v);
void machine_vcpu_reload_gdt(struct vcpu *v);
void machine_vcpu_reload_ldt(struct vcpu *v); /* and unmaps all its pages */
/* One page of the LDT: map it on demand (the caller holds its reference); which is mapped? */
void machine_map_ldt(struct vcpu *v, unsigned int page, mfn_t m);
mfn_t machine_ldt_frame(struct vcpu *v, unsigned int page); /* INVALID_MFN: none */
void machine_vcpu_user_cr3_changed(struct vcpu *v);	    /* v->cr3_user; v is in kernel mode */
void machine_vcpu_info_moved(struct vcpu *v);		    /* v->info */
/* Its handlers or its kernel stack changed, or its domain's assists: what entry code knows of them
 * follows. v is current or does not run; for assists it may run elsewhere. */
void machine_vcpu_handlers_changed(struct vcpu *v);
void machine_vcpu_assists_changed(struct vcpu *v);
/* Bases of the current vCPU: SEGBASE_* of the ABI. The address is canonical. */
void machine_set_segment_base(struct vcpu *v, unsigned int which, uint64_t base);
/* Let the current vCPU continue in its event callback (bounce frame on its kernel stack, event mask
 * set). A stack that cannot be written crashes the domain. */
void machine_inject_event(struct vcpu *v);
void machine_inject_nmi(struct vcpu *v);
/* Checks the value, sets v->debugreg[reg] and, if v is current, the CPU. -XEN_EINVAL: refused. */
int machine_set_debugreg(struct vcpu *v, unsigned int reg, uint64_t value);
void machine_set_ts(bool on);		 /* CR0.TS as the current guest sees it */
_Noreturn void machine_idle_enter(void); /* empty this CPU's stack and idle until cpu.work */

/* --- what CPUID shows --- (d NULL: what a guest gets by default) Leaves written, <= room. */
struct xen_cpuid_leaf;
unsigned int machine_cpu_policy(const struct domain *d, struct xen_cpuid_leaf *out,
				unsigned int room);
/* Features may be taken away, not added: -XEN_EINVAL and the leaf that does. */
int machine_set_cpu_policy(struct domain *d, const struct xen_cpuid_leaf *leaves,
			   unsigned int count, uint32_t *bad_leaf, uint32_t *bad_subleaf);
/* CPUID words 1.EDX 1.ECX 80000001.EDX 80000001.ECX D:1.EAX 7.EBX 7.ECX 80000007.EDX of the host.
 */
void machine_cpu_features(uint32_t words[8]);

/* --- time --- */
nsec_t machine_now(void);		 /* system time, monotonic over CPUs */
void machine_timer_arm(nsec_t deadline); /* this CPU's one-shot; 0 disarms */
struct tsc_scale {
	uint32_t mul; /* ns = ((tsc - stamp) shifted by shift) * mul >> 32, as in vcpu_time_info */
	int8_t shift;
	bool stable; /* atomic: the same on all CPUs and never recalibrated. Once lost, for good */
	uint64_t khz;
};
const struct tsc_scale *machine_tsc_scale(void);
/* A TSC value and the system time of the same moment. */
void machine_tsc_stamp(uint64_t *tsc, nsec_t *now);
/* Hold this CPU's TSC against the board's clock, if it is time to. True: system time does not
 * follow from it as it did before, and records for guests are to be written anew. No lock held. */
bool machine_clock_check(void);
uint64_t machine_wallclock_boot(void); /* ns since 1970 at system time 0, from the board's clock */

/* --- board: what the firmware said --- */
struct boot_info;
const struct boot_info *machine_boot_info(void);
uint32_t machine_cpu_acpi_id(unsigned int cpu); /* its number in ACPI's tables */

/* --- board: physical interrupts for dom0 (evtchn lock held; delivered by evtchn_raise_pirq) --- */
int machine_irq_bind(struct domain *d, uint32_t pirq, uint32_t port, bool share); /* 0, -XEN_E… */
void machine_irq_unbind(struct domain *d, uint32_t pirq); /* masks it; evtchn lock held */

#endif
