/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a viewer says first: one line, "attach NAME\n". The answer is "ok\n", followed by the
 * console's bytes in both directions, or "error TEXT\n" and the end of the connection. Pure.
 */
#ifndef SHOJI_CONSOLE_REQUEST_H
#define SHOJI_CONSOLE_REQUEST_H

#include <stddef.h>

/* 0: the line is not complete; its length with the newline and the name; -1: not a request. */
int console_request_parse(const char *data, size_t length, char *name, size_t name_size);

#endif
