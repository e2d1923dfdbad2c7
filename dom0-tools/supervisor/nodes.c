/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nodes.c: what a new guest finds in the store, and what its backends find.
 *
 * The guest may read its own directory, and write only where the protocol wants it to: its devices'
 * frontend directories, control, data. Everything is written in one transaction, so no watcher
 * ever sees half a guest. Nothing is read back from here to decide anything.
 */
#include "supervisor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

#define WHAT	      "publish the domain in the store"
#define ENTRIES_MAX   (64 + DEF_VCPUS_MAX + DEVICES_MAX * 18)
#define CONSOLE_LIMIT 1048576u

/* The entries of one guest: strings are kept until the list is freed. */
struct list {
	struct store_entry entries[ENTRIES_MAX];
	unsigned int count;
	bool failed;
};

static char *keep(struct list *l, const char *format, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, format, ap) < 0) {
		l->failed = true;
		return NULL;
	}
	return text;
}

/* Adds base/name = value, with permissions when given. */
static void __attribute__((format(printf, 5, 6)))
add(struct list *l, const char *base, const char *name, const char *perms, const char *format, ...)
{
	char path[192];
	va_list ap;

	if (l->count == ENTRIES_MAX) {
		l->failed = true;
		return;
	}
	snprintf(path, sizeof(path), "%s%s%s", base, *name ? "/" : "", name);
	va_start(ap, format);
	l->entries[l->count].value = keep(l, format, ap);
	va_end(ap);
	l->entries[l->count].path = strdup(path);
	l->entries[l->count].perms = perms;
	l->failed = l->failed || !l->entries[l->count].path;
	l->count++;
}

static void free_list(struct list *l)
{
	for (unsigned int i = 0; i < l->count; i++) {
		free((char *)l->entries[i].path);
		free((char *)l->entries[i].value);
	}
	free(l);
}

void nodes_backend_path(char *path, size_t size, uint16_t domid, const struct device *d)
{
	snprintf(path, size, "/local/domain/0/backend/%s/%u/%u", d->nic ? "shoji-vif" : "shoji-vbd",
		 domid, d->number);
}

static void frontend_path(char *path, size_t size, uint16_t domid, const struct device *d)
{
	snprintf(path, size, "/local/domain/%u/device/%s/%u", domid, d->nic ? "vif" : "vbd",
		 d->number);
}

static void add_disk(struct list *l, const struct guest *g, const struct device *d,
		     const char *back, const char *front)
{
	const struct def_disk *disk = &g->def->disks[d->index];

	add(l, back, "params", NULL, "%s", disk->source);
	add(l, back, "type", NULL, "%s", disk->block ? "phy" : "file");
	add(l, back, "mode", NULL, "%s", disk->readonly ? "r" : "w");
	add(l, back, "dev", NULL, "%s", disk->target);
	add(l, back, "removable", NULL, "0");
	add(l, back, "device-type", NULL, "disk");
	add(l, front, "virtual-device", NULL, "%u", d->number);
	add(l, front, "device-type", NULL, "disk");
}

static void add_nic(struct list *l, const struct guest *g, const struct device *d, const char *back,
		    const char *front)
{
	const struct def_nic *nic = &g->def->nics[d->index];
	char mac[MAC_TEXT_SIZE];

	units_mac_format(nic->mac, mac);
	add(l, back, "handle", NULL, "%u", d->number);
	add(l, back, "mac", NULL, "%s", mac);
	add(l, back, "bridge", NULL, "%s", nic->bridge);
	add(l, back, "ifname", NULL, "%s", d->ifname);
	add(l, front, "handle", NULL, "%u", d->number);
	add(l, front, "mac", NULL, "%s", mac);
}

static void add_device(struct list *l, const struct guest *g, const struct device *d,
		       const char *guest_owns, const char *guest_reads)
{
	char back[96], front[96];

	nodes_backend_path(back, sizeof(back), g->domid, d);
	frontend_path(front, sizeof(front), g->domid, d);
	add(l, back, "", guest_reads, "%s", "");
	add(l, front, "", guest_owns, "%s", "");
	add(l, back, "frontend", NULL, "%s", front);
	add(l, back, "frontend-id", NULL, "%u", g->domid);
	add(l, back, "online", NULL, "1");
	add(l, back, "state", NULL, "1");
	if (d->nic)
		add_nic(l, g, d, back, front);
	else
		add_disk(l, g, d, back, front);
	add(l, front, "backend", NULL, "%s", back);
	add(l, front, "backend-id", NULL, "0");
	add(l, front, "state", NULL, "1");
}

