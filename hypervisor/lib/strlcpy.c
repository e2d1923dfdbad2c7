/* SPDX-License-Identifier: GPL-2.0-only */
/* Bounded string copy; apart from string.c because not every host's C library has it. */
#include "lib/string.h"

size_t strlcpy(char *to, const char *from, size_t room)
{
	size_t length = strlen(from);

	if (room) {
		size_t n = length < room ? length : room - 1;

		memcpy(to, from, n);
		to[n] = '\0';
	}
	return length;
}
