/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stopping all other CPUs.
 *
 * Duty: for who must see everything at rest: the others are asked to come to core_exit(), where no
 * lock is held and no call is half done, and stay there. Waiting CPUs answer TLB flushes, as
 * everywhere. Data: one word of each kind, atomic. It does not keep two CPUs from doing this at the
 * same time: the caller does.
 */
#include "core/stop.h"

#include "core/machine.h"

static bool wanted;
static unsigned int standing;

void cpus_stop(void)
{
	unsigned int count = machine_cpu_count();

	__atomic_store_n(&wanted, true, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < count; i++) {
		if (i == this_cpu()->id)
			continue;
		__atomic_fetch_or(&machine_cpu(i)->work, CPU_WORK_STOP, __ATOMIC_SEQ_CST);
		machine_kick(i);
	}
	while (__atomic_load_n(&standing, __ATOMIC_ACQUIRE) != count - 1)
		machine_relax();
}

void cpus_resume(void)
{
	__atomic_store_n(&wanted, false, __ATOMIC_RELEASE);
	while (__atomic_load_n(&standing, __ATOMIC_ACQUIRE))
		machine_relax();
}

void stop_here(void)
{
	__atomic_fetch_add(&standing, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&wanted, __ATOMIC_ACQUIRE))
		machine_relax();
	__atomic_fetch_sub(&standing, 1, __ATOMIC_ACQ_REL);
}
