/* SPDX-License-Identifier: GPL-2.0-only */
/* cpuset.c: sets of processors as text (see cpuset.h). */
#include "cpuset.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

uint64_t cpuset_first(unsigned int cpus)
{
	return cpus < CPUSET_CPUS ? (1ull << cpus) - 1 : ~0ull;
}

/* Digits at *at, which moves behind them; false: none, or too many. */
static bool take_number(const char **at, unsigned int *value)
{
	const char *start = *at;

	for (*value = 0; **at >= '0' && **at <= '9' && *at - start < 4; (*at)++)
		*value = *value * 10 + (unsigned int)(**at - '0');
	return *at > start && *value < CPUSET_CPUS;
}

/* One of "5", "2-4", "^3". */
static bool take_part(const char **at, uint64_t *set)
{
	bool without = **at == '^';
	unsigned int first, last;
	uint64_t part;

	*at += without;
	if (!take_number(at, &first))
		return false;
	last = first;
	if (**at == '-') {
		(*at)++;
		if (!take_number(at, &last) || last < first)
			return false;
	}
	part = cpuset_first(last + 1) & ~cpuset_first(first);
	*set = without ? *set & ~part : *set | part;
	return true;
}

int cpuset_parse(const char *text, uint64_t *set)
{
	uint64_t found = 0;

	if (!strcmp(text, "all")) {
		*set = ~0ull;
		return 0;
	}
	for (;; text++) {
		if (!take_part(&text, &found))
			return -1;
		if (*text != ',')
			break;
	}
	if (*text || !found)
		return -1;
	*set = found;
	return 0;
}

void cpuset_format(uint64_t set, unsigned int cpus, char text[CPUSET_TEXT_SIZE])
{
	size_t at = 0;

	if (!set || (set & cpuset_first(cpus)) == cpuset_first(cpus)) {
		snprintf(text, CPUSET_TEXT_SIZE, "%s", set ? "all" : "none");
		return;
	}
	for (unsigned int first = 0; first < CPUSET_CPUS; first++) {
		unsigned int last = first;

		if (!(set >> first & 1))
			continue;
		while (last + 1 < CPUSET_CPUS && (set >> (last + 1) & 1))
			last++;
		at += (size_t)snprintf(text + at, CPUSET_TEXT_SIZE - at,
				       last > first ? "%s%u-%u" : "%s%u", at ? "," : "", first,
				       last);
		first = last;
	}
}
