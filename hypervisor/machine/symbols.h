/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables that symbols.py writes, each of one piece of text. */
#ifndef SHOJI_MACHINE_SYMBOLS_H
#define SHOJI_MACHINE_SYMBOLS_H

#include "lib/types.h"

struct symbol {
	uint32_t offset; /* from the text's start; the table is sorted by it */
	uint32_t name;	 /* index into names */
};

struct symbol_table {
	const char *start, *end; /* of the text */
	const struct symbol *symbols;
	const char *names;
	uint32_t count;
};

extern const struct symbol_table symbols_image, symbols_init;

#endif
