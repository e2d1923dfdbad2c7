/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * failure.h: how the library tells that something went wrong.
 *
 * The library never prints and never exits. A function that can fail takes a `struct failure *`,
 * fills it with the four things a person needs (what was tried, on which object, why it failed,
 * what to do now) and returns -1. The first failure wins: clean-up code passes NULL.
 * The code is the exit status of the command and is part of the documented interface.
 */
#ifndef SHOJI_LIB_FAILURE_H
#define SHOJI_LIB_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

enum failure_code {
	FAIL_NONE = 0,
	FAIL_GENERAL = 1,    /* anything without a code of its own */
	FAIL_USAGE = 2,	     /* the command line is wrong */
	FAIL_DEFINITION = 3, /* the XML definition is invalid */
	FAIL_NO_DOMAIN = 4,  /* no such domain */
	FAIL_EXISTS = 5,     /* the name or uuid is taken */
	FAIL_MEMORY = 6,     /* not enough free memory */
	FAIL_FILE = 7,	     /* a file is missing, unreadable or of the wrong kind */
	FAIL_HYPERVISOR = 8, /* no hypervisor, or it refused */
	FAIL_STORE = 9,	     /* the store daemon is away, or it refused */
	FAIL_TIMEOUT = 10,   /* the guest or a backend did not answer in time */
	FAIL_DEVICE = 11,    /* a backend could not serve its device */
	FAIL_STATE = 12,     /* the domain is in a state that does not allow this */
	FAIL_AUDIT = 13,     /* the audit found something wrong */
	FAIL_CODE_COUNT
};

struct failure {
	enum failure_code code;
	char what[128];	  /* completes "cannot ...": "load the kernel" */
	char object[256]; /* on what: a file, a domain, a device; may be empty */
	char why[512];
	char advice[256]; /* what to do; may be empty */
};

/* Fill *f (unless it is NULL or already tells of a failure) and return -1. errno is preserved. */
int fail_set(struct failure *f, enum failure_code code, const char *what, const char *object,
	     const char *advice, const char *why_format, ...) __attribute__((format(printf, 6, 7)));

/* The same with strerror(errno) as the reason. */
int fail_errno(struct failure *f, enum failure_code code, const char *what, const char *object,
	       const char *advice);

/* One line (two when there is advice) for a person; never longer than size. */
void failure_format(const struct failure *f, char *buffer, size_t size);

/* A short stable word for the code, for machine-readable output: "no-domain". */
const char *failure_code_name(enum failure_code code);

#endif
