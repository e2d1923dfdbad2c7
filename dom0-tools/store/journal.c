/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal's file.
 * Data: struct journal: the mapping, and the open batch in memory of its own. Lock: none.
 * Layout: 8 bytes of magic; batches: length, checksum (both 32 bits), so many bytes of records; a
 * length of 0 ends it. A record: its length (32 bits), its type, its fields. The length of a batch
 * is written last: a process that is killed before leaves nothing to see.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "mem.h"

#define MAGIC	   "SHOJIST1"
#define MAGIC_SIZE 8
#define BATCH_HEAD 8
#define STEP	   ((size_t)256 << 10) /* bytes by which the file grows */

struct journal {
	char path[PATH_MAX], fresh[PATH_MAX];
	bool published;
	int fd;
	uint8_t *map;
	size_t size, end;
	uint8_t *batch;
	size_t used, room, record; /* record: where the open one begins */
	int error;
};

/* Space is taken now, so that a write into the mapping cannot fail later. */
static int grow(struct journal *j, size_t size)
{
	int rc = posix_fallocate(j->fd, 0, (off_t)size);
	void *map;

	if (rc)
		return -rc;
	map = j->map ? mremap(j->map, j->size, size, MREMAP_MAYMOVE)
		     : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, j->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	j->map = map;
	j->size = size;
	return 0;
}

int journal_create(struct journal **out, const char *path)
{
	struct journal *j = mem_zalloc(sizeof(*j));
	int rc;

	if (!j)
		return -ENOMEM;
	snprintf(j->path, sizeof(j->path), "%s", path);
	if (snprintf(j->fresh, sizeof(j->fresh), "%s.new", path) >= (int)sizeof(j->fresh)) {
		free(j);
		return -ENAMETOOLONG;
	}
	j->fd = open(j->fresh, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	rc = j->fd < 0 ? -errno : grow(j, STEP);
	if (rc < 0) {
		journal_discard(j);
		return rc;
	}
	memcpy(j->map, MAGIC, MAGIC_SIZE);
	j->end = MAGIC_SIZE;
	*out = j;
	return 0;
}

int journal_publish(struct journal *j)
{
	if (rename(j->fresh, j->path) < 0)
		return -errno;
	j->published = true;
	return 0;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->map)
		munmap(j->map, j->size);
	if (j->fd >= 0)
		close(j->fd);
	free(j->batch);
	free(j);
}

void journal_discard(struct journal *j)
{
	if (!j)
		return;
	unlink(j->published ? j->path : j->fresh);
	journal_close(j);
}

size_t journal_size(const struct journal *j)
{
	return j->end;
}

/* --- the open batch --- */

static uint8_t *reserve(struct journal *j, size_t bytes)
{
	size_t room = j->room ? j->room : 4096;
	uint8_t *batch;

	while (room - j->used < bytes)
		room *= 2;
	if (room != j->room) {
		batch = j->error ? NULL : mem_resize(j->batch, room);
		if (!batch) {
			j->error = -ENOMEM;
			return NULL;
		}
		j->batch = batch;
		j->room = room;
	}
	j->used += bytes;
	return j->batch + j->used - bytes;
}

static void put(struct journal *j, const void *data, size_t bytes)
{
	uint8_t *to = reserve(j, bytes);
	uint32_t length = 0;

	if (!to)
		return;
	if (bytes)
		memcpy(to, data, bytes);
	length = (uint32_t)(j->used - j->record - sizeof(length));
	memcpy(j->batch + j->record, &length, sizeof(length));
}

void journal_begin(struct journal *j, uint8_t type)
{
	j->record = j->used;
	if (reserve(j, sizeof(uint32_t)))
		put(j, &type, sizeof(type));
}

void journal_number(struct journal *j, uint64_t value)
{
	put(j, &value, sizeof(value));
}

void journal_bytes(struct journal *j, const void *data, size_t length)
{
	uint32_t n = (uint32_t)length;

	put(j, &n, sizeof(n));
	put(j, data, length);
}