static void add_domain(struct list *l, const struct guest *g, const char *home,
		       const char *guest_owns, const char *guest_reads)
{
	static const char *const own[] = {"control/shutdown",
					  "control/feature-poweroff",
					  "control/feature-reboot",
					  "control/feature-suspend",
					  "control/sysrq",
					  "device/suspend/event-channel",
					  "data",
					  "drivers",
					  "feature",
					  "attr",
					  "error"};
	char uuid[UUID_TEXT_SIZE];

	units_uuid_format(g->def->uuid, uuid);
	add(l, home, "", guest_reads, "%s", "");
	add(l, home, "name", NULL, "%s", g->def->name);
	add(l, home, "domid", NULL, "%u", g->domid);
	add(l, home, "uuid", NULL, "%s", uuid);
	add(l, home, "memory/static-max", NULL, "%llu", (unsigned long long)g->def->memory_kib);
	add(l, home, "memory/target", NULL, "%llu", (unsigned long long)g->def->current_kib);
	add(l, home, "store/ring-ref", NULL, "%llu", (unsigned long long)g->built.store_mfn);
	add(l, home, "store/port", NULL, "%u", g->built.store_port);
	add(l, home, "console/ring-ref", NULL, "%llu", (unsigned long long)g->built.console_mfn);
	add(l, home, "console/port", NULL, "%u", g->built.console_port);
	add(l, home, "console/type", NULL, "xenconsoled");
	add(l, home, "console/limit", NULL, "%u", CONSOLE_LIMIT);
	add(l, home, "device", guest_reads, "%s", "");
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		add(l, home, own[i], guest_owns, "%s", "");
}

static void add_cpus(struct list *l, const struct guest *g, const char *home)
{
	char name[32];

	for (unsigned int i = 0; i < g->def->vcpus_max; i++) {
		snprintf(name, sizeof(name), "cpu/%u/availability", i);
		add(l, home, name, NULL, "%s", i < g->def->vcpus ? "online" : "offline");
	}
}

static int write_all(struct store_client *store, const struct list *l)
{
	uint32_t tx;
	int rc;

	do {
		rc = store_client_begin(store, &tx);
		if (rc < 0)
			return rc;
		rc = store_client_write_many(store, tx, l->entries, l->count);
		if (rc < 0) {
			store_client_end(store, tx, false);
			return rc;
		}
		rc = store_client_end(store, tx, true);
	} while (rc == -EAGAIN);
	return rc;
}

int nodes_publish(struct guest *g, struct failure *f)
{
	struct list *l = calloc(1, sizeof(*l));
	char home[48], owns[16], reads[24];
	int rc = -ENOMEM;

	if (l) {
		snprintf(home, sizeof(home), "/local/domain/%u", g->domid);
		snprintf(owns, sizeof(owns), "n%u", g->domid);
		snprintf(reads, sizeof(reads), "n0 r%u", g->domid);
		add_domain(l, g, home, owns, reads);
		add_cpus(l, g, home);
		for (unsigned int i = 0; i < g->device_count; i++)
			add_device(l, g, &g->devices[i], owns, reads);
		rc = l->failed ? -ENOMEM : write_all(g->store, l);
		free_list(l);
	}
	g->published = true;
	if (!rc)
		rc = store_client_introduce(g->store, g->domid, g->built.store_mfn,
					    g->built.store_port);
	if (rc < 0)
		return fail_set(f, FAIL_STORE, WHAT, g->def->name,
				"see the log of shoji-stored; is it the store that runs?", "%s",
				strerror(-rc));
	return 0;
}

void nodes_remove(struct store_client *store, uint16_t domid)
{
	char path[64];

	store_client_release(store, domid);
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	store_client_rm(store, 0, path);
	snprintf(path, sizeof(path), "/local/domain/0/backend/shoji-vbd/%u", domid);
	store_client_rm(store, 0, path);
	snprintf(path, sizeof(path), "/local/domain/0/backend/shoji-vif/%u", domid);
	store_client_rm(store, 0, path);
}
