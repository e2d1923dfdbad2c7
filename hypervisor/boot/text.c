/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines, as boot loaders hand them over. Pure. */
#include "boot/text.h"

const char *text_skip_word(const char *text)
{
	while (*text == ' ')
		text++;
	while (*text && *text != ' ')
		text++;
	while (*text == ' ')
		text++;
	return text;
}

bool text_first_word(char *to, size_t size, const char *text)
{
	size_t n = 0;

	while (*text == ' ')
		text++;
	while (n + 1 < size && text[n] && text[n] != ' ') {
		to[n] = text[n];
		n++;
	}
	to[n] = 0;
	return !text[n] || text[n] == ' ';
}

bool text_copy(char *to, size_t size, const char *text)
{
	size_t n = 0;

	while (n + 1 < size && text[n]) {
		to[n] = text[n];
		n++;
	}
	to[n] = 0;
	return !text[n];
}
