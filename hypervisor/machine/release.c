/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of the init part: code and data that only the start needs (init/, the last sections of
 * hypervisor.lds).
 *
 * Nothing else refers to it: the build checks that of code and constants (check_image.py), and
 * init/leftovers.c of what was written to data. When no CPU executes it any more, it is unmapped,
 * its frames are free memory, and dom0 may run.
 */
#include "machine/release.h"

#include "core/domain.h"
#include "core/frame.h"
#include "core/log.h"
#include "machine/backtrace.h"
#include "machine/paging.h"
#include "machine/traps.h"

extern const char init_start[], init_end[];

static uint32_t others_here; /* CPUs that have left the init part, atomic */

void release_other(void)
{
	__atomic_fetch_add(&others_here, 1, __ATOMIC_RELEASE);
	exit_to_guest();
}

void release_init(void)
{
	while (__atomic_load_n(&others_here, __ATOMIC_ACQUIRE) + 1 < machine_cpu_count())
		machine_relax();
	backtrace_init = NULL;
	paging_release(init_start, init_end);
	hv.total_frames = frames_total();
	log_info("start is over: %lu KiB of its code and data, from %lx on, are free memory",
		 (unsigned long)(init_end - init_start) >> 10,
		 (unsigned long)paging_phys(init_start));
	domain_unpause(hv.dom0);
	exit_to_guest();
}
