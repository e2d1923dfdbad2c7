/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * supervisor.h: the life of one guest, from its definition to the last trace of it.
 *
 * Each running guest has one supervisor process in dom0. It makes the domain, holds what its
 * devices need (open disks, TAP interfaces, the memory of requests in flight), starts a backend
 * process for each device and starts it again when it dies, and waits for the guest's end, after
 * which it does what the definition says: destroy, restart or preserve.
 */
#ifndef SHOJI_SUPERVISOR_H
#define SHOJI_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "build.h"
#include "def.h"
#include "failure.h"
#include "hv.h"
#include "store_client.h"

#define DEVICES_MAX (DEF_DISKS_MAX + DEF_NICS_MAX)

struct device {
	bool nic;
	unsigned int index; /* in the definition */
	uint32_t number;    /* the frontend's: 51712, or 0, 1, … */
	int fd;		    /* the disk or the TAP interface */
	int inflight_fd;    /* disks: outlives the backend process */
	int stats_fd;
	char ifname[DEF_NETDEV_SIZE];
	pid_t pid;		 /* 0: no process */
	bool finished;		 /* ended in good order: not started again */
	unsigned int deaths;	 /* in a row */
	uint64_t started_ms;	 /* when the process was started last */
	uint64_t start_again_ms; /* 0: not to be started */
};

struct guest {
	const struct domain_def *def;
	struct hv *hv;
	struct store_client *store; /* NULL: to be opened again */
	struct build_result built;
	uint16_t domid; /* 0: no domain */
	bool recorded, published;
	struct device devices[DEVICES_MAX];
	unsigned int device_count;
	uint64_t started_ms;
};

/* guest.c: all or nothing. */
int guest_start(struct guest *g, struct failure *f);
/* Takes away whatever there is of it, as far as it goes. */
void guest_stop(struct guest *g);

/* devices.c: what the devices need of dom0. */
int devices_open_disks(struct guest *g, struct failure *f);
int devices_open_nics(struct guest *g, struct failure *f); /* once the domain has an id */
int devices_open_stats(struct guest *g, struct failure *f);
void devices_close(struct guest *g);

/* nodes.c: the guest's part of the store. */
int nodes_publish(struct guest *g, struct failure *f);
void nodes_remove(struct store_client *store, uint16_t domid);
/* "/local/domain/0/backend/shoji-vbd/5/51712" */
void nodes_backend_path(char *path, size_t size, uint16_t domid, const struct device *d);

/* backends.c: processes. */
int backends_start(struct guest *g, struct failure *f); /* and waits until they serve */
void backends_reap(struct guest *g);
/* Starts those whose time has come; returns ms until the next, -1: none. */
int backends_start_again(struct guest *g);
void backends_stop(struct guest *g);

/*
 * supervisor.c: makes the guest, paused, in a new process that stays and supervises it. Returns
 * the domain's id, or -1 with *f and nothing left behind. name_lock is given to the process.
 */
int supervisor_create(const struct domain_def *def, int name_lock, struct failure *f);
/* Takes the remains of a domain away whose supervisor is gone. */
void supervisor_tidy(struct store_client *store, uint16_t domid);

#endif
