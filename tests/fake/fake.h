/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine of memory only, on a host: the hypervisor's core is linked with this instead of
 * hypervisor/machine/. RAM is an array that comes into being where it is touched; CPUs are threads;
 * time stands still unless a test moves it; what would reach hardware is counted.
 */
#ifndef SHOJI_FAKE_H
#define SHOJI_FAKE_H

#include "core/domain.h"
#include "core/frame.h"
#include "core/machine.h"

#define FAKE_FIRST 16 /* lowest frame of RAM */

struct fake {
	unsigned int cpus;
	uint64_t ram_frames; /* frames FAKE_FIRST .. are RAM */
	char *ram;	     /* frame n lies at ram + n * PAGE_SIZE */
	uint64_t flushes;    /* CPUs flushed by machine_flush_all, one each */
	uint64_t page_flushes;
	cpumask_t last_flush;
	uint64_t l4_inits;
	void (*on_zero)(void); /* called while a frame is being cleared */
	nsec_t now;
	char guest[1 << 16]; /* the current guest's memory, at FAKE_GUEST_VA */
};
extern struct fake fake;

#define FAKE_GUEST_VA 0x10000000ULL

/* Start afresh with so many frames and CPUs; all memory of an earlier machine is gone. Budgets are
 * as good as endless: a test that is about preemption sets this_cpu()->budget. */
void fake_start(uint64_t ram_frames, unsigned int cpus);
void fake_stop(void);
/* The same machine once more: all frames are free, with what is in them; much faster. */
void fake_restart(void);

/* A domain with max_pages, and a vCPU for it, that only memory management can work with. */
struct domain *fake_domain(uint16_t id, uint64_t max_pages);
struct vcpu *fake_vcpu(struct domain *d);
extern unsigned int fake_domains_freed; /* last references that were given back */

/*
 * Recount every reference to every frame from what the valid tables say, and compare: the number of
 * frames whose counts are wrong (each is printed). `held` frames have one more reference and
 * type reference each, by the test itself. Frames that are both writable and a table cannot pass.
 */
unsigned int fake_audit(struct frame *const *held, unsigned int held_count);

#endif
