/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json.c: see json.h. Text is UTF-8 already or made harmless: bytes that are not are replaced, for
 * names and logs can come from guests.
 */
#include "json.h"

#include <string.h>

void json_begin(struct json *j, FILE *out)
{
	*j = (struct json){out, 0, false};
}

/* Length of the valid UTF-8 sequence at text, 0 if there is none. */
static size_t utf8_length(const unsigned char *text)
{
	size_t length = text[0] < 0x80		   ? 1
			: (text[0] & 0xe0) == 0xc0 ? 2
			: (text[0] & 0xf0) == 0xe0 ? 3
			: (text[0] & 0xf8) == 0xf0 ? 4
						   : 0;

	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length == 2 && text[0] < 0xc2 ? 0 : length;
}

static void put_string(FILE *out, const char *value)
{
	const unsigned char *text = (const unsigned char *)value;

	fputc('"', out);
	while (*text) {
		size_t length = utf8_length(text);

		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if (*text == '\n')
			fputs("\\n", out);
		else if (length == 0)
			fputs("\\ufffd", out);
		else if (*text < 0x20 || *text == 0x7f)
			fprintf(out, "\\u%04x", *text);
		else
			fwrite(text, 1, length, out);
		text += length ? length : 1;
	}
	fputc('"', out);
}

/* Comma, new line, indentation and name before a value. */
static void lead_in(struct json *j, const char *name)
{
	if (j->filled)
		fputc(',', j->out);
	if (j->depth)
		fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
	if (name) {
		put_string(j->out, name);
		fputs(": ", j->out);
	}
	j->filled = true;
}

static void open_with(struct json *j, const char *name, char bracket)
{
	lead_in(j, name);
	fputc(bracket, j->out);
	j->depth++;
	j->filled = false;
}

static void close_with(struct json *j, char bracket)
{
	j->depth--;
	if (j->filled)
		fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
	fputc(bracket, j->out);
	j->filled = true;
	if (!j->depth)
		fputc('\n', j->out);
}

void json_open_object(struct json *j, const char *name)
{
	open_with(j, name, '{');
}

void json_close_object(struct json *j)
{
	close_with(j, '}');
}

void json_open_array(struct json *j, const char *name)
{
	open_with(j, name, '[');
}

void json_close_array(struct json *j)
{
	close_with(j, ']');
}

void json_text(struct json *j, const char *name, const char *value)
{
	lead_in(j, name);
	if (value)
		put_string(j->out, value);
	else
		fputs("null", j->out);
}

void json_number(struct json *j, const char *name, uint64_t value)
{
	lead_in(j, name);
	fprintf(j->out, "%llu", (unsigned long long)value);
}

void json_real(struct json *j, const char *name, double value)
{
	lead_in(j, name);
	fprintf(j->out, "%.3f", value);
}

void json_bool(struct json *j, const char *name, bool value)
{
	lead_in(j, name);
	fputs(value ? "true" : "false", j->out);
}
