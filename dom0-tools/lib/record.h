/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h: what the tools themselves remember of a domain they made: /run/shoji/domains/ID/.
 *
 * The store is half the guest's, so nothing that decides anything is ever read back from there.
 * A record is a directory, readable by root only, written once and renamed into place:
 *
 *   domain.xml   the definition, everything filled in
 *   status       lines "key value": name, uuid, supervisor (a process id)
 *
 * SHOJI_RUN overrides /run/shoji, for tests.
 */
#ifndef SHOJI_LIB_RECORD_H
#define SHOJI_LIB_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "def.h"
#include "failure.h"

struct record {
	uint16_t domid;
	char name[DEF_NAME_SIZE];
	uint8_t uuid[16];
	pid_t supervisor; /* 0: none yet */
};

/* "$SHOJI_RUN/REST" into path. */
void record_run_path(char *path, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

int record_write(const struct record *record, const struct domain_def *def, struct failure *f);
/* 0, or -1 when there is none (no failure is told: not every domain is ours). */
int record_read(uint16_t domid, struct record *record);
/* The definition of a running domain of ours. */
struct domain_def *record_definition(uint16_t domid, struct failure *f);
void record_remove(uint16_t domid);
/* The supervisor of the record still lives (it holds the lock of the name). */
bool record_supervised(const struct record *record);

/* Holds the name for the time of a creation, so that two cannot take it at once. Returns a
 * descriptor to close, or -1 with FAIL_EXISTS. */
int record_lock_name(const char *name, struct failure *f);

#endif
