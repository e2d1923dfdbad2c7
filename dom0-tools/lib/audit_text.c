/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * audit_text.c: a finding of the audit as a sentence: which frame, whose, what does not fit. No
 * state. What it does not know, it shows as numbers.
 */
#include "audit_text.h"

#include <stdarg.h>
#include <stdio.h>

#include "shoji/extension.h"

typedef unsigned long long ull;

/* Where the text goes on. */
struct line {
	char *at;
	size_t left;
};

static void put(struct line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct line *l, const char *format, ...)
{
	va_list ap;
	int length;

	va_start(ap, format);
	length = vsnprintf(l->at, l->left, format, ap);
	va_end(ap);
	if (length < 0 || !l->left)
		return;
	if ((size_t)length >= l->left)
		length = (int)l->left - 1;
	l->at += length;
	l->left -= (size_t)length;
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = {
		"nothing",
		"a page table of level 1",
		"a page table of level 2",
		"a page table of level 3",
		"a page table of level 4",
		[SHOJI_AUDIT_TYPE_descriptors] = "a descriptor table",
		[SHOJI_AUDIT_TYPE_writable] = "writable memory",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "something unknown";
}

static void put_word(struct line *l, uint64_t word)
{
	uint64_t uses = SHOJI_AUDIT_WORD_USES(word);

	put(l, "%s, %llu use%s", type_name(SHOJI_AUDIT_WORD_TYPE(word)), (ull)uses, plural(uses));
	if (word & SHOJI_AUDIT_WORD_pinned)
		put(l, ", pinned");
	if (word & SHOJI_AUDIT_WORD_partial)
		put(l, ", half checked");
	if (word & SHOJI_AUDIT_WORD_busy)
		put(l, ", being changed by nobody");
	if (word & SHOJI_AUDIT_WORD_locked)
		put(l, ", locked by nobody");
}

static void put_entry(struct line *l, const struct shoji_audit_finding *n)
{
	if (n->expected)
		put(l, "entry %u of this table is 0x%llx, it must be 0x%llx", n->where,
		    (ull)n->found, (ull)n->expected);
	else
		put(l, "entry %u of this table must not be there: 0x%llx", n->where, (ull)n->found);
}

static void put_what(struct line *l, const struct shoji_audit_finding *n)
{
	ull expected = n->expected, found = n->found;

	switch (n->kind) {
	case SHOJI_AUDIT_references:
		put(l, "%llu reference%s counted, %llu explained", found, plural(n->found),
		    expected);
		break;
	case SHOJI_AUDIT_types:
		put(l, "%llu use%s of its type counted, %llu explained", found, plural(n->found),
		    expected);
		break;
	case SHOJI_AUDIT_state:
		put(l, "its record must not stay like this: ");
		put_word(l, n->found);
		break;
	case SHOJI_AUDIT_entry:
		put_entry(l, n);
		break;
	case SHOJI_AUDIT_owner:
		put(l, "it belongs to somebody who is no domain, at 0x%llx", found);
		break;
	case SHOJI_AUDIT_holder:
		put(l, "vCPU %u uses it as %s, but it is ", n->where, type_name(n->expected));
		put_word(l, n->found);
		break;
	case SHOJI_AUDIT_lent:
		put(l, "other guests map it %llu time%s more often than it is lent to them", found,
		    plural(n->found));
		break;
	case SHOJI_AUDIT_pages:
		put(l, "%llu frames belong to it, it is charged for %llu", expected, found);
		break;
	case SHOJI_AUDIT_grants:
		put(l, "%llu mapping%s of its grants found, %llu counted", expected,
		    plural(n->expected), found);
		break;
	case SHOJI_AUDIT_handle:
		put(l, "domain %llu maps its grant %llu, which does not say so", found, expected);
		break;
	default:
		put(l, "finding of kind %u at %u: 0x%llx, it must be 0x%llx", n->kind, n->where,
		    found, expected);
	}
}

void audit_text(const struct shoji_audit_finding *n, const char *owner, char *buffer, size_t size)
{
	struct line l = {buffer, size};

	if (n->frame == SHOJI_AUDIT_NO_FRAME)
		put(&l, "domain %s: ", owner ? owner : "unknown");
	else
		put(&l, "frame 0x%llx of %s: ", (ull)n->frame, owner ? owner : "nobody");
	put_what(&l, n);
}
