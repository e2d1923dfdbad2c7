/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory and strings for the run-time image; tests on a host link their C library's instead.
 *
 * Blocks move in units of eight bytes: an emulator counts each unit of a repeated instruction, and
 * real processors do either form at full width. The empty asm in the loops keeps the compiler from
 * recognising them as the very functions they implement.
 */
#include "lib/string.h"

#include <stdint.h>

#define NO_IDIOM() __asm__ volatile("" ::: "memory")

void *memcpy(void *to, const void *from, size_t bytes)
{
	void *result = to;
	size_t units = bytes / 8, rest = bytes % 8;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(units)::"memory");
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest)::"memory");
	return result;
}

void *memmove(void *to, const void *from, size_t bytes)
{
	char *d = to;
	const char *s = from;

	if ((uintptr_t)d - (uintptr_t)s >= bytes)
		return memcpy(to, from, bytes);
	while (bytes--) {
		d[bytes] = s[bytes];
		NO_IDIOM();
	}
	return to;
}

void *memset(void *at, int value, size_t bytes)
{
	void *result = at;
	uint64_t pattern = 0x0101010101010101ULL * (uint8_t)value;
	size_t units = bytes / 8, rest = bytes % 8;

	__asm__ volatile("rep stosq" : "+D"(at), "+c"(units) : "a"(pattern) : "memory");
	__asm__ volatile("rep stosb" : "+D"(at), "+c"(rest) : "a"(pattern) : "memory");
	return result;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
	const uint8_t *x = a, *y = b;

	for (size_t i = 0; i < bytes; i++) {
		if (x[i] != y[i])
			return x[i] - y[i];
		NO_IDIOM();
	}
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n]) {
		n++;
		NO_IDIOM();
	}
	return n;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, PTRDIFF_MAX);
}

int strncmp(const char *a, const char *b, size_t most)
{
	for (size_t i = 0; i < most; i++) {
		if (a[i] != b[i])
			return (uint8_t)a[i] - (uint8_t)b[i];
		if (!a[i])
			break;
		NO_IDIOM();
	}
	return 0;
}
