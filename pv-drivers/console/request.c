/* SPDX-License-Identifier: GPL-2.0-only */
/* request.c: see request.h. Data: none. */
#include "request.h"

#include <string.h>

static const char verb[] = "attach ";
#define VERB (sizeof(verb) - 1)

int console_request_parse(const char *data, size_t length, char *name, size_t name_size)
{
	const char *end = memchr(data, '\n', length);
	size_t line = end ? (size_t)(end - data) : length;

	if (memcmp(data, verb, line < VERB ? line : VERB) != 0 || line >= VERB + name_size)
		return -1;
	if (!end)
		return 0;
	if (line <= VERB || memchr(data, '\0', line))
		return -1;
	memcpy(name, data + VERB, line - VERB);
	name[line - VERB] = '\0';
	return (int)line + 1;
}
