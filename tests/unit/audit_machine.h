/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the audit share: two guests with page tables (mmu_guest.h), a grant between
 * them, and the hypercall with what it answers.
 */
#ifndef UNIT_AUDIT_MACHINE_H
#define UNIT_AUDIT_MACHINE_H

#include "mmu_guest.h"

#include "shoji/extension.h"
#include "shoji/grant_table.h"

#define RECORD	 FAKE_GUEST_VA
#define FINDINGS (FAKE_GUEST_VA + 4096)
#define LENT	 3  /* grant of domain 2's data[LENT] to domain 1 */
#define PLACE	 50 /* entry of domain 1's L1[2] that maps it */

extern struct domain *domains[3]; /* sorted by id */
extern struct shoji_audit result;
extern struct shoji_audit_finding found[128];

/* Before and after each test; nothing may be wrong after it. */
int start(void **state);
int stop(void **state);

void ask(void);		   /* puts the record in place */
long call(uint64_t token); /* audit, once */
long take(long rc);	   /* fetches the answer; returns rc */
unsigned int run(void);	   /* all three; the number of findings */

const struct shoji_audit_finding *find(unsigned int kind, uint64_t frame); /* or NULL */
/* One of this kind is found now, about this frame (NULL: about none). */
const struct shoji_audit_finding *expect(unsigned int kind, const struct frame *f);
const struct shoji_audit_finding *expect_one(unsigned int kind,
					     const struct frame *f); /* and no other */
void expect_clean(void);

struct xen_grant_entry_v1 *grants_of(struct domain *d);
uint32_t map_lent(bool readonly); /* domain 1 maps what domain 2 lends it; its handle */
void unmap_lent(uint32_t handle);

#endif
