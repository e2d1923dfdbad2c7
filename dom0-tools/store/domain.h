/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains the store has been introduced to, from introduction to death. The record outlives a
 * broken connection: a guest that breaks the protocol loses its ring, not its existence.
 */
#ifndef SHOJI_STORE_DOMAIN_H
#define SHOJI_STORE_DOMAIN_H

#include "pace.h"
#include "store.h"

struct domain {
	struct domain *next;
	uint16_t domid;
	uint64_t frame; /* of the ring page, in case it is not granted */
	uint32_t port;	/* the domain's end of the event channel */
	uint8_t identity[16];
	bool shutdown; /* has been told to the watchers */
	bool has_target;
	uint16_t target;
	uint64_t held_until_ms; /* its requests wait until then */
	struct pace pace;	/* of its requests and events */
	uint64_t paced_until_ms;
	bool told_pace;	   /* the log knows */
	struct conn *conn; /* NULL when the ring is broken */
	void *host;	   /* the driver's */
};

struct domain *domain_find(const struct store *s, uint16_t domid);

/* Removes every trace of a domain from nodes and permissions. 0 or -ENOMEM. */
int domain_forget(struct store *s, uint16_t domid);

/* A new domain, or a new port for a known one. 0 or -errno. */
int domain_introduce(struct store *s, uint16_t domid, uint64_t frame, uint32_t port);

/*
 * The domain is gone: its connection, its nodes, and what permissions name it. 0, or -ENOMEM when
 * that has to be tried again; the domain is known until then.
 */
int domain_remove(struct store *s, struct domain *d);

/* The domain has shut down but still exists: tell the watchers, once. */
void domain_note_shutdown(struct store *s, struct domain *d);

/* It may act with the rights of target too. */
void domain_set_target(struct store *s, struct domain *d, uint16_t target);

/* Lets others go first for a moment. Privileged or unknown domains are not held. */
void domain_hold_back(struct store *s, uint16_t domid);
bool domain_is_held(const struct store *s, const struct domain *d);

/*
 * One turn was spent on its ring: a request, or an event that brought none. When it has had its
 * share of them, nothing is done for it for a moment. NULL and privileged domains have no limit.
 */
void domain_charge(struct store *s, struct domain *d);
bool domain_is_paced(const struct store *s, const struct domain *d);

#endif
