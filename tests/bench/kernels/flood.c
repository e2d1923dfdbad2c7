/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that floods the daemons of domain 0 in the way that its command line names (deed=…), for
 * floods.py, or just computes; five times a second of its time it says in the hypervisor's log how
 * much of it was done. A deed that domain 0 does not answer yet is tried again at once: the guest
 * never sleeps, and so wants as much of the CPU as one that computes.
 */
#include "flood/flood.h"

#define REPORT_NS 200000000UL
#define LOOK_EACH 64 /* deeds between two looks at the clock */

static bool compute(void)
{
	for (volatile unsigned int i = 0; i < 100; i++)
		;
	return true;
}

static const struct deed {
	const char *name;
	void (*begin)(void);
	bool (*once)(void); /* false: it could not be done now */
} deeds[] = {
	{"compute", NULL, compute},
	{"store-read", NULL, store_flood_read},
	{"store-write", NULL, store_flood_write},
	{"store-event", NULL, store_notify},
	{"console-write", NULL, console_flood_write},
	{"console-event", NULL, console_notify},
	{"disk-event", disk_connect, device_notify},
	{"card-event", card_connect, device_notify},
	{"disk-state", disk_connect, device_flip},
};

static const struct deed *find_deed(const char *name)
{
	for (unsigned int i = 0; i < ARRAY(deeds); i++)
		if (name && !strcmp(name, deeds[i].name))
			return &deeds[i];
	return NULL;
}

static char *decimal(char *to, uint64_t value)
{
	char digits[20];
	unsigned int n = 0;

	do
		digits[n++] = (char)('0' + value % 10);
	while (value /= 10);
	*to++ = ' ';
	while (n)
		*to++ = digits[--n];
	return to;
}

static void report(const char *name, uint64_t when, uint64_t done)
{
	char line[100] = "FLOOD ", *end = line + 6;

	while (*name)
		*end++ = *name++;
	end = decimal(decimal(end, when), done);
	*end++ = '\n';
	CALL(HYPERCALL_console_io, 0, end - line, line);
}

TEST_GUEST(flood)
{
	const struct deed *deed = find_deed(option("deed"));
	uint64_t done = 0, tries = 0, next = 0;

	CHECK(deed);
	if (deed->begin)
		deed->begin();
	for (;;) {
		done += deed->once();
		if (++tries % LOOK_EACH || now() < next)
			continue;
		report(deed->name, now(), done);
		next = now() + REPORT_NS;
	}
}
