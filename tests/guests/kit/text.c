/* SPDX-License-Identifier: GPL-2.0-only */
/* Text and memory functions of the test kernels, and the console. */
#include "kit.h"

void *memset(void *to, int byte, size_t size)
{
	uint8_t *p = to;

	while (size--)
		*p++ = (uint8_t)byte;
	return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
	uint8_t *p = to;
	const uint8_t *q = from;

	while (size--)
		*p++ = *q++;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *p = a, *q = b;

	for (; size; size--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return (uint8_t)*a - (uint8_t)*b;
}

struct line {
	char text[400];
	size_t used;
};

static void put(struct line *l, char c)
{
	if (l->used < sizeof(l->text))
		l->text[l->used++] = c;
}

static void put_number(struct line *l, uint64_t value, unsigned int base)
{
	char digits[24];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		put(l, digits[--n]);
}

static void put_signed(struct line *l, int64_t value)
{
	if (value < 0)
		put(l, '-');
	put_number(l, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

/* %s %c %d %u %x, and with l or ll. */
static void put_format(struct line *l, const char *f, va_list args)
{
	for (; *f; f++) {
		bool wide = false;

		if (*f != '%') {
			put(l, *f);
			continue;
		}
		for (f++; *f == 'l'; f++)
			wide = true;
		if (*f == 's')
			for (const char *s = va_arg(args, const char *); *s; s++)
				put(l, *s);
		else if (*f == 'c')
			put(l, (char)va_arg(args, int));
		else if (*f == 'd')
			put_signed(l, wide ? va_arg(args, long) : va_arg(args, int));
		else if (*f == 'u' || *f == 'x')
			put_number(l,
				   wide ? va_arg(args, unsigned long) : va_arg(args, unsigned int),
				   *f == 'u' ? 10 : 16);
		else
			put(l, *f);
	}
}

void console_write(const char *text, size_t size);
void vsay(const char *prefix, const char *name, const char *format, va_list args);

void vsay(const char *prefix, const char *name, const char *format, va_list args)
{
	struct line l = {.used = 0};

	for (; *prefix; prefix++)
		put(&l, *prefix);
	for (; *name; name++)
		put(&l, *name);
	put_format(&l, format, args);
	if (l.used == sizeof(l.text))
		l.used--;
	put(&l, '\n');
	console_write(l.text, l.used);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsay("", "", format, args);
	va_end(args);
}
