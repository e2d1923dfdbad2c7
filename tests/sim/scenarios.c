/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the scheduler promises, scenario by scenario (docs/scheduler.md has the promises).
 *
 * A share is measured over windows of 1 s that begin anywhere. It must be within 1 % of the due; if
 * 1 % of that is less than one request, the due within one request is all that any scheduler can
 * give who serves requests whole.
 */
#include "check.h"

#include <math.h>
#include <stdio.h>

#define REQUEST SCHED_SLICE_NS
#define WARM_UP (500 * MS)

static void weights_on_one_cpu(void)
{
	sim_start(1);
	sim_hogs(256, 1);
	sim_hogs(512, 1);
	sim_run(WARM_UP);
	check_shares("256 : 512", 50, SEC, 0);
	sim_hogs(1024, 1);
	sim_run(WARM_UP);
	check_shares("256 : 512 : 1024", 50, SEC, REQUEST);
}

static void seven_on_four(void)
{
	sim_start(4);
	for (unsigned int i = 0; i < 7; i++)
		sim_hogs(256, 1);
	sim_run(WARM_UP);
	check_shares("7 equal hogs on 4 CPUs", 50, SEC, 0);
	sim_weight(&sim.domains[0], 512);
	sim_weight(&sim.domains[1], 128);
	sim_run(WARM_UP);
	check_shares("one of twice, one of half the weight", 50, SEC, REQUEST);
}

/* A weight is the domain's, however many vCPUs it has. */
static void domains_of_many(void)
{
	sim_start(4);
	sim_hogs(256, 1);
	sim_hogs(256, 4);
	sim_hogs(512, 8);
	sim_hogs(256, 2);
	sim_run(WARM_UP);
	check_shares("1, 4, 8, 2 vCPUs; 256, 256, 512, 256", 30, SEC, 0);
	check_equal_actors(&sim.domains[2], REQUEST);
}

/* Who alone has more weight than a CPU has time gets all of one, the rest share the others. */
static void more_than_a_cpu(void)
{
	sim_start(2);
	sim_hogs(1024, 1);
	for (unsigned int i = 0; i < 3; i++)
		sim_hogs(256, 1);
	sim_run(WARM_UP);
	check_shares("1024 beside 3 of 256 on 2 CPUs", 30, SEC, REQUEST);
}

static void caps(void)
{
	sim_start(2);
	sim_cap(sim_hogs(256, 1), 30);
	sim_hogs(256, 2);
	sim_hogs(512, 2);
	sim_run(WARM_UP);
	check_shares("cap 30 beside hogs", 50, SEC, 0);
	sim.late = 200 * US;
	check_shares("the same, timers up to 0.2 ms late", 50, SEC, REQUEST);
	sim.late = 0;
	sim_cap(&sim.domains[2], 110);
	sim_run(WARM_UP);
	check_shares("and cap 110 of two vCPUs", 50, SEC, REQUEST);
	sim_cap(&sim.domains[0], 0);
	sim_cap(&sim.domains[2], 0);
	sim_run(WARM_UP);
	check_shares("caps removed", 20, SEC, REQUEST);
}

static void caps_alone(void)
{
	sim_start(4);
	sim_cap(sim_hogs(256, 1), 30);
	sim_cap(sim_hogs(256, 4), 250);
	sim_cap(sim_hogs(256, 4), 5);
	sim_run(WARM_UP);
	check_shares("caps 30, 250, 5 on 4 CPUs with room", 50, SEC, 0);
}

/* Sleepers that ask for less than their share get it; hogs share the rest. */
static void blocking_mixes(void)
{
	sim_start(2);
	sim_hogs(256, 2);
	sim_hogs(512, 2);
	for (unsigned int i = 0; i < 4; i++)
		sim_domain(256, 1, 200 * US + 100 * i * US, (4 + i) * MS);
	sim_run(WARM_UP);
	sim_window();
	sim_run(20 * SEC);
	nsec_t asleep = 0;
	for (unsigned int i = 2; i < sim.domain_count; i++)
		asleep += sim_got(&sim.domains[i]);
	double hogs = (double)(40 * SEC - asleep) / 3;
	check_at_most("hogs 256 : 512 share what sleepers leave: first",
		      100 * fabs((double)sim_got(&sim.domains[0]) / hogs - 1), 1, "%");
	check_at_most("  second", 100 * fabs((double)sim_got(&sim.domains[1]) / hogs / 2 - 1), 1,
		      "%");
	for (unsigned int i = 2; i < sim.domain_count; i++)
		check_at_most("  a sleeper waits for its CPU no longer than 2 requests",
			      (double)sim_actor(&sim.domains[i], 0)->worst_latency / 1e6,
			      2 * (double)REQUEST / 1e6, "ms");
	check_run_states();
}