void journal_text(struct journal *j, const char *text)
{
	journal_bytes(j, text, strlen(text) + 1);
}

static void add_batch(struct journal *j)
{
	uint32_t length = (uint32_t)j->used;
	uint32_t sum = (uint32_t)crc32(0, j->batch, length);
	uint8_t *at = j->map + j->end;

	memset(at + BATCH_HEAD + length, 0, sizeof(length)); /* the end, for now */
	memcpy(at + BATCH_HEAD, j->batch, length);
	memcpy(at + sizeof(length), &sum, sizeof(sum));
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	memcpy(at, &length, sizeof(length));
	j->end += BATCH_HEAD + length;
}

int journal_commit(struct journal *j)
{
	size_t need = j->end + j->used + 2 * BATCH_HEAD;

	if (!j->error && j->used && need > j->size)
		j->error = grow(j, (need + STEP - 1) / STEP * STEP);
	if (!j->error && j->used)
		add_batch(j);
	j->used = 0;
	return j->error;
}

/* --- reading --- */

static int read_all(int fd, uint8_t *data, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = read(fd, data + done, length - done);

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

int journal_load(const char *path, uint8_t **data, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rc = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		rc = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022))
		rc = -EPERM; /* somebody else's */
	*length = (size_t)st.st_size;
	*data = rc ? NULL : mem_alloc(*length + 1);
	if (!rc)
		rc = *data ? read_all(fd, *data, *length) : -ENOMEM;
	if (rc < 0)
		free(*data);
	close(fd);
	return rc;
}

bool journal_read(struct journal_reader *r, const uint8_t *data, size_t length)
{
	*r = (struct journal_reader){.data = data, .length = length, .at = MAGIC_SIZE};
	r->batch_end = r->end = MAGIC_SIZE;
	return length >= MAGIC_SIZE && !memcmp(data, MAGIC, MAGIC_SIZE);
}

static uint32_t word(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Steps into the next batch; false: there is no valid one. */
static bool next_batch(struct journal_reader *r)
{
	const uint8_t *head = r->data + r->batch_end;
	size_t room = r->length - r->batch_end;
	uint32_t length;

	if (room < BATCH_HEAD)
		return false;
	length = word(head);
	if (!length || length > room - BATCH_HEAD ||
	    word(head + 4) != (uint32_t)crc32(0, head + BATCH_HEAD, length))
		return false;
	r->end = r->batch_end + BATCH_HEAD;
	r->batch_end += BATCH_HEAD + length;
	return true;
}

uint8_t journal_next(struct journal_reader *r)
{
	uint32_t length;

	r->at = r->end;
	if (r->at == r->batch_end && !next_batch(r))
		return 0;
	r->at = r->end;
	length = r->batch_end - r->at < 5 ? 0 : word(r->data + r->at);
	if (!length || length > r->batch_end - r->at - 4) {
		r->bad = true;
		return 0;
	}
	r->end = r->at + 4 + length;
	r->at += 5;
	return r->data[r->at - 1];
}

static const uint8_t *get(struct journal_reader *r, size_t bytes)
{
	const uint8_t *at = r->data + r->at;

	if (r->bad || bytes > r->end - r->at) {
		r->bad = true;
		return NULL;
	}
	r->at += bytes;
	return at;
}

uint64_t journal_get_number(struct journal_reader *r, uint64_t max)
{
	const uint8_t *at = get(r, sizeof(uint64_t));
	uint64_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	if (value <= max)
		return value;
	r->bad = true;
	return 0;
}

const void *journal_get_bytes(struct journal_reader *r, size_t *length)
{
	const uint8_t *at = get(r, sizeof(uint32_t));

	*length = at ? word(at) : 0;
	at = get(r, *length);
	if (!at)
		*length = 0;
	return at ? at : (const uint8_t *)"";
}

const char *journal_get_text(struct journal_reader *r)
{
	size_t length;
	const char *text = journal_get_bytes(r, &length);

	if (length && strnlen(text, length) == length - 1)
		return text;
	r->bad = true;
	return "";
}
