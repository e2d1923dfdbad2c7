/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formatting for the log. Conversions: %s %c %d %i %u %x %X %p %%, with flags '-' and '0', a width,
 * a precision for strings (all but '0' and digits also as '*'), and sizes hh h l ll z j. Returns
 * the length the whole text would have; writes an end mark if there is room for one.
 */
#ifndef SHOJI_LIB_PRINTF_H
#define SHOJI_LIB_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

int vsnprintf(char *to, size_t room, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));
int snprintf(char *to, size_t room, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