/* Who sleeps now and then but wants more than his share gets just that. While he sleeps he is due
 * nothing, which is up to 2.7 % here. */
static void greedy_sleepers(void)
{
	sim_start(1);
	sim_hogs(256, 1);
	sim_domain(256, 1, 9 * MS, 1 * MS);
	sim_domain(512, 1, 900 * US, 100 * US);
	sim_run(WARM_UP);
	sim_window();
	sim_run(20 * SEC);
	for (unsigned int i = 0; i < 3; i++)
		check_at_most("hog 256, sleepers of 90 % 256, 512: distance from due",
			      100 * fabs((double)sim_got(&sim.domains[i]) /
						 ((double)sim.domains[i].weight / 1024 * 20e9) -
					 1),
			      3, "%");
}

static void latency(nsec_t request, nsec_t hogs_request, unsigned int hogs, unsigned int cpus)
{
	struct actor_domain *d;
	char what[96];

	sim_start(cpus);
	for (unsigned int i = 0; i < hogs; i++)
		sched_set_request(sim_hogs(256, 1)->d, (uint32_t)hogs_request);
	for (unsigned int i = 0; i < cpus; i++) {
		d = sim_domain(256, 1, request / 4, 4 * request * (hogs / cpus + 2) / 4);
		sched_set_request(d->d, (uint32_t)request);
	}
	sim_run(20 * SEC);
	snprintf(what, sizeof(what), "request %.1f ms, %u hogs of %.1f ms on %u CPUs",
		 (double)request / 1e6, hogs, (double)hogs_request / 1e6, cpus);
	nsec_t worst = 0;
	for (unsigned int i = hogs; i < sim.domain_count; i++)
		worst = MAX(worst, sim_actor(&sim.domains[i], 0)->worst_latency);
	check_at_most(what, (double)worst / 1e6, 2 * (double)request / 1e6, "ms");
}

static void latency_alike(void)
{
	latency(REQUEST, REQUEST, 10, 1);
}

static void latency_short(void)
{
	latency(500 * US, 10 * MS, 10, 1);
}

static void latency_many(void)
{
	latency(1 * MS, REQUEST, 40, 4);
}

static void thousands(void)
{
	sim_start(64);
	for (unsigned int i = 0; i < 128; i++)
		sim_hogs(i % 2 ? 512 : 256, 32);
	sim_run(SEC);
	check_shares("4096 vCPUs of 128 domains, 1 s", 3, SEC, REQUEST);
	check_shares("  10 s", 1, 10 * SEC, 0);
	check_equal_actors(&sim.domains[1], REQUEST);
}

static void hot_plug(void)
{
	struct actor_domain *d;

	sim_start(8);
	sim_hogs(256, 8);
	d = sim_hogs(512, 8);
	sim_hogs(256, 4);
	sim_run(WARM_UP);
	for (unsigned int i = 2; i < 8; i++)
		sim_vcpu_down(sim_actor(d, i));
	sim_run(WARM_UP);
	check_shares("6 of 8 vCPUs removed", 10, SEC, REQUEST);
	for (unsigned int i = 2; i < 6; i++)
		sim_vcpu_up(sim_actor(d, i));
	sim_run(WARM_UP);
	check_shares("4 of them added again", 10, SEC, REQUEST);
	for (unsigned int i = 0; i < 5; i++)
		sim_cpu_down(i);
	sim_run(WARM_UP);
	for (unsigned int i = 0; i < 5; i++)
		check_true("a CPU off line runs nobody", !fake_cpus[i].current);
	check_shares("5 of 8 CPUs off line", 10, SEC, REQUEST);
	for (unsigned int i = 0; i < 5; i++)
		sim_cpu_up(i);
	sim_run(WARM_UP);
	check_shares("all on line", 10, SEC, REQUEST);
	check_run_states();
}

