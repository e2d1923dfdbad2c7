/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * def_schema.c: the RELAX NG schema as bytes inside the program, so that a definition is always
 * checked against the schema this program was written for. The installed copy is for editors.
 */
#include "def_internal.h"

__asm__(".pushsection .rodata\n"
	".global def_schema_start, def_schema_end\n"
	"def_schema_start: .incbin \"" SCHEMA_FILE "\"\n"
	"def_schema_end: .byte 0\n"
	".popsection\n");
