/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of a C library that the static decompressors need.
 *
 * Duty: memory and string functions under their standard names, and malloc() out of chunks of pages
 * that are given back all at once: free() does nothing. Data: the list of chunks. Only the boot
 * program links this.
 */
#include <stdlib.h>
#include <string.h>

#include "boot/boot.h"

#define CHUNK	  (1ULL << 20)
#define ALIGNMENT 64

struct chunk {
	struct chunk *next;
	uint64_t size, used;
};

static struct chunk *chunks;

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	void *result = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
	return result;
}

void *memmove(void *to, const void *from, size_t n)
{
	char *t = to;
	const char *f = from;

	if (t <= f || t >= f + n)
		return memcpy(to, from, n);
	while (n--) {
		t[n] = f[n];
		__asm__ volatile("" : : : "memory"); /* a loop, not a call of ourselves */
	}
	return to;
}

void *memset(void *to, int value, size_t n)
{
	void *result = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(value) : "memory");
	return result;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *in, int value, size_t n)
{
	for (const unsigned char *p = in; n; n--, p++)
		if (*p == (unsigned char)value)
			return (void *)(uintptr_t)p;
	return NULL;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n]) {
		n++;
		__asm__ volatile("" : : : "memory");
	}
	return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n && *a && *a == *b; n--, a++, b++)
		;
	return n ? (unsigned char)*a - (unsigned char)*b : 0;
}

static void *from_new_chunk(size_t size)
{
	uint64_t bytes = size + ALIGNMENT > CHUNK ? size + ALIGNMENT : CHUNK;
	struct chunk *c;

	bytes = (bytes + 4095) & ~4095ULL;
	c = boot_pages_alloc(bytes, 4096);
	*c = (struct chunk){chunks, bytes, ALIGNMENT + size};
	chunks = c;
	return (char *)c + ALIGNMENT;
}

void *malloc(size_t size)
{
	struct chunk *c = chunks;
	void *result;

	if (size > 1ULL << 31)
		return NULL;
	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (!c || c->size - c->used < size)
		return from_new_chunk(size);
	result = (char *)c + c->used;
	c->used += size;
	return result;
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;
	void *result;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	result = malloc(bytes);
	return result ? memset(result, 0, bytes) : NULL;
}

void free(void *at)
{
	(void)at;
}

void heap_release(void)
{
	while (chunks) {
		struct chunk *c = chunks;

		chunks = c->next;
		boot_pages_free(c, c->size);
	}
}

/* liblzma chooses its checksum functions in a constructor. */
void libc_init(void)
{
	extern void (*const init_array_begin[])(void), (*const init_array_end[])(void);

	for (void (*const *f)(void) = init_array_begin; f < init_array_end; f++)
		(*f)();
}

void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
	boot_fail("the boot program overran its stack");
}