/* Anything at any time: nobody waits for ever, nobody is where he may not be. */
static void storm(void)
{
	unsigned int n = 0;
	bool at_home = true;

	sim_start(8);
	for (unsigned int i = 0; i < 40; i++)
		sim_domain(32u << i % 5, 1 + i % 4, (1 + i % 7) * 300 * US, i % 3 * MS);
	for (unsigned int i = 0; i < 20000; i++) {
		struct actor_domain *d = &sim.domains[sim_random(sim.domain_count)];
		struct actor *a = sim_actor(d, sim_random(d->count));

		switch (sim_random(8)) {
		case 0:
			sim_weight(d, 32u << sim_random(5));
			break;
		case 1:
			sched_set_affinity(a->v, 1 + sim_random(255));
			break;
		case 2:
			sched_set_preferred(a->v, 1 + sim_random(255));
			break;
		case 3:
			sim_cap(d, sim_random(2) * (20 + sim_random(100)));
			break;
		case 4:
			a->up ? sim_vcpu_down(a) : sim_vcpu_up(a);
			break;
		case 5:
			n = sim_random(8);
			if (sched_online() >> n & 1 && __builtin_popcountll(sched_online()) > 1)
				sim_cpu_down(n);
			else
				sim_cpu_up(n);
			break;
		default:
			sched_set_request(d->d, 100000 + sim_random(5000000));
		}
		sim_run(sim_random(3000) * US);
		for (unsigned int k = 0; k < sim.actor_count; k++) {
			const struct vcpu *v = sim.actors[k].v;

			at_home = at_home && (!v->running || (v->affinity >> v->cpu & 1) ||
					      !(v->affinity & sched_online()));
		}
	}
	check_true("nobody ran where it may not", at_home);
	for (unsigned int cpu = 0; cpu < 8; cpu++)
		sim_cpu_up(cpu);
	for (unsigned int i = 0; i < sim.domain_count; i++) {
		sim_cap(&sim.domains[i], 0);
		for (unsigned int k = 0; k < sim.domains[i].count; k++)
			sim_vcpu_up(sim_actor(&sim.domains[i], k));
	}
	for (unsigned int k = 0; k < sim.actor_count; k++)
		sim.actors[k].longest_wait = 0;
	sim_run(10 * SEC);
	nsec_t longest = 0;
	for (unsigned int k = 0; k < sim.actor_count; k++)
		longest = MAX(longest, sim.actors[k].longest_wait);
	check_at_most("the longest wait of anybody afterwards", (double)longest / 1e6, 2000, "ms");
	check_run_states();
}

/* Hogs of the largest weight do not starve one of the smallest. */
static void nobody_starves(void)
{
	sim_start(1);
	for (unsigned int i = 0; i < 8; i++)
		sim_hogs(65535, 1);
	sim_hogs(256, 1);
	sim_run(100 * SEC);
	check_shares("256 beside 8 of 65535, 20 s", 3, 20 * SEC, REQUEST);
	check_at_most("its longest wait", (double)sim.actors[8].longest_wait / 1e9,
		      1.5 * 2.5e-3 * 8 * 256, "s");
}

static void affinity(void)
{
	struct actor_domain *pinned, *soft;

	sim_start(4);
	pinned = sim_hogs(256, 1);
	soft = sim_domain(256, 1, 300 * US, 3 * MS);
	sched_set_affinity(sim_actor(pinned, 0)->v, 1 << 2);
	sched_set_preferred(sim_actor(soft, 0)->v, 1 << 3);
	sim_run(WARM_UP);
	sim_actor(pinned, 0)->seen_on = sim_actor(soft, 0)->seen_on = 0;
	for (unsigned int i = 0; i < 8; i++)
		sim_hogs(256, 1);
	sim_run(10 * SEC);
	check_true("who is pinned stays", sim_actor(pinned, 0)->seen_on == 1 << 2);
	check_true("who prefers a CPU wakes there",
		   (sim_actor(soft, 0)->seen_on & ~(1ULL << 3)) == 0);
	check_shares("and still everybody gets his share", 10, SEC, REQUEST);
}

