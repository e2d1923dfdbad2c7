/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time records. A writer makes the version odd, writes, makes it even again; readers retry.
 *
 * With a stable TSC one record serves for ever and for all vCPUs alike, so it is written once; else
 * each load of a vCPU refreshes it from its CPU. Wall clock = wc + system time, wc under wc_lock.
 */
#include "core/time_info.h"

#include "core/domain.h"
#include "core/machine.h"

#define NSEC_PER_SEC 1000000000ULL

static uint64_t wallclock_base; /* ns since 1970 at system time 0; hv.domain_lock */
static bool wallclock_known;

static void write_record(struct xen_vcpu_time_info *out, const struct xen_vcpu_time_info *in)
{
	uint32_t version = (out->version | 1) + 1;

	__atomic_store_n(&out->version, version - 1, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	out->tsc_timestamp = in->tsc_timestamp;
	out->system_time = in->system_time;
	out->tsc_to_system_mul = in->tsc_to_system_mul;
	out->tsc_shift = in->tsc_shift;
	out->flags = in->flags;
	__atomic_store_n(&out->version, version, __ATOMIC_RELEASE);
}

struct xen_vcpu_time_info time_info_record(void)
{
	const struct tsc_scale *scale = machine_tsc_scale();
	struct xen_vcpu_time_info t = {
		.version = 2,
		.tsc_to_system_mul = scale->mul,
		.tsc_shift = scale->shift,
		.flags = scale->stable ? XEN_PVCLOCK_TSC_STABLE_BIT : 0,
	};

	machine_tsc_stamp(&t.tsc_timestamp, &t.system_time);
	return t;
}

void time_info_update(struct vcpu *v)
{
	struct xen_vcpu_time_info t = time_info_record();

	if (v->info->time.version && machine_tsc_scale()->stable)
		return;
	write_record(&v->info->time, &t);
}

static void write_wallclock(struct domain *d, uint64_t base)
{
	struct xen_shared_info *s = d->shared_info;
	uint64_t seconds;

	if (!s)
		return;
	base += (uint64_t)((int64_t)d->time_offset_seconds * (int64_t)NSEC_PER_SEC);
	seconds = base / NSEC_PER_SEC;
	s->wc_version |= 1;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	s->wc_sec = (uint32_t)seconds;
	s->wc_sec_hi = (uint32_t)(seconds >> 32);
	s->wc_nsec = (uint32_t)(base % NSEC_PER_SEC);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	s->wc_version++;
}

void time_info_init_wallclock(struct domain *d)
{
	spin_lock(&hv.domain_lock);
	if (!wallclock_known) {
		wallclock_base = machine_wallclock_boot();
		wallclock_known = true;
	}
	write_wallclock(d, wallclock_base);
	spin_unlock(&hv.domain_lock);
}

void time_info_set_wallclock(uint64_t seconds, uint32_t nsec, nsec_t at)
{
	struct domain *d;

	spin_lock(&hv.domain_lock);
	wallclock_base = seconds * NSEC_PER_SEC + nsec - at;
	wallclock_known = true;
	list_for_each(d, &hv.domains, link) write_wallclock(d, wallclock_base);
	spin_unlock(&hv.domain_lock);
}
