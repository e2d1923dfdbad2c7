/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mark ID [PROGRAM ARGUMENTS…]: mark a moment for the counting plugin (count.c), then become
 * PROGRAM. The ID is one of the first 64, that of a benchmark's begin or end, or MARK_READY. As
 * first program (rdinit=) it marks 1 under the name mark-init, 4 as mark-guest, and becomes /init.
 * Static.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marks.h"

#define MARKS 64

MARK_TABLE(marks, 0, 64);
MARK_TABLE(ready, 0x300, 1);
MARK_TABLE(begins, 0x1000, 64);
MARK_TABLE(ends, 0x2000, 64);

static const struct {
	unsigned int first, count;
	const char *table;
} tables[] = {
	{0, MARKS, marks},
	{MARK_READY, 1, ready},
	{MARK_BEGIN, MARKS, begins},
	{MARK_END, MARKS, ends},
};

static void mark(unsigned int id)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (id >= tables[i].first && id - tables[i].first < tables[i].count)
			mark_from(tables[i].table, id - tables[i].first);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];

	if (!strcmp(name, "mark-init") || !strcmp(name, "mark-guest")) {
		mark(strcmp(name, "mark-init") ? 4 : 1);
		argv[0] = "/init";
		execv("/init", argv);
		return 1;
	}
	if (argc < 2)
		return 2;
	mark((unsigned int)atoi(argv[1]));
	if (argc > 2)
		execvp(argv[2], argv + 2);
	return argc > 2;
}
