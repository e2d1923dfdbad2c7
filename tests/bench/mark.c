/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mark ID [PROGRAM ARGUMENTS…]: mark a moment for the counting plugin (count.c), then become
 * PROGRAM. As first program (rdinit=) it marks 1 under the name mark-init, 4 as mark-guest, and
 * becomes /init. Static.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marks.h"

#define MARKS 64

MARK_TABLE(marks, 0, 64);

static void mark(int id)
{
	if (id > 0 && id < MARKS)
		mark_from(marks, (unsigned int)id);
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
	mark(atoi(argv[1]));
	if (argc > 2)
		execvp(argv[2], argv + 2);
	return argc > 2;
}
