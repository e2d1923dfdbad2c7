/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory and strings. The compiler also calls the first four by itself. */
#ifndef SHOJI_LIB_STRING_H
#define SHOJI_LIB_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *at, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t most);

/* Copies with an end mark whatever the room (but 0); returns strlen(from). lib/strlcpy.c */
size_t strlcpy(char *to, const char *from, size_t room);

#endif
