/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables, version 1: a domain lends frames to others. Lock: grant_table.lock (LOCK_GRANT). */
#ifndef SHOJI_CORE_GRANT_H
#define SHOJI_CORE_GRANT_H

#include "core/lock.h"
#include "lib/types.h"

struct domain;
struct frame;
struct vcpu;

int grant_init(struct domain *d, uint32_t max_frames, uint32_t max_maptrack);
int grant_relinquish(struct domain *d); /* drop all mappings d holds: 0 or -XEN_ERESTART */
/* Its table is no longer to be used by anybody: 0 or -XEN_ERESTART. */
int grant_unshare(struct domain *d);
/* After the last reference: the table itself. False: the budget is spent, go on later. */
bool grant_free(struct domain *d);

/* The body of grant_table_op; result as the ABI's. *done: operations carried out before a restart.
 */
bool grant_op_known(unsigned int cmd);
size_t grant_op_size(unsigned int cmd); /* of one element of a known operation */
long grant_op(struct vcpu *v, unsigned int cmd, gva_t ops, unsigned int count, unsigned int *done);

/* Machine frame of grant-table frame `index`, growing the table as needed (tools:
 * acquire_resource). */
int grant_table_frame(struct domain *d, uint32_t index, mfn_t *out);

struct grant_usage {
	uint32_t frames, max_frames, maptrack_used, maptrack_max;
};
void grant_get_usage(struct domain *d, struct grant_usage *out);

#endif
