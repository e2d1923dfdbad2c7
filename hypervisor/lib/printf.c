/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formatting for the log: a walk over the format, one small function per kind of value. Writes
 * only within the room given and never allocates. An unknown conversion prints itself.
 */
#include "lib/printf.h"

#include "lib/string.h"

#include <stdbool.h>
#include <stdint.h>

struct out {
	char *to;
	size_t room, length;
};

struct spec {
	bool left, zero, upper;
	int width, precision; /* precision < 0: none */
	int size;	      /* bytes of an integer argument */
};

static void put(struct out *o, char c)
{
	if (o->length + 1 < o->room)
		o->to[o->length] = c;
	o->length++;
}

static void pad(struct out *o, char c, int count)
{
	while (count-- > 0)
		put(o, c);
}

/* sign or prefix, zeros, text: in a field of the width asked for */
static void put_field(struct out *o, const struct spec *s, const char *prefix, const char *text,
		      int length)
{
	int prefix_length = (int)strlen(prefix), fill = s->width - length - prefix_length;

	if (!s->left && !s->zero)
		pad(o, ' ', fill);
	for (int i = 0; i < prefix_length; i++)
		put(o, prefix[i]);
	if (!s->left && s->zero)
		pad(o, '0', fill);
	for (int i = 0; i < length; i++)
		put(o, text[i]);
	if (s->left)
		pad(o, ' ', fill);
}

static void put_number(struct out *o, const struct spec *s, const char *prefix, uint64_t v,
		       unsigned int base)
{
	const char *digits = s->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[20];
	int at = (int)sizeof(text);

	do {
		text[--at] = digits[v % base];
		v /= base;
	} while (v);
	put_field(o, s, prefix, text + at, (int)sizeof(text) - at);
}

static void put_string(struct out *o, struct spec *s, const char *text)
{
	int length = 0;

	if (!text)
		text = "(null)";
	while ((s->precision < 0 || length < s->precision) && text[length])
		length++;
	s->zero = false;
	put_field(o, s, "", text, length);
}

static void put_signed(struct out *o, const struct spec *s, int64_t v)
{
	put_number(o, s, v < 0 ? "-" : "", v < 0 ? -(uint64_t)v : (uint64_t)v, 10);
}

static const char *parse_number(const char *f, int *value)
{
	for (*value = 0; *f >= '0' && *f <= '9'; f++)
		if (*value < 10000)
			*value = *value * 10 + (*f - '0');
	return f;
}

static const char *parse_size(const char *f, int *size)
{
	*size = sizeof(int);
	for (;; f++) {
		if (*f == 'l' || *f == 'z' || *f == 'j' || *f == 't')
			*size = sizeof(long);
		else if (*f == 'h')
			*size = *size == sizeof(short) ? (int)sizeof(char) : (int)sizeof(short);
		else
			return f;
	}
}

static uint64_t truncated(uint64_t v, int size)
{
	return size == 8 ? v : v & ((1ULL << (size * 8)) - 1);
}

static int64_t extended(uint64_t v, int size)
{
	int shift = 64 - size * 8;

	return (int64_t)(v << shift) >> shift;
}

/* The conversion at f (after flags); false: not one that we know. */
static bool convert(struct out *o, struct spec *s, char c, va_list *args)
{
	uint64_t v;

	switch (c) {
	case 'c': {
		char text = (char)va_arg(*args, int);

		put_field(o, s, "", &text, 1);
		return true;
	}
	case 's':
		put_string(o, s, va_arg(*args, const char *));
		return true;
	case 'p':
		put_number(o, s, "0x", (uintptr_t)va_arg(*args, void *), 16);
		return true;
	case 'd':
	case 'i':
	case 'u':
	case 'x':
	case 'X':
		v = s->size == 8 ? va_arg(*args, uint64_t) : va_arg(*args, unsigned int);
		s->upper = c == 'X';
		if (c == 'd' || c == 'i')
			put_signed(o, s, extended(v, s->size));
		else
			put_number(o, s, "", truncated(v, s->size), c == 'u' ? 10 : 16);
		return true;
	default:
		return false;
	}
}

/* Flags, width, precision, size after a '%'; returns where the conversion's letter is. */
static const char *parse_spec(const char *f, struct spec *s, va_list *args)
{
	*s = (struct spec){.precision = -1};
	for (; *f == '-' || *f == '0' || *f == '#' || *f == '+' || *f == ' '; f++) {
		s->left |= *f == '-';
		s->zero |= *f == '0';
	}
	if (*f == '*') {
		s->width = va_arg(*args, int);
		f++;
	} else {
		f = parse_number(f, &s->width);
	}
	if (*f == '.') {
		f++;
		if (*f == '*') {
			s->precision = va_arg(*args, int);
			f++;
		} else {
			f = parse_number(f, &s->precision);
		}
	}
	return parse_size(f, &s->size);
}

int vsnprintf(char *to, size_t room, const char *fmt, va_list args)
{
	struct out o = {.to = to, .room = room};
	struct spec s;
	va_list rest;

	va_copy(rest, args);
	for (const char *f = fmt; *f; f++) {
		const char *start = f;

		if (*f != '%') {
			put(&o, *f);
			continue;
		}
		f = parse_spec(f + 1, &s, &rest);
		if (*f == '%') {
			put(&o, '%');
		} else if (!*f || !convert(&o, &s, *f, &rest)) {
			put(&o, '%');
			f = start;
		}
	}
	va_end(rest);
	if (room)
		to[o.length < room ? o.length : room - 1] = '\0';
	return (int)o.length;
}

int snprintf(char *to, size_t room, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(to, room, fmt, args);
	va_end(args);
	return length;
}
