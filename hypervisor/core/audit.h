/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audit: every reference, use of a type and owner of every frame is found out again from what
 * refers to it, and compared with the frame's record, while the machine runs.
 */
#ifndef SHOJI_CORE_AUDIT_H
#define SHOJI_CORE_AUDIT_H

#include "lib/types.h"
#include "shoji/extension.h"

/*
 * Go on with the audit `*token`; 0 begins one, and *token is set to its name. 0: *out is filled in
 * (but for `findings`), `*list` are its `written` findings, which stay until audit_end(), which
 * must be called;
 * -XEN_ERESTART: call again; -XEN_EAGAIN: the same, but, as `slices` asks for, the caller should go
 * back to where it came from before; -XEN_EBUSY: another one is under way; -XEN_EINVAL: there is no
 * such; -XEN_ENOMEM.
 */
int audit_run(uint64_t *token, bool slices, struct shoji_audit *out,
	      const struct shoji_audit_finding **list);
void audit_end(void); /* after audit_run() returned 0 */

/* A fault on purpose (audit_plant.c): 0 or -XEN_E…. */
extern bool audit_plant_allowed; /* by a boot option */
int audit_plant(struct shoji_audit_plant *p);

#endif
