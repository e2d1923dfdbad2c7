/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks for the lock that a guest's supervisor holds on its name (dom0-tools/lib/record.h). It is
 * read from the kernel's list: to try the lock ourselves would be in the way of a supervisor that
 * wants it at this moment.
 * Data: none. Lock: none; one thread.
 */
#include "supervised.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#define LOCKS "/run/shoji/locks"

bool supervised_find(FILE *locks, dev_t device, ino_t inode)
{
	unsigned int major_number, minor_number;
	unsigned long number;
	char line[200];

	while (fgets(line, sizeof(line), locks))
		if (sscanf(line, "%*d: FLOCK %*s %*s %*d %x:%x:%lu", &major_number, &minor_number,
			   &number) == 3 &&
		    makedev(major_number, minor_number) == device && number == inode)
			return true;
	return false;
}

bool supervised(const char *name)
{
	struct stat file;
	char path[256];
	FILE *locks;
	bool found;

	snprintf(path, sizeof(path), LOCKS "/%s", name);
	if (stat(path, &file))
		return false;
	locks = fopen("/proc/locks", "re");
	if (!locks)
		return false;
	found = supervised_find(locks, file.st_dev, file.st_ino);
	fclose(locks);
	return found;
}
