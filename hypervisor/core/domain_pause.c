/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pausing, shutting down and crashing domains: everything that stops vCPUs without ending the
 * domain.
 *
 * Lock: domain.lock guards the counts and the shutdown state. Waiting for vCPUs to leave their CPUs
 * happens with no lock held, and never for the caller's own domain.
 */
#include "core/domain.h"
#include "core/log.h"
#include "core/machine.h"
#include "lib/printf.h"
#include "shoji/sched.h"
#include "shoji/virq.h"

#include <stdarg.h>

static void stop_all(struct domain *d, uint32_t flag)
{
	struct vcpu *v;

	for_each_vcpu(d, v) vcpu_stop(v, flag);
}

static void wake_all(struct domain *d, uint32_t flag)
{
	struct vcpu *v;

	for_each_vcpu(d, v) vcpu_wake(v, flag);
}

void domain_pause(struct domain *d)
{
	struct vcpu *v;

	spin_lock(&d->lock);
	if (d->pause_count++ == 0)
		stop_all(d, VPAUSE_DOMAIN);
	spin_unlock(&d->lock);
	for_each_vcpu(d, v) vcpu_stop_sync(v, 0);
}

void domain_unpause(struct domain *d)
{
	spin_lock(&d->lock);
	if (--d->pause_count == 0)
		wake_all(d, VPAUSE_DOMAIN);
	spin_unlock(&d->lock);
}

/* Tools hold at most one pause of their own: balanced or refused. */
bool domain_pause_by_tools(struct domain *d)
{
	spin_lock(&d->lock);
	if (d->tools_paused == UINT8_MAX) {
		spin_unlock(&d->lock);
		return false;
	}
	d->tools_paused++;
	spin_unlock(&d->lock);
	domain_pause(d);
	return true;
}

bool domain_unpause_by_tools(struct domain *d)
{
	bool paused;

	spin_lock(&d->lock);
	paused = d->tools_paused > 0;
	if (paused)
		d->tools_paused--;
	d->created |= paused;
	spin_unlock(&d->lock);
	if (paused)
		domain_unpause(d);
	return paused;
}

static _Noreturn void dom0_shutdown(uint8_t reason)
{
	if (reason == SHUTDOWN_crash)
		panic("dom0 has crashed");
	log_info("dom0 asks for %s", reason == SHUTDOWN_reboot ? "reboot" : "power off");
	machine_halt(reason == SHUTDOWN_reboot);
}

void domain_shutdown(struct domain *d, uint8_t reason)
{
	bool first;

	if (d == hv.dom0)
		dom0_shutdown(reason);
	spin_lock(&d->lock);
	first = !d->shut_down;
	if (first) {
		d->shut_down = true;
		d->shutdown_code = reason;
		stop_all(d, VPAUSE_SHUTDOWN);
	}
	spin_unlock(&d->lock);
	if (first)
		evtchn_raise_global_virq(VIRQ_DOM_EXC);
}

void domain_resume(struct domain *d)
{
	spin_lock(&d->lock);
	if (d->shut_down) {
		d->shut_down = false;
		d->shutdown_code = 0;
		wake_all(d, VPAUSE_SHUTDOWN);
	}
	spin_unlock(&d->lock);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	char why[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	if (!__atomic_exchange_n(&d->crash_reported, true, __ATOMIC_RELAXED))
		log_error("domain %u crashed: %s", d->id.id, why);
	domain_shutdown(d, SHUTDOWN_crash);
}
