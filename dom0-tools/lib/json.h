/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json.h: writes JSON to a stream, one member per line, commas and escapes taken care of.
 *
 * A name is given inside objects and NULL inside arrays and at the top.
 */
#ifndef SHOJI_LIB_JSON_H
#define SHOJI_LIB_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	unsigned int depth;
	bool filled; /* something stands before, at this depth */
};

void json_begin(struct json *j, FILE *out);
void json_open_object(struct json *j, const char *name);
void json_close_object(struct json *j);
void json_open_array(struct json *j, const char *name);
void json_close_array(struct json *j);
void json_text(struct json *j, const char *name, const char *value); /* NULL: null */
void json_number(struct json *j, const char *name, uint64_t value);
void json_real(struct json *j, const char *name, double value);
void json_bool(struct json *j, const char *name, bool value);

#endif
