/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample.c: reads all counters once: domains from the hypervisor, bytes of disks and network cards
 * from the pages that the backends keep in /run/shoji/stats. Domains of other tools have no such
 * pages; theirs stay zero.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "device_stats.h"
#include "record.h"
#include "top.h"

union stats_page {
	uint64_t magic;
	struct disk_stats disk;
	struct net_stats net;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static bool read_page(const char *path, union stats_page *page)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, page, sizeof(*page));
	close(fd);
	return n == sizeof(*page) && page->magic == DEVICE_STATS_MAGIC;
}

static struct top_counters *find(struct top_sample *s, unsigned int domid)
{
	for (unsigned int i = 0; i < s->count; i++)
		if (s->domains[i].domid == domid)
			return &s->domains[i];
	return NULL;
}

/* "5-vbd-51712" or "5-vif-0" */
static void add_device(struct top_sample *s, const char *folder, const char *file)
{
	struct top_counters *c;
	union stats_page page;
	unsigned int domid;
	char kind[4], path[400];

	if (sscanf(file, "%u-%3[a-z]-", &domid, kind) != 2)
		return;
	c = find(s, domid);
	snprintf(path, sizeof(path), "%s/%s", folder, file);
	if (!c || !read_page(path, &page))
		return;
	if (!strcmp(kind, "vbd")) {
		c->disk_read += page.disk.rd_bytes;
		c->disk_written += page.disk.wr_bytes;
	} else if (!strcmp(kind, "vif")) {
		c->net_in += page.net.rx_bytes;
		c->net_out += page.net.tx_bytes;
	}
}

static void add_devices(struct top_sample *s)
{
	char folder[128];
	struct dirent *entry;
	DIR *dir;

	record_run_path(folder, sizeof(folder), "stats");
	dir = opendir(folder);
	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL)
		add_device(s, folder, entry->d_name);
	closedir(dir);
}

static void add_domain(struct top_sample *s, const struct domain_entry *e)
{
	struct top_counters *c;

	if (s->count == TOP_DOMAINS_MAX)
		return;
	c = &s->domains[s->count++];
	*c = (struct top_counters){
		.domid = e->hv.domid,
		.state = domains_state(&e->hv),
		.memory_kib = e->hv.memory_kib,
		.vcpus = e->hv.vcpus,
		.cpu_ns = e->hv.cpu_ns,
	};
	memcpy(c->name, e->name, sizeof(c->name));
}

int top_take_sample(struct hv *hv, struct store_client *store, struct top_sample *sample,
		    struct failure *f)
{
	struct domain_entry *list = NULL;
	struct hv_machine machine;
	int count = domains_list(hv, store, &list, f), rc;

	if (count < 0)
		return -1;
	sample->at_ns = now_ns();
	sample->count = 0;
	for (int i = 0; i < count; i++)
		add_domain(sample, &list[i]);
	free(list);
	add_devices(sample);
	rc = hv_machine(hv, &machine);
	if (rc < 0)
		return fail_set(f, FAIL_HYPERVISOR, "read the machine's state", NULL, NULL, "%s",
				hv_reason(rc));
	sample->cpus = machine.cpus;
	sample->total_kib = machine.total_kib;
	sample->free_kib = machine.free_kib;
	return 0;
}