static void static_mode(void)
{
	sim_start(4);
	sched_static = true;
	for (unsigned int i = 0; i < 4; i++)
		sim_hogs(256, 1);
	sim_run(WARM_UP);
	sim.alarms = sim.decisions = 0;
	sim_run(60 * SEC);
	check_at_most("4 hogs, 4 CPUs, 60 s: timer interrupts", (double)sim.alarms, 0, "");
	check_at_most("  decisions", (double)sim.decisions, 0, "");
	sim_domain(256, 1, 300 * US, 3 * MS);
	for (unsigned int i = 0; i < 4; i++) /* they look again who is to run */
		sched_set_affinity(sim.actors[i].v, 15);
	sim_run(10 * SEC);
	check_at_most("  with one too many", (double)sim.alarms, 0, "");
	cpumask_t seen = 0;
	for (unsigned int i = 0; i < 4; i++) {
		check_true("  each on a CPU of its own",
			   __builtin_popcountll(sim.actors[i].seen_on) == 1);
		seen |= sim.actors[i].seen_on;
	}
	check_true("  all CPUs used", seen == 15);
}

static void no_ticks(void)
{
	struct actor_domain *d;

	sim_start(4);
	sim_hogs(256, 4);
	sim_run(WARM_UP);
	sim.alarms = 0;
	sim_run(60 * SEC);
	check_at_most("4 hogs alone on 4 CPUs, 60 s: timer interrupts", (double)sim.alarms, 0, "");
	d = sim_domain(256, 4, MS, MS);
	sim_cap(d, 50);
	sim_run(SEC);
	for (unsigned int i = 0; i < sim.actor_count; i++)
		sim_vcpu_down(&sim.actors[i]);
	sim_run(100 * MS);
	sim.alarms = 0;
	sim_run(60 * SEC);
	check_at_most("nobody runs, 60 s", (double)sim.alarms, 0, "");
}

/* On one CPU, ever more vCPUs: the cost of a decision grows like the depth of a tree. */
static void cost(void)
{
	double steps[3];
	char what[64];

	for (unsigned int i = 0; i < 3; i++) {
		unsigned int count = 16u << 4 * i;

		if (i)
			sim_stop();
		sim_start(1);
		for (unsigned int k = 0; k < count; k++)
			sim_hogs(64u + 64 * (k % 7), 1);
		sim_domain(256, 8, 100 * US, MS);
		sim_run(SEC);
		sim.steps = sim.decisions = sim.wake_calls = sim.worst_steps = 0;
		sim_run(10 * SEC);
		steps[i] = (double)sim.steps / (double)(sim.decisions + sim.wake_calls);
		snprintf(what, sizeof(what), "%u on one CPU: steps of a decision", count);
		check_at_most(what, steps[i], 5 * log2(count) + 8, "");
		snprintf(what, sizeof(what), "  of the dearest one");
		check_at_most(what, (double)sim.worst_steps, 10 * log2(count) + 20, "");
	}
	check_at_most("256 times as many cost so much more", steps[2] / steps[0], 6, "times");
}

const struct scenario scenarios[] = {
	{"weights on one CPU", weights_on_one_cpu, true},
	{"seven on four", seven_on_four, true},
	{"domains of many vCPUs", domains_of_many, true},
	{"more than a CPU", more_than_a_cpu, true},
	{"caps", caps, true},
	{"caps with room", caps_alone, true},
	{"blocking mixes", blocking_mixes, true},
	{"greedy sleepers", greedy_sleepers, true},
	{"latency beside hogs", latency_alike, true},
	{"latency of short requests", latency_short, true},
	{"latency on many CPUs", latency_many, true},
	{"hot-plug", hot_plug, true},
	{"affinity", affinity, true},
	{"static mode", static_mode, true},
	{"no ticks", no_ticks, true},
	{"nobody starves", nobody_starves, true},
	{"cost", cost, true},
	{"storm", storm, false},
	{"thousands", thousands, false},
};
const unsigned int scenario_count = ARRAY_SIZE(scenarios);
