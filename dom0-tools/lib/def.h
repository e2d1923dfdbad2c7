/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * def.h: the definition of a guest, as read from its XML.
 *
 * def_load_file / def_load_text read, validate against the schema, and turn the XML into a plain
 * struct. Every complaint has the form "file:line: what is wrong and what would be right". A
 * definition that was loaded is complete and consistent: sizes are within bounds, targets are
 * unique, addresses are filled in. Only def_check_files looks at the file system.
 */
#ifndef SHOJI_LIB_DEF_H
#define SHOJI_LIB_DEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

#define DEF_NAME_SIZE	64
#define DEF_DISKS_MAX	32
#define DEF_NICS_MAX	16
#define DEF_VCPUS_MAX	64
#define DEF_CMDLINE_MAX 1023 /* start_info holds 1024 with the final NUL */
#define DEF_NETDEV_SIZE 16

enum def_action { DEF_DESTROY, DEF_RESTART, DEF_PRESERVE };

struct def_disk {
	char *source;	 /* absolute path */
	char target[12]; /* xvda */
	uint32_t number; /* 51712: what the frontend decodes */
	bool block;	 /* a block device, not a file */
	bool readonly;
};

struct def_nic {
	uint8_t mac[6];
	char bridge[DEF_NETDEV_SIZE]; /* empty: not on a bridge */
	char ifname[DEF_NETDEV_SIZE]; /* empty: vifDOMAIN.INDEX */
};

struct domain_def {
	char name[DEF_NAME_SIZE];
	uint8_t uuid[16];
	uint64_t memory_kib;  /* what the guest may grow to */
	uint64_t current_kib; /* what it has at boot */
	unsigned int vcpus_max;
	unsigned int vcpus;	      /* there at boot */
	unsigned int shares;	      /* weight beside others'; 0: as usual */
	uint64_t cpuset;	      /* where vCPUs may run, bit n: CPU n; 0: anywhere */
	uint64_t pins[DEF_VCPUS_MAX]; /* of one vCPU; 0: as cpuset says */
	char *kernel;
	char *initrd;			      /* NULL: none */
	char *cmdline;			      /* never NULL */
	char *title, *description, *metadata; /* NULL: none; metadata is XML */
	enum def_action on_poweroff, on_reboot, on_crash;
	unsigned int disk_count, nic_count;
	struct def_disk disks[DEF_DISKS_MAX];
	struct def_nic nics[DEF_NICS_MAX];
};

/* NULL and *f when it cannot be read or is not valid. Free with def_free. */
struct domain_def *def_load_file(const char *path, struct failure *f);
struct domain_def *def_load_text(const char *text, size_t size, const char *label,
				 struct failure *f);
void def_free(struct domain_def *def);

/* Kernel, initrd and disks exist, are of the right kind and can be opened. */
int def_check_files(const struct domain_def *def, struct failure *f);

/* The definition as XML in the canonical order, everything filled in. domid < 0: no id attribute.
 * malloc'ed; NULL when out of memory. */
char *def_write(const struct domain_def *def, int domid);

const char *def_action_name(enum def_action action);

#endif
