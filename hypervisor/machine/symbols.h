/* SPDX-License-Identifier: GPL-2.0-only */
/* The table that symbols.py writes. */
#ifndef SHOJI_MACHINE_SYMBOLS_H
#define SHOJI_MACHINE_SYMBOLS_H

#include "lib/types.h"

struct symbol {
	uint32_t offset; /* from text_start; the table is sorted by it */
	uint32_t name;	 /* index into symbols_names */
};

extern const uint32_t symbols_count;
extern const struct symbol symbols[];
extern const char symbols_names[];

#endif
