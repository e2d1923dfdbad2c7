/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log lines with a limit on their rate. Data: the limit's window. Lock: none, one thread.
 * A suppressed line is counted, and the count told when the window opens again.
 */
#include "log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <syslog.h>
#include <time.h>

#define LINES_PER_SECOND 50

static struct {
	const char *name;
	bool use_syslog, quiet;
	time_t second;
	unsigned int lines, suppressed;
} state;

void log_open(const char *name, bool use_syslog, bool quiet)
{
	state.name = name;
	state.use_syslog = use_syslog;
	state.quiet = quiet;
	if (use_syslog)
		openlog(name, LOG_PID, LOG_DAEMON);
}

static void emit(int level, const char *text)
{
	if (state.name)
		fprintf(stderr, "%s: %s\n", state.name, text);
	if (state.use_syslog)
		syslog(level, "%s", text);
}

static bool may_write(void)
{
	struct timespec now;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != state.second) {
		if (state.suppressed) {
			snprintf(text, sizeof(text), "%u more lines suppressed", state.suppressed);
			emit(LOG_WARNING, text);
		}
		state.second = now.tv_sec;
		state.lines = state.suppressed = 0;
	}
	if (state.lines < LINES_PER_SECOND) {
		state.lines++;
		return true;
	}
	state.suppressed++;
	return false;
}

static void write_line(int level, const char *format, va_list args)
{
	char text[1024];

	if (!may_write())
		return;
	vsnprintf(text, sizeof(text), format, args);
	emit(level, text);
}

void log_info(const char *format, ...)
{
	va_list args;

	if (state.quiet)
		return;
	va_start(args, format);
	write_line(LOG_INFO, format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_WARNING, format, args);
	va_end(args);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_ERR, format, args);
	va_end(args);
}
