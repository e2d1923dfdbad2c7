/* SPDX-License-Identifier: MIT */
/*
 * The extension ABI: what this hypervisor offers beyond the base ABI, hypercalls 64 to 127. A
 * kernel finds it by CPUID:
 *
 *   SHOJI_CPUID_FIRST_LEAF      EAX highest leaf of this range, EBX ECX EDX the signature
 *                               "ShojiShojiSh" (cpuid.h)
 *   SHOJI_CPUID_FIRST_LEAF + 1  EAX version of the extension ABI (SHOJI_ABI_VERSION when built),
 *                               EBX features 0..31, ECX features 32..63, EDX 0
 *
 * or, without CPUID, by calling shoji_version: on another hypervisor it answers -XEN_ENOSYS.
 *
 * From version 1 on, every frame that memory_op gives to a domain is zero.
 *
 * The version grows by one with each addition; nothing is taken away or changes its meaning. A
 * kernel uses a feature only if its bit is set; the version is for people and logs.
 */
#ifndef SHOJI_PUBLIC_EXTENSION_H
#define SHOJI_PUBLIC_EXTENSION_H

#include "cpuid.h"
#include "types.h"

#define SHOJI_ABI_VERSION 4

#define SHOJI_HYPERCALL_FIRST 64 /* the numbers of this ABI */
#define SHOJI_HYPERCALL_LAST  127

/* shoji_version(cmd, handle). Any domain. ENOSYS: unknown command; EFAULT. */
#define SHOJI_VERSION_abi      0 /* returns the version; handle is ignored */
#define SHOJI_VERSION_features 1 /* out: struct shoji_features; returns 0 */
#define SHOJI_VERSION_name     2 /* out: struct shoji_name; returns 0 */

#ifndef __ASSEMBLER__
struct shoji_features {
	uint64_t bitmap[2]; /* out: bit n of the list below is bitmap[n / 64], bit n % 64 */
};
SHOJI_ABI_SIZE(struct shoji_features, 16);

struct shoji_name {
	char product[16]; /* out: "Shoji" */
	char version[48]; /* out: of the program, for people */
};
SHOJI_ABI_SIZE(struct shoji_name, 64);
SHOJI_ABI_OFFSET(struct shoji_name, version, 16);

struct shoji_audit_finding {
	uint64_t frame; /* or SHOJI_AUDIT_NO_FRAME */
	uint16_t kind;
	uint16_t domain; /* that owns it, or SHOJI_AUDIT_NO_DOMAIN */
	uint32_t where;
	uint64_t expected, found;
};
SHOJI_ABI_SIZE(struct shoji_audit_finding, 32);
SHOJI_ABI_OFFSET(struct shoji_audit_finding, where, 12);
SHOJI_ABI_OFFSET(struct shoji_audit_finding, found, 24);

struct shoji_audit {
	uint64_t findings; /* in: handle of an array */
	uint32_t room;	   /* in: its elements */
	uint32_t written;  /* out: elements that are filled in */
	uint64_t found;	   /* out: all that is wrong; more than `written` may be */
	uint64_t frames;   /* out: that were compared */
	uint64_t tables;   /* out: page tables read */
	uint64_t entries;  /* out: that were present in them */
	uint64_t suspects; /* out: frames that changed meanwhile, looked at again in a stop */
	uint64_t stops;	   /* out: how often all CPUs were stopped for that */
	uint64_t longest_stop_ns;
	uint64_t total_ns;
};
SHOJI_ABI_SIZE(struct shoji_audit, 80);
SHOJI_ABI_OFFSET(struct shoji_audit, found, 16);
SHOJI_ABI_OFFSET(struct shoji_audit, total_ns, 72);

/* A fault on purpose, for tests of the audit: on a frame of the caller's own; undone by the next
 * call with `undo`. The kind is that of the finding it makes: references, types, state or entry. */
struct shoji_audit_plant {
	uint32_t kind;
	uint32_t undo;
	uint64_t frame; /* out */
};
SHOJI_ABI_SIZE(struct shoji_audit_plant, 16);

/* What a domain may have of something, and what it has now. */
struct shoji_use {
	uint64_t used;
	uint64_t limit; /* 0: no limit */
};

struct shoji_limits {
	struct shoji_use use[8]; /* out: by SHOJI_LIMIT_…; those without a name are 0 */
};
SHOJI_ABI_SIZE(struct shoji_limits, 128);
#endif

/*
 * shoji_limits(domain, handle). The control domain only. Out: struct shoji_limits. ESRCH: there is
 * no such domain, or it is dying.
 */
