/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of batches of records, which outlives the process that writes it.
 *
 * It lies in memory (tmpfs) and is mapped: adding a batch costs a copy and a checksum, no system
 * call, and what was committed is there for the next process whatever became of this one. It is no
 * help against a machine that stops, and need not be: the guests are gone then, too.
 *
 * Records are put into the open batch; journal_commit makes them valid, all or none. What they mean
 * is keep.c's matter. Integers are of the machine's byte order; a text has its length before it.
 */
#ifndef SHOJI_STORE_JOURNAL_H
#define SHOJI_STORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal;

/* A new, empty file beside path; it takes path's place with journal_publish. 0 or -errno. */
int journal_create(struct journal **out, const char *path);
int journal_publish(struct journal *j);
/* Ends the use of it, and keeps the file, or not. */
void journal_close(struct journal *j);
void journal_discard(struct journal *j);

/* A failure (memory, space) is kept until the commit. */
void journal_begin(struct journal *j, uint8_t type);
void journal_number(struct journal *j, uint64_t value);
void journal_bytes(struct journal *j, const void *data, size_t length);
void journal_text(struct journal *j, const char *text);
/* 0 or -errno: then the file is of no use any more. */
int journal_commit(struct journal *j);
size_t journal_size(const struct journal *j);

/* --- reading: of bytes that may be anything --- */

struct journal_reader {
	const uint8_t *data;
	size_t length, at;
	size_t batch_end; /* of the batch being read */
	size_t end;	  /* of the record being read */
	bool bad;	  /* it asked for more than there is, or for what is not there */
};

/* The whole file, in memory that is to be freed. 0, -ENOENT, -errno. */
int journal_load(const char *path, uint8_t **data, size_t *length);
/* False: this is no journal. */
bool journal_read(struct journal_reader *r, const uint8_t *data, size_t length);
/* The next record's type; 0 at the end of what is valid. */
uint8_t journal_next(struct journal_reader *r);
uint64_t journal_get_number(struct journal_reader *r, uint64_t max);
/* Points into the data. */
const void *journal_get_bytes(struct journal_reader *r, size_t *length);
/* Ends with a zero byte, as the writer saw to; never NULL ("" when bad). */
const char *journal_get_text(struct journal_reader *r);

#endif
