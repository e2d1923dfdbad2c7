/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * def_check.c: the part of a definition that only the file system can confirm. It runs before
 * anything is created, so that a typing error costs nothing. What it finds may change before the
 * file is used: every user of a file checks again by opening it.
 */
#include "def.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_readable(const char *what, const char *path, struct failure *f)
{
	struct stat st;

	if (stat(path, &st))
		return fail_errno(f, FAIL_FILE, what, path, "check the path in the definition");
	if (!S_ISREG(st.st_mode))
		return fail_set(f, FAIL_FILE, what, path, NULL, "it is not a regular file");
	if (access(path, R_OK))
		return fail_errno(f, FAIL_FILE, what, path, "run as root, or change its mode");
	return 0;
}

static int check_disk(const struct def_disk *disk, struct failure *f)
{
	const char *what = "use the disk";
	struct stat st;

	if (stat(disk->source, &st))
		return fail_errno(f, FAIL_FILE, what, disk->source,
				  "check the path, or create it: truncate -s 1G FILE");
	if (disk->block && !S_ISBLK(st.st_mode))
		return fail_set(f, FAIL_FILE, what, disk->source,
				"use <disk type='file'> for a file", "it is not a block device");
	if (!disk->block && !S_ISREG(st.st_mode))
		return fail_set(f, FAIL_FILE, what, disk->source,
				"use <disk type='block'> for a device", "it is not a regular file");
	if (access(disk->source, disk->readonly ? R_OK : R_OK | W_OK))
		return fail_errno(f, FAIL_FILE, what, disk->source,
				  "change its mode, or add <readonly/> to the disk");
	return 0;
}

int def_check_files(const struct domain_def *def, struct failure *f)
{
	if (check_readable("load the kernel", def->kernel, f))
		return -1;
	if (def->initrd && check_readable("load the initrd", def->initrd, f))
		return -1;
	for (unsigned int i = 0; i < def->disk_count; i++)
		if (check_disk(&def->disks[i], f))
			return -1;
	return 0;
}
