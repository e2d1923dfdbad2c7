/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysctl: counts of what the hypervisor did, a value for each CPU (core/counts.h), then those of
 * each hypercall that is in the table. The ABI's values have 32 bits: they wrap.
 */
#include "abi/sysctl.h"

#include "abi/domctl.h"
#include "core/counts.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "shoji/hypercalls.h"

static const char *const kinds[] = {
#define COUNT(name, text) text,
	COUNTS(COUNT)
#undef COUNT
};

static const struct {
	uint32_t number;
	const char *name;
} calls[] = {
#define HYPERCALL(number, name, since, nargs, who, preemptible) {number, #name},
#include "shoji/hypercalls.def"
#undef HYPERCALL
};

#define COUNTERS (ARRAY_SIZE(kinds) + ARRAY_SIZE(calls))

static void name_of(unsigned int counter, char *name, size_t size)
{
	if (counter < ARRAY_SIZE(kinds))
		snprintf(name, size, "%s", kinds[counter]);
	else
		snprintf(name, size, "hypercall %s", calls[counter - ARRAY_SIZE(kinds)].name);
}

static uint32_t value_of(unsigned int counter, unsigned int cpu)
{
	const struct counts *c = &machine_cpu(cpu)->counts;

	if (counter < ARRAY_SIZE(kinds))
		return (uint32_t)c->of[counter];
	return (uint32_t)c->hypercalls[calls[counter - ARRAY_SIZE(kinds)].number];
}

static int write_counter(const struct xen_sysctl_perfc_op *p, unsigned int counter)
{
	struct xen_sysctl_perfc_desc desc = {.nr_vals = machine_cpu_count()};
	uint32_t values[MAX_CPUS];
	int rc = 0;

	name_of(counter, desc.name, sizeof(desc.name));
	for (unsigned int cpu = 0; cpu < desc.nr_vals; cpu++)
		values[cpu] = value_of(counter, cpu);
	if (p->desc)
		rc = guest_write_at(gva(p->desc), counter, &desc, sizeof(desc));
	if (!rc && p->val)
		rc = guest_write_at(gva(p->val), counter, values, desc.nr_vals * sizeof(values[0]));
	return rc;
}

long sysctl_perfc(struct xen_sysctl *op)
{
	struct xen_sysctl_perfc_op *p = &op->u.perfc_op;
	int rc = 0;

	if (p->cmd != XEN_SYSCTL_PERFCOP_query)
		return -XEN_EOPNOTSUPP; /* they only grow: whoever wants less subtracts */
	for (unsigned int i = 0; i < COUNTERS && !rc; i++)
		rc = write_counter(p, i);
	p->nr_counters = COUNTERS;
	p->nr_vals = COUNTERS * machine_cpu_count();
	return rc;
}
