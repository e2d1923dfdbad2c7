/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may do what with a node. Pure functions over a list of permissions; no data, no lock.
 * It does not know the tree: rules about parents and creation are in access.c and edit.c.
 */
#include "perm.h"

#include <stdio.h>
#include <string.h>

static bool is_actor(uint16_t domid, const struct actor *who)
{
	return domid == who->domid || (who->has_target && domid == who->target);
}

unsigned int perm_of(const struct perm *perms, size_t count, const struct actor *who)
{
	size_t i;

	if (who->privileged)
		return PERM_READ | PERM_WRITE | PERM_OWNER;
	if (!count)
		return 0;
	if (is_actor(perms[0].domid, who))
		return PERM_READ | PERM_WRITE | PERM_OWNER;
	for (i = 1; i < count; i++)
		if (is_actor(perms[i].domid, who))
			return perms[i].access;
	return perms[0].access;
}

bool perm_parse_domid(const char *text, uint16_t *domid)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '9' && i < 5; i++)
		n = n * 10 + (uint32_t)(text[i] - '0');
	if (!i || text[i] || n >= DOMID_FIRST_RESERVED)
		return false;
	*domid = (uint16_t)n;
	return true;
}

/* The index is the access. */
static const char letters[] = "nrwb";

bool perm_parse(const char *text, struct perm *out)
{
	const char *letter = text[0] ? strchr(letters, text[0]) : NULL;

	if (!letter || !perm_parse_domid(text + 1, &out->domid))
		return false;
	out->access = (uint16_t)(letter - letters);
	return true;
}

void perm_format(const struct perm *p, char *text, size_t size)
{
	snprintf(text, size, "%c%u", letters[p->access & 3], p->domid);
}
