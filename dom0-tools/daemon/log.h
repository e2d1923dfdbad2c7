/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemons' log: lines to standard error, to syslog too when asked. Never more than a burst of
 * lines per second, so that no guest can fill a disk with them. */
#ifndef SHOJI_DAEMON_LOG_H
#define SHOJI_DAEMON_LOG_H

#include <stdbool.h>

/* name is put in front of each line; with quiet only warnings and errors are written. */
void log_open(const char *name, bool use_syslog, bool quiet);

void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
