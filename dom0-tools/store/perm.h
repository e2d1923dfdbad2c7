/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Permissions of a node: a list whose first entry names the owner and what everybody else may do;
 * each further entry names a domain and what it may do.
 */
#ifndef SHOJI_STORE_PERM_H
#define SHOJI_STORE_PERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PERM_READ  1u
#define PERM_WRITE 2u
#define PERM_OWNER 4u /* may change permissions; never stored, only found */

#define DOMID_FIRST_RESERVED 0x7ff0u

struct perm {
	uint16_t domid;
	uint16_t access; /* PERM_READ | PERM_WRITE */
};

/* In whose name a request is made. */
struct actor {
	uint16_t domid;
	bool privileged; /* the control domain: may do anything, quotas do not bind it */
	bool has_target;
	uint16_t target; /* a domain whose rights this one has too */
};

/* What the actor may do with a node that has this list. */
unsigned int perm_of(const struct perm *perms, size_t count, const struct actor *who);

/* "r5" and the like; false when it is anything else. */
bool perm_parse(const char *text, struct perm *out);

/* The inverse; size 8 is always enough. */
void perm_format(const struct perm *p, char *text, size_t size);

/* A decimal domain id and nothing else; false when it is no guest's or control domain's id. */
bool perm_parse_domid(const char *text, uint16_t *domid);

#endif
