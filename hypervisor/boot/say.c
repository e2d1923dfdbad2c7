/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of the boot program: a small formatter on top of the front end's boot_puts(). */
#include <stdarg.h>

#include "boot/boot.h"

struct line {
	char text[512];
	size_t used;
};

static void put(struct line *l, char c)
{
	if (l->used + 1 < sizeof(l->text))
		l->text[l->used++] = c;
}

static void put_number(struct line *l, uint64_t value, unsigned int base)
{
	char digits[20];
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

static void put_string(struct line *l, const char *s)
{
	while (*s)
		put(l, *s++);
}

static void format_line(struct line *l, const char *f, va_list args)
{
	for (; *f; f++) {
		bool is_long = false;

		if (*f != '%') {
			put(l, *f);
			continue;
		}
		while (*++f == 'l')
			is_long = true;
		if (*f == 's')
			put_string(l, va_arg(args, const char *));
		else if (*f == 'c')
			put(l, (char)va_arg(args, int));
		else if (*f == 'd')
			put_signed(l, is_long ? va_arg(args, long) : va_arg(args, int));
		else if (*f == 'u' || *f == 'x')
			put_number(l,
				   is_long ? va_arg(args, unsigned long)
					   : va_arg(args, unsigned int),
				   *f == 'u' ? 10 : 16);
		else
			put(l, *f);
	}
	l->text[l->used] = 0;
}

void boot_say(const char *format, ...)
{
	struct line l = {.used = 0};
	va_list args;

	va_start(args, format);
	format_line(&l, format, args);
	va_end(args);
	boot_puts(l.text);
}

void boot_fail(const char *format, ...)
{
	struct line l = {.used = 0};
	va_list args;

	va_start(args, format);
	format_line(&l, format, args);
	va_end(args);
	boot_puts("shoji: cannot boot: ");
	boot_puts(l.text);
	boot_puts("\n");
	boot_stop();
}
