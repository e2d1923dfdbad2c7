/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes consoles to disk. Two files of a fixed size at most for each guest, so that no guest can
 * fill dom0's disk. A disk that is full or read-only costs the log, never the console.
 * Data: struct logfile. Lock: none; one thread.
 */
#include "logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/log.h"

static void open_file(struct logfile *l, int flags)
{
	l->fd = open(l->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	l->size = l->fd < 0 ? 0 : lseek(l->fd, 0, SEEK_END);
	if (l->fd < 0)
		log_warning("cannot write %s: %s; this console is not logged", l->path,
			    strerror(errno));
}

void logfile_open(struct logfile *l, const char *folder, const char *name)
{
	snprintf(l->path, sizeof(l->path), "%s/%s.log", folder, name);
	open_file(l, 0);
}

void logfile_close(struct logfile *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static void turn_over(struct logfile *l)
{
	char old[310];

	snprintf(old, sizeof(old), "%s.1", l->path);
	logfile_close(l);
	rename(l->path, old);
	open_file(l, O_TRUNC);
}

void logfile_write(struct logfile *l, const char *data, size_t size)
{
	ssize_t n;

	if (l->fd >= 0 && l->size + (off_t)size > LOGFILE_LIMIT)
		turn_over(l);
	while (l->fd >= 0 && size) {
		n = write(l->fd, data, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			log_warning("cannot write %s: %s; bytes are lost", l->path,
				    strerror(errno));
			return;
		}
		l->size += n;
		data += n;
		size -= (size_t)n;
	}
}

size_t logfile_tail(const struct logfile *l, char *data, size_t size)
{
	off_t start = l->size > (off_t)size ? l->size - (off_t)size : 0;
	ssize_t n = l->fd < 0 ? 0 : pread(l->fd, data, size, start);

	return n < 0 ? 0 : (size_t)n;
}
