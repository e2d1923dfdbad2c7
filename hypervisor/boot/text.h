/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines, as boot loaders hand them over. */
#ifndef SHOJI_BOOT_TEXT_H
#define SHOJI_BOOT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The text behind the first word and the blanks after it: loaders put a file's name in front. */
const char *text_skip_word(const char *text);

/* Copy the first word. False: it does not fit and was cut. */
bool text_first_word(char *to, size_t size, const char *text);

/* Copy all. False: it does not fit and was cut. */
bool text_copy(char *to, size_t size, const char *text);

#endif
