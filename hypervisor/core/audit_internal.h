/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the audit share. */
#ifndef SHOJI_CORE_AUDIT_INTERNAL_H
#define SHOJI_CORE_AUDIT_INTERNAL_H

#include "core/domain.h"
#include "core/frame_internal.h"
#include "core/preempt.h"
#include "shoji/extension.h"

/* What was counted of one frame in this pass, and what was wrong with it. */
struct tally {
	uint32_t references, types;
	int32_t lent;	  /* handles of other guests on it, minus entries of theirs that map it */
	uint16_t seen;	  /* SHOJI_AUDIT_* as bits: this pass */
	uint16_t suspect; /* in every pass so far */
};

/* Frames of one owner. */
struct audit_owner {
	struct domain *domain; /* compared only, but for a stop: nobody holds a reference */
	uint64_t pages, shared;
};

enum audit_phase { AUDIT_HOLDERS, AUDIT_TABLES, AUDIT_TOTALS, AUDIT_COMPARE, AUDIT_PASSED };

struct audit {
	/* --- the range of frames that is counted --- */
	uint64_t first, end;
	struct tally *tallies;
	bool stopped;	    /* nothing changes: what is wrong now, is wrong */
	unsigned int pass;  /* over this range; 0: the first */
	uint64_t suspects;  /* of this pass */
	uint16_t seen_here; /* of domains, as tally.seen */
	uint16_t suspect_of_domains;

	/* --- where the pass is --- */
	enum audit_phase phase;
	uint64_t cursor; /* next frame or domain */
	uint32_t part;	 /* of the domain, or the next entry of a table */
	uint32_t stamp;	 /* of the pass, in what is to be counted once */

	/* --- owners --- NULL: not looked at */
	struct audit_owner *owners;
	unsigned int owner_count, owner_room, last_owner;
	bool owners_full;

	const struct domain *privileged; /* may map devices and any guest; NULL: nobody asks */
	uint64_t *scratch; /* a page, for a top-level table as it should be; or NULL */

	/* --- result --- */
	struct shoji_audit_finding *findings;
	uint32_t room, written;
	uint64_t found, tables, entries;
};

#define AUDIT_BIT(kind) ((uint16_t)(1u << (kind)))

/* NULL: not in the range that is counted. */
static inline struct tally *audit_tally(const struct audit *a, const struct frame *f)
{
	uint64_t n = frame_mfn(f).n;

	return n >= a->first && n < a->end ? &a->tallies[n - a->first] : NULL;
}

/* --- audit_count.c: what tables refer to --- */
/* As a table, if it is one; a part of it at a time. True: that was all. */
bool audit_count_frame(struct audit *a, const struct frame *f);
/* Somebody holds a reference of f; and one of type t unless that is FRAME_NONE. */
void audit_hold(struct audit *a, const struct frame *f, const struct domain *owner,
		enum frame_type t, unsigned int where);

/* --- audit_check.c: comparison --- */
void audit_wrong(struct audit *a, const struct frame *f, uint16_t kind, uint64_t expected,
		 uint64_t found, uint32_t where);
void audit_wrong_domain(struct audit *a, const struct domain *d, uint16_t kind, uint64_t expected,
			uint64_t found);
void audit_name_owners(struct audit *a); /* in the findings, once the owners are known */
void audit_check_frame(struct audit *a, const struct frame *f); /* and clears its tally */

/* --- audit_holders.c: what domains, vCPUs and grants refer to --- */
bool audit_holders(struct audit *a); /* one step; true: no domain is left */
struct audit_owner *audit_find_owner(struct audit *a, const struct domain *d); /* or NULL */
void audit_owner_of(struct audit *a, const struct frame *f);
bool audit_totals(struct audit *a); /* one step, as above */

/* --- audit_pass.c --- */
void audit_begin_pass(struct audit *a);
int audit_pass(struct audit *a); /* 0, or -XEN_ERESTART (never while stopped) */

#endif
