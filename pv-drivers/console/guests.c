/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds guests by the store: two watches tell when a domain was introduced or released, then the
 * list of domains is compared with the consoles. A domain without console nodes, or whose page
 * cannot be mapped yet, is looked at again a little later. While the store is away the consoles
 * that are there go on. Data: the watches of struct consoled. Lock: none; one thread.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consoled.h"
#include "daemon/log.h"

#define RESCAN_FOR_MS 10000
#define RETRY_MS      500

static const char *const watches[] = {"@introduceDomain", "@releaseDomain"};

int guests_open(struct consoled *d)
{
	int rc = store_client_open(&d->store);

	for (size_t i = 0; !rc && i < sizeof(watches) / sizeof(watches[0]); i++)
		rc = store_client_watch(d->store, watches[i], "domains");
	return rc;
}

static void lose_store(struct consoled *d)
{
	store_client_close(d->store);
	d->store = NULL;
	d->retry_ms = d->now_ms + RETRY_MS;
}

static void store_is_gone(struct consoled *d, int error)
{
	log_warning("lost the store (%s); the consoles go on", strerror(-error));
	lose_store(d);
}

/* The first events of the watches make it look for what has changed. */
int guests_find_store(struct consoled *d)
{
	if (d->store)
		return -1;
	if (d->now_ms < d->retry_ms)
		return RETRY_MS;
	if (guests_open(d) < 0 || consoled_watch_store(d) < 0) {
		lose_store(d);
		return RETRY_MS;
	}
	log_info("found the store again");
	return 0;
}

/* A name that is safe as the name of a file. */
static void clean_name(char *out, size_t size, const char *name, uint16_t domid)
{
	size_t n = 0;

	if (!name[0])
		snprintf(out, size, "domain-%u", domid);
	else
		snprintf(out, size, "%s", name);
	for (; out[n]; n++)
		if (out[n] == '/' || (unsigned char)out[n] < ' ' || (n == 0 && out[n] == '.'))
			out[n] = '_';
}

static bool read_console(struct consoled *d, uint16_t domid, uint64_t *frame, uint64_t *port,
			 char *name, size_t size)
{
	char path[64], *value;

	snprintf(path, sizeof(path), "/local/domain/%u/console/port", domid);
	if (store_client_read_number(d->store, 0, path, port))
		return false;
	snprintf(path, sizeof(path), "/local/domain/%u/console/ring-ref", domid);
	if (store_client_read_number(d->store, 0, path, frame))
		return false;
	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	if (store_client_read(d->store, 0, path, &value, NULL))
		return false;
	clean_name(name, size, value, domid);
	free(value);
	return true;
}

static bool known(const struct consoled *d, uint16_t domid)
{
	for (const struct console *c = d->consoles; c; c = c->next)
		if (c->domid == domid)
			return true;
	return false;
}

/* Two domains of one name can be there for a moment while one is replaced by the other. */
static bool taken(struct consoled *d, const char *name)
{
	struct console *c = console_find(d, name);

	return c && c->page;
}

static void look_at(struct consoled *d, uint16_t domid)
{
	char name[CONSOLE_NAME_SIZE];
	uint64_t frame, port;

	if (!domid || known(d, domid) || store_client_is_introduced(d->store, domid) != 1)
		return;
	if (!read_console(d, domid, &frame, &port, name, sizeof(name)) || taken(d, name) ||
	    !console_attach(d, name, domid, (uint32_t)port, frame))
		d->rescan = true;
}

static void drop_the_gone(struct consoled *d)
{
	for (struct console *c = d->consoles; c; c = c->next)
		if (c->page && store_client_is_introduced(d->store, (uint16_t)c->domid) == 0)
			console_detach(d, c);
}

void guests_scan(struct consoled *d)
{
	char **names;
	int count;

	d->rescan = false;
	drop_the_gone(d);
	count = store_client_directory(d->store, 0, "/local/domain", &names);
	if (count == -EPIPE || count == -ETIMEDOUT) {
		store_is_gone(d, count);
		return;
	}
	for (int i = 0; i < count; i++)
		look_at(d, (uint16_t)strtoul(names[i], NULL, 10));
	if (count >= 0)
		free(names);
}

/* Takes what the store told; true if there was anything. */
static bool take_events(struct consoled *d)
{
	char *path, *token;
	bool any = false;
	int rc;

	while ((rc = store_client_event(d->store, &path, &token)) == 1) {
		any = true;
		free(path);
	}
	if (rc < 0) {
		store_is_gone(d, rc);
		return false;
	}
	return any;
}

/* What is told during a scan waits in the client, where no descriptor shows it: look again. */
void guests_event(struct consoled *d)
{
	while (d->store && take_events(d)) {
		d->rescan_until_ms = d->now_ms + RESCAN_FOR_MS;
		guests_scan(d);
	}
}
