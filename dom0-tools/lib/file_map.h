/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * file_map.h: a whole file, read-only, in memory: by mmap, so that a kernel of 60 MB is neither
 * read nor copied until the pages are needed.
 */
#ifndef SHOJI_LIB_FILE_MAP_H
#define SHOJI_LIB_FILE_MAP_H

#include <stddef.h>

#include "failure.h"

struct file_map {
	const void *data;
	size_t size;
};

/* `what` is the action for the message, e.g. "load the kernel". An empty file is an error. */
int file_map_open(struct file_map *map, const char *path, const char *what, struct failure *f);
void file_map_close(struct file_map *map);

#endif
