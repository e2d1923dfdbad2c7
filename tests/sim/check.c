/* SPDX-License-Identifier: GPL-2.0-only */
/* Assertions of the simulator, its report, and the choice of scenarios. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "shoji/vcpu.h"

static unsigned int passed, failed;

static void line(bool ok, const char *what, const char *figures)
{
	passed += ok;
	failed += !ok;
	printf("  %-4s %-52s %s\n", ok ? "ok" : "FAIL", what, figures);
}

void check_at_most(const char *what, double value, double allowed, const char *unit)
{
	char text[96];

	snprintf(text, sizeof(text), "%.3f %s (allowed %.3f)", value, unit, allowed);
	line(value <= allowed, what, text);
}

void check_true(const char *what, bool holds)
{
	line(holds, what, "");
}

static void note_worst(struct worst *w, double got, double due, double grain, const char *where)
{
	double distance = fabs(got - due), allowed = fmax(due * 0.01, grain);

	if (distance / allowed <= w->error)
		return;
	w->error = distance / allowed;
	w->percent = due > 0 ? 100 * (got - due) / due : 0;
	snprintf(w->where, sizeof(w->where), "%s: %.3f ms of %.3f", where, got / 1e6, due / 1e6);
}

static void check_window(struct worst *w, nsec_t time, nsec_t grain)
{
	char name[32];

	for (unsigned int i = 0; i < sim.domain_count; i++) {
		const struct actor_domain *d = &sim.domains[i];

		if (sim_actor(d, 0)->pause)
			continue;
		snprintf(name, sizeof(name), "domain %u", i + 1);
		note_worst(w, (double)sim_got(d), sim_due(d, time), (double)grain, name);
	}
}

void check_shares(const char *what, unsigned int windows, nsec_t time, nsec_t grain)
{
	struct worst w = {0};
	char text[192];

	for (unsigned int i = 0; i < windows; i++) {
		sim_window();
		sim_run(time);
		check_window(&w, time, grain);
		sim_run(sim_random(20000) * US);
	}
	snprintf(text, sizeof(text), "worst %+.2f %%, %.2f of what is allowed (%s)", w.percent,
		 w.error, w.where);
	line(w.error <= 1, what, text);
}

void check_equal_actors(const struct actor_domain *d, nsec_t grain)
{
	struct worst w = {0};
	char text[192];

	for (unsigned int i = 0; i < d->count; i++) {
		const struct actor *a = sim_actor(d, i);

		if (a->up)
			note_worst(&w, (double)sim_actor_got(a), (double)sim_got(d) / d->count,
				   (double)grain, "vCPU");
	}
	snprintf(text, sizeof(text), "worst %+.2f %%, %.2f of what is allowed (%s)", w.percent,
		 w.error, w.where);
	line(w.error <= 1, "  and its vCPUs equally", text);
}

void check_run_states(void)
{
	bool ok = true;

	for (unsigned int i = 0; i < sim.actor_count; i++) {
		const struct actor *a = &sim.actors[i];
		struct xen_vcpu_runstate_info r;

		vcpu_get_runstate(a->v, &r);
		ok = ok && r.time[0] + r.time[1] + r.time[2] + r.time[3] == fake.now - a->created;
		ok = ok && r.time[RUNSTATE_running] == a->ran;
	}
	line(ok, "run states add up to wall time, running to what ran", "");
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void run_one(const struct scenario *s, double start)
{
	printf("%s\n", s->name);
	s->run();
	printf("       %u vCPUs, %u CPUs, %.1f s simulated, %lu decisions, %lu wake-ups, "
	       "%.1f steps each; %.1f s\n",
	       sim.actor_count, sim.cpus, (double)(fake.now - 1000 * SEC) / 1e9, sim.decisions,
	       sim.wake_calls, (double)sim.steps / (double)MAX(sim.decisions + sim.wake_calls, 1),
	       seconds() - start);
	sim_stop();
}

/* Without a name: all that are quick; "all"; or those whose names begin so. */
int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	double start = seconds();
	bool all = !strcmp(name, "all");

	for (unsigned int i = 0; i < scenario_count; i++) {
		const struct scenario *s = &scenarios[i];

		if (argc > 1 ? all || !strncmp(s->name, name, strlen(name)) : s->quick)
			run_one(s, seconds());
	}
	printf("%u passed, %u failed (%.1f s)\n", passed, failed, seconds() - start);
	return failed != 0;
}
