/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domains.h: all domains of the machine with their names, whoever made them.
 */
#ifndef SHOJI_LIB_DOMAINS_H
#define SHOJI_LIB_DOMAINS_H

#include "failure.h"
#include "hv.h"

struct store_client;

#define DOMAINS_NAME_SIZE 64

struct domain_entry {
	struct hv_domain hv;
	char name[DOMAINS_NAME_SIZE]; /* "(null)" never: at least "domain-N" */
	bool ours;		      /* made by shoji: there is a record */
};

/* Returns how many; *list is for free(). store may be NULL: names then come from records only. */
int domains_list(struct hv *hv, struct store_client *store, struct domain_entry **list,
		 struct failure *f);

/* By id, name or uuid. `what` begins the message: "destroy the domain". */
int domains_find(struct hv *hv, struct store_client *store, const char *which, const char *what,
		 struct domain_entry *entry, struct failure *f);

/* running, idle, paused, shutdown, rebooting, suspended, crashed, dying */
const char *domains_state(const struct hv_domain *domain);

#endif
