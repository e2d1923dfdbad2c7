/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's console log on disk: FOLDER/NAME.log, and the one before as NAME.log.1. */
#ifndef SHOJI_CONSOLE_LOGFILE_H
#define SHOJI_CONSOLE_LOGFILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LOGFILE_LIMIT (4L << 20) /* bytes, then it is turned over */

struct logfile {
	char path[300];
	int fd; /* -1: cannot be written */
	off_t size;
};

void logfile_open(struct logfile *l, const char *folder, const char *name);
void logfile_close(struct logfile *l);
void logfile_write(struct logfile *l, const char *data, size_t size);

/* The last bytes, at most size, of what is on disk. */
size_t logfile_tail(const struct logfile *l, char *data, size_t size);

#endif