#define SHOJI_LIMIT_memory	   0 /* frames */
#define SHOJI_LIMIT_vcpus	   1
#define SHOJI_LIMIT_event_channels 2
#define SHOJI_LIMIT_grant_frames   3 /* of its grant table */
#define SHOJI_LIMIT_maptrack	   4 /* mappings it has of others' grants */
#define SHOJI_LIMIT_timers	   5 /* armed; as many as its vCPUs can have */
#define SHOJI_LIMIT_log_lines	   6 /* it wrote in this second by console_io; more are dropped */
#define SHOJI_LIMIT_top_tables	   7 /* with page-table isolation */
#define SHOJI_NR_LIMITS		   8

/* Features: bit numbers. */
#define SHOJI_FEATURE_audit  0 /* from version 2 on: shoji_audit */
#define SHOJI_FEATURE_limits 1 /* from version 3 on: shoji_limits */
/* Tables that guests run on show nothing of the hypervisor but its entry code: for CPUs that read
 * through entries that forbid it. */
#define SHOJI_FEATURE_isolation	 2
#define SHOJI_FEATURE_mmu_update 3 /* from version 4 on: shoji_mmu_update (extension_mmu.h) */
#define SHOJI_FEATURE_set_entry	 4 /* from version 4 on: shoji_set_entry */
#define SHOJI_FEATURE_space	 5 /* from version 4 on: shoji_space */
#define SHOJI_FEATURE_switch	 6 /* from version 4 on: shoji_switch (extension_vcpu.h) */
#define SHOJI_NR_FEATURES	 7

/*
 * shoji_audit(cmd, handle, 0). The control domain only. Counts every reference of every frame of
 * memory again, from what refers to them, and compares. Long, but interrupted as often as
 * necessary: the third argument is how it goes on, and 0 in a new call. `slice` comes back after
 * about 10 ms, so that the caller's kernel can do something else: a result above 0 is the third
 * argument of the call that goes on, and 0 means the same as of `run`. An audit that nobody goes on
 * with for 10 s is dropped (EINVAL for whoever comes back later).
 */
#define SHOJI_AUDIT_run	  0 /* in/out: struct shoji_audit. EBUSY: another one is running; ENOMEM */
#define SHOJI_AUDIT_plant 1 /* in: struct shoji_audit_plant; only where booted with audit-plant */
#define SHOJI_AUDIT_slice 2 /* as `run`; from version 4 on */

/* shoji_audit_finding.kind */
#define SHOJI_AUDIT_references 1 /* references of the frame: those explained, those counted */
#define SHOJI_AUDIT_types      2 /* uses of its type: those explained, those counted */
#define SHOJI_AUDIT_state      3 /* its record is in a state that should not last: the word */
#define SHOJI_AUDIT_entry      4 /* it is a table, and entry `where` may not be there: the entry */
#define SHOJI_AUDIT_owner      5 /* it belongs to somebody who is no domain: his address */
#define SHOJI_AUDIT_holder     6 /* vCPU `where` uses it as type `expected`; its type word */
#define SHOJI_AUDIT_lent       7 /* other guests map it more often than it is lent to them */
#define SHOJI_AUDIT_pages      8 /* no frame: frames that the domain has, frames it is charged for */
#define SHOJI_AUDIT_grants     9  /* no frame: mappings of the domain's grants, uses it counts */
#define SHOJI_AUDIT_handle     10 /* no frame: a grant of the domain, and who maps it unseen by it */

/* The word of a frame's type, as in `state` and `holder`: bits 0 to 31 uses, 32 to 34 the type. */
#define SHOJI_AUDIT_WORD_USES(word) ((word)&0xffffffffULL)
#define SHOJI_AUDIT_WORD_TYPE(word) (((word) >> 32) & 7)
#define SHOJI_AUDIT_WORD_busy	    (1ULL << 40) /* somebody is changing it */
#define SHOJI_AUDIT_WORD_partial    (1ULL << 41) /* only some of its entries are checked */
#define SHOJI_AUDIT_WORD_pinned	    (1ULL << 42) /* one use is the guest's pin */
#define SHOJI_AUDIT_WORD_locked	    (1ULL << 43) /* an entry is being changed */

/* Types: 1 to 4 are page tables of that level. */
#define SHOJI_AUDIT_TYPE_none	     0
#define SHOJI_AUDIT_TYPE_descriptors 5
#define SHOJI_AUDIT_TYPE_writable    6

#define SHOJI_AUDIT_NO_FRAME  (~0ULL)
#define SHOJI_AUDIT_NO_DOMAIN 0xffff

#endif
