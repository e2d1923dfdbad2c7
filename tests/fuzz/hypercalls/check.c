/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must be true between two steps: the hypervisor's audit over all frames and all that refers
 * to them, no lock held, nothing in a TLB that the frames' types forbid, each vCPU in one place,
 * both ends of a channel naming each other.
 */
#include "world.h"

static void check_vcpu(const struct vcpu *v)
{
	const struct cpu *c = &fake_cpus[v->cpu];

	if (v->running && (v->queued || c->current != v))
		failure("vCPU %u of domain %u runs, and is elsewhere, too", v->id,
			v->domain->id.id);
	if (!v->running && !v->queued && vcpu_runnable(v) && c->current != v)
		failure("vCPU %u of domain %u could run, and is forgotten", v->id,
			v->domain->id.id);
	if (v->claimed)
		failure("vCPU %u of domain %u is still claimed", v->id, v->domain->id.id);
}

static void check_port(struct domain *d, uint32_t port, const struct evtchn *e)
{
	const struct evtchn *other;

	if (e->state != EVTCHNSTAT_interdomain)
		return;
	other = &e->inter.remote->evtchn.pages[e->inter.port / 128][e->inter.port % 128];
	if (other->state != EVTCHNSTAT_interdomain || other->inter.remote != d ||
	    other->inter.port != port)
		failure("port %u of domain %u is not its peer's peer", port, d->id.id);
}

static void check_domain(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v) check_vcpu(v);
	for (uint32_t port = 1; port < d->evtchn.limit; port++)
		if (d->evtchn.pages[port / 128])
			check_port(d, port, &d->evtchn.pages[port / 128][port % 128]);
}

static void check_locks(void)
{
	for (unsigned int i = 0; i < CPUS; i++)
		if (fake_cpus[i].lock_depth)
			failure("CPU %u holds a lock of rank %u", i, fake_cpus[i].lock_ranks[0]);
}

void check_world(void)
{
	struct domain *d;

	check_locks();
	list_for_each(d, &hv.domains, link) check_domain(d);
	guest_check_tlbs();
	if (check_findings(false)) {
		(void)check_findings(true);
		failure("the audit finds what is wrong");
	}
}
