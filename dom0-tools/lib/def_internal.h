/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * def_internal.h: what the files def_*.c share. Not for others: it brings in libxml2.
 */
#ifndef SHOJI_LIB_DEF_INTERNAL_H
#define SHOJI_LIB_DEF_INTERNAL_H

#include <libxml/tree.h>

#include "def.h"

/* The schema that is carried inside the program (schema/domain.rng). */
extern const char def_schema_start[], def_schema_end[];

/* Finds the first place where `root` breaks the schema and says what would be right.
 * Returns -1 with *f filled in, or 0 when nothing was found. */
int def_explain(xmlNode *root, const char *label, struct failure *f);

/* "label:line: text" as a FAIL_DEFINITION; returns -1. */
int def_fail(struct failure *f, const char *label, const xmlNode *at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Tree helpers. Texts are trimmed copies (malloc); NULL when absent. */
xmlNode *def_child(const xmlNode *parent, const char *name);
char *def_text(const xmlNode *node);
char *def_attribute(const xmlNode *node, const char *name);

/* <vcpu cpuset='…'> and <cputune> -> def->cpuset, def->shares, def->pins; vcpus_max is known. */
int def_cputune(struct domain_def *def, const xmlNode *root, const char *label, struct failure *f);

/* <devices> -> def->disks and def->nics */
int def_devices(struct domain_def *def, const xmlNode *devices, const char *label,
		struct failure *f);

#endif
