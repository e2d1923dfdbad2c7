/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain: a guest's memory, vCPUs, events and grants under one id. Found by id with
 * domain_get() (a counted reference; give it back with domain_put()). A killed domain is torn down
 * in bounded steps (domain_kill) and freed when the last reference goes, its frames all returned.
 */
#ifndef SHOJI_CORE_DOMAIN_H
#define SHOJI_CORE_DOMAIN_H

#include "core/config.h"
#include "core/cpu.h"
#include "core/evtchn.h"
#include "core/lock.h"
#include "core/machine.h"
#include "core/sched.h"
#include "core/vcpu.h"
#include "lib/list.h"
#include "lib/types.h"

struct grant_table;
struct irq_table;
struct memory_map;

enum domain_dying { DOMAIN_ALIVE, DOMAIN_DYING, DOMAIN_DEAD };

struct domain {
	domid_t id;
	bool privileged;      /* dom0: control operations and hardware */
	uint32_t references;  /* atomic; the list's own included */
	struct spinlock lock; /* guards what says "lock" */
	struct list link;     /* hv.domains, under hv.domain_lock */
	uint8_t handle[16];   /* UUID as the tools gave it */

	/* --- life --- */
	enum domain_dying dying;  /* lock */
	bool created;		  /* builder is done; first unpause */
	unsigned int pause_count; /* lock; by domctl */
	bool shut_down;		  /* lock */
	bool crash_reported;
	uint8_t shutdown_code;	  /* SHUTDOWN_*; valid if shut_down */
	uint8_t tools_paused;	  /* lock; the tools' part of pause_count */
	bool being_killed;	  /* one CPU at a time; atomic */
	unsigned int kill_step;	  /* where domain_kill goes on */
	unsigned int cursor;	  /* within a step of it, or of what follows the last reference */
	struct domain *next_dead; /* cpu.dead */

	/* --- vCPUs --- */
	unsigned int max_vcpus; /* set once */
	struct vcpu *vcpu[MAX_VCPUS];
	cpumask_t dirty_cpus; /* CPUs that may cache translations of this domain; atomic */

	/* --- memory --- (page_lock) */
	struct spinlock page_lock;
	struct list pages;   /* struct frame.link of every frame it owns and was given */
	uint64_t page_count; /* tot_pages */
	uint64_t max_pages;
	uint64_t xen_page_count; /* hypervisor-owned frames shared with it */
	uint64_t outstanding;
	uint64_t companions; /* of its top-level tables (core/mm_companion.h); atomic */

	/* --- shared info --- */
	struct xen_shared_info *shared_info;
	struct frame *shared_info_frame;
	uint64_t max_pfn; /* highest guest frame + 1 that it told us of */
	uint64_t vm_assist;
	/* where its kernel maps all its memory, as it told (core/mm_space.c); hints */
	uint64_t direct_base, direct_pages;
	uint64_t space_epoch;	       /* counts begins and ends of changes there; atomic */
	struct memory_map *memory_map; /* given by the tools, or NULL; lock until it runs */

	struct evtchn_table evtchn;
	uint32_t polling; /* vCPUs in SCHEDOP_poll; atomic */
	struct grant_table *grants;

	/* --- hardware (dom0 only) --- */
	struct irq_table *irqs; /* pirq -> port, pirq_eoi map; machine/irq side */
	uint64_t pirq_eoi_mfn;

	/* --- time --- */
	int32_t time_offset_seconds;
	uint32_t tsc_mode;

	struct domain_sched sched; /* weight, cap */

	/* --- tools --- */
	uint32_t unknown_calls[4]; /* unknown hypercalls logged once each; atomic */
	uint32_t unknown_ops;
	uint32_t limits_hit; /* SHOJI_LIMIT_… as bits: told in the log; atomic */
	uint32_t log_lines;  /* lock; the guest's own in the second after log_second */
	nsec_t log_second;   /* lock */
	uint32_t ssid;
	bool debugger_attached;
	bool extension_used;

	void *machine_private; /* per-domain page-table slot */
};

struct hv {
	struct spinlock domain_lock;
	struct list domains; /* sorted by id */
	struct domain *dom0;
	struct domain *dom_io;	/* owner of device memory */
	struct domain *dom_xen; /* owner of hypervisor frames shared with guests */
	uint64_t total_frames;	/* RAM of the machine */
	const char *cmdline;
};
extern struct hv hv;

/* What the creator allows; 0: the default. A request beyond the maximum is -XEN_EINVAL. */
struct domain_limits {
	uint32_t event_channels;
	uint32_t grant_frames;
	uint32_t maptrack_frames;
};

int domain_create(domid_t id, unsigned int max_vcpus, const struct domain_limits *limits,
		  struct domain **out);
struct domain *domain_create_owner(domid_t id); /* owns frames, never runs */
struct domain *domain_get(domid_t id);		/* NULL: no such domain, or dying */
struct domain *domain_get_dying(domid_t id);	/* also one that is dying */
struct domain *domain_get_from(domid_t first);	/* lowest id >= first, dying ones too */
struct domain *domain_resolve(struct domain *caller, uint16_t id); /* DOMID_SELF too; reference */
void domain_ref(struct domain *d);
void domain_put(struct domain *d);
/* Frees some of the domains whose last reference went on this CPU. True: there is more. */
bool domains_free_some(void);

void domain_pause(struct domain *d); /* waits until no vCPU runs; not one's own */
void domain_unpause(struct domain *d);
bool domain_pause_by_tools(struct domain *d);	/* false: too many */
bool domain_unpause_by_tools(struct domain *d); /* false: the tools had not paused it */
int domain_kill(struct domain *d);		/* 0, or -XEN_ERESTART: call again */
void domain_shutdown(struct domain *d, uint8_t reason);
void domain_resume(struct domain *d);
/* The guest broke a rule and cannot be told: say why, shut it down as crashed. */
void domain_crash(struct domain *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The vCPU whose guest called us; only valid while in a guest's service. */
static inline struct vcpu *current_vcpu(void)
{
	return this_cpu()->current;
}

#define for_each_vcpu(d, v)                                  \
	for (unsigned int _i = 0; _i < (d)->max_vcpus; _i++) \
		if (((v) = (d)->vcpu[_i]) != NULL)

#endif
