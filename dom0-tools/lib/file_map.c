/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * file_map.c: maps regular files for reading. A file that is cut short while it is mapped gives
 * its user SIGBUS; kernels and definitions are the administrator's, so that is accepted.
 */
#include "file_map.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int map_descriptor(struct file_map *map, int fd, const char *path, const char *what,
			  struct failure *f)
{
	struct stat st;
	void *data;

	if (fstat(fd, &st))
		return fail_errno(f, FAIL_FILE, what, path, NULL);
	if (!S_ISREG(st.st_mode))
		return fail_set(f, FAIL_FILE, what, path, NULL, "it is not a regular file");
	if (st.st_size == 0)
		return fail_set(f, FAIL_FILE, what, path, NULL, "the file is empty");
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		return fail_errno(f, FAIL_FILE, what, path, NULL);
	/* Read once and in order: more is read ahead, and Linux does not move every page to the
	 * list of those in frequent use when the mapping goes (a twelfth of what a new guest
	 * costs).
	 */
	(void)madvise(data, (size_t)st.st_size, MADV_SEQUENTIAL);
	map->data = data;
	map->size = (size_t)st.st_size;
	return 0;
}

int file_map_open(struct file_map *map, const char *path, const char *what, struct failure *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return fail_errno(f, FAIL_FILE, what, path,
				  errno == ENOENT ? "check the path, or install the file" : NULL);
	rc = map_descriptor(map, fd, path, what, f);
	close(fd);
	return rc;
}

void file_map_close(struct file_map *map)
{
	if (map->data)
		munmap((void *)map->data, map->size);
	map->data = NULL;
	map->size = 0;
}
