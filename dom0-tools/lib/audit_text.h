/* SPDX-License-Identifier: GPL-2.0-only */
/* audit_text.h: what the audit found, in words. */
#ifndef SHOJI_LIB_AUDIT_TEXT_H
#define SHOJI_LIB_AUDIT_TEXT_H

#include <stddef.h>

struct shoji_audit_finding;

/* One line without its end. `owner` is the name of the domain, or NULL where there is none. */
void audit_text(const struct shoji_audit_finding *finding, const char *owner, char *buffer,
		size_t size);

#endif
