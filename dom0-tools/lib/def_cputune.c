/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * def_cputune.c: the part of a definition that says how much of the processors a guest gets, and
 * where it runs. Whether the machine has the processors is not known here: `create` looks.
 */
#include "def_internal.h"

#include <stdlib.h>
#include <string.h>

#include "cpuset.h"
#include "units.h"

#define SHARES_MAX 65535u

static int take_cpuset(const xmlNode *node, const char *label, uint64_t *set, struct failure *f)
{
	char *text = def_attribute(node, "cpuset");
	int rc = 0;

	if (text && cpuset_parse(text, set))
		rc = def_fail(f, label, node,
			      "cpuset='%s' is no list of processors like 0-3,^2 (0 to %d)", text,
			      CPUSET_CPUS - 1);
	free(text);
	return rc;
}

static int take_shares(struct domain_def *def, const xmlNode *node, const char *label,
		       struct failure *f)
{
	char *text = def_text(node);
	uint64_t n = 0;
	int rc = 0;

	if (text && (units_number_parse(text, SHARES_MAX, &n) || n < 1))
		rc = def_fail(f, label, node, "<shares> must be a number from 1 to %u", SHARES_MAX);
	free(text);
	def->shares = (unsigned int)n;
	return rc;
}

static int take_pin(struct domain_def *def, const xmlNode *node, const char *label,
		    struct failure *f)
{
	char *text = def_attribute(node, "vcpu");
	uint64_t vcpu = 0;
	int rc = text ? units_number_parse(text, def->vcpus_max - 1, &vcpu) : -1;

	free(text);
	if (rc)
		return def_fail(f, label, node, "vcpu='…' of <vcpupin> must be from 0 to %u",
				def->vcpus_max - 1);
	if (def->pins[vcpu])
		return def_fail(f, label, node, "there are two <vcpupin> of vcpu='%u'",
				(unsigned int)vcpu);
	return take_cpuset(node, label, &def->pins[vcpu], f);
}

int def_cputune(struct domain_def *def, const xmlNode *root, const char *label, struct failure *f)
{
	const xmlNode *tune = def_child(root, "cputune");

	if (take_cpuset(def_child(root, "vcpu"), label, &def->cpuset, f) ||
	    take_shares(def, def_child(tune, "shares"), label, f))
		return -1;
	for (const xmlNode *n = tune ? tune->children : NULL; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && !strcmp((const char *)n->name, "vcpupin") &&
		    take_pin(def, n, label, f))
			return -1;
	return 0;
}
