/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The four answers to a fault, by who is to blame (docs/security.md):
 *   return -XEN_E…     the caller can be told;
 *   domain_crash()     a guest broke a rule and cannot be told (core/domain.h);
 *   panic()            going on could leak or corrupt: the machine stops;
 *   ASSERT()           an aid to us, true whatever a guest does; debug builds only.
 */
#ifndef SHOJI_CORE_LOG_H
#define SHOJI_CORE_LOG_H

#include "lib/types.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* One line (without '\n') to the log ring and, at or below the `loglvl` option, the console. */
void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

/* The serial console under it (machine/console.c): dom0's terminal, and the log's outlet. */
size_t console_write(const char *text, size_t bytes); /* how much of it was taken */
size_t console_read(char *text, size_t room);	      /* typed characters; 0: none waiting */
/* The log ring from *index on (a count of all bytes ever logged); returns the bytes copied. */
size_t log_ring_read(char *text, size_t room, uint64_t *index);
void log_ring_clear(void);

_Noreturn void panic(const char *fmt, ...) PRINTF_LIKE(1, 2);

#ifdef SHOJI_DEBUG
#define ASSERT(x)                                                                      \
	do {                                                                           \
		if (unlikely(!(x)))                                                    \
			panic("assertion %s failed at %s:%d", #x, __FILE__, __LINE__); \
	} while (0)
#else
#define ASSERT(x) ((void)sizeof(x))
#endif

#endif
