/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * devices.c: opens what the devices of a guest stand on: disk files, TAP interfaces on their
 * bridges, counters. The backends get these as open descriptors and need no rights of their own.
 * A disk is locked for as long as it is open, so that two guests never write the same one.
 */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device_stats.h"
#include "record.h"

static struct device *add_device(struct guest *g, bool nic, unsigned int index, uint32_t number)
{
	struct device *d = &g->devices[g->device_count++];

	*d = (struct device){.nic = nic, .index = index, .number = number};
	d->fd = d->inflight_fd = d->stats_fd = -1;
	return d;
}

static int lock_disk(const struct device *d, const struct def_disk *disk, struct failure *f)
{
	if (!flock(d->fd, (disk->readonly ? LOCK_SH : LOCK_EX) | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK)
		return fail_set(f, FAIL_DEVICE, "use the disk", disk->source,
				"shut that guest down, or give both <readonly/>",
				"another guest uses it");
	return fail_errno(f, FAIL_DEVICE, "lock the disk", disk->source, NULL);
}

static int open_disk(struct guest *g, unsigned int index, struct failure *f)
{
	const struct def_disk *disk = &g->def->disks[index];
	struct device *d = add_device(g, false, index, disk->number);

	d->fd = open(disk->source, (disk->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (d->fd < 0)
		return fail_errno(f, FAIL_FILE, "open the disk", disk->source,
				  "does it exist, and is it writable? (or add <readonly/>)");
	d->inflight_fd = memfd_create("shoji-inflight", MFD_CLOEXEC);
	if (d->inflight_fd < 0)
		return fail_errno(f, FAIL_DEVICE, "prepare the disk", disk->source, NULL);
	return lock_disk(d, disk, f);
}

int devices_open_disks(struct guest *g, struct failure *f)
{
	for (unsigned int i = 0; i < g->def->disk_count; i++)
		if (open_disk(g, i, f))
			return -1;
	return 0;
}

static int open_tap(struct device *d, struct failure *f)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};

	d->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (d->fd < 0)
		return fail_errno(f, FAIL_DEVICE, "open /dev/net/tun for interface", d->ifname,
				  "is the module tun loaded?");
	memcpy(request.ifr_name, d->ifname, sizeof(d->ifname));
	if (ioctl(d->fd, TUNSETIFF, &request) < 0)
		return fail_errno(f, FAIL_DEVICE, "make the interface", d->ifname,
				  "is the name taken? 'ip link' shows all");
	return 0;
}

static int attach(int control, const struct device *d, const char *bridge, struct failure *f)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", bridge);
	request.ifr_ifindex = (int)if_nametoindex(d->ifname);
	if (ioctl(control, SIOCBRADDIF, &request) < 0)
		return fail_set(f, FAIL_DEVICE, "put the interface on bridge", bridge,
				"make it: ip link add name BRIDGE type bridge && ip link set "
				"BRIDGE up",
				"%s",
				errno == ENODEV || errno == ENOPKG ? "there is no such bridge"
								   : strerror(errno));
	return 0;
}

static int bring_up(int control, const struct device *d, struct failure *f)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", d->ifname);
	if (ioctl(control, SIOCGIFFLAGS, &request) >= 0) {
		request.ifr_flags |= IFF_UP;
		if (ioctl(control, SIOCSIFFLAGS, &request) >= 0)
			return 0;
	}
	return fail_errno(f, FAIL_DEVICE, "bring up the interface", d->ifname, NULL);
}

static int open_nic(struct guest *g, unsigned int index, struct failure *f)
{
	const struct def_nic *nic = &g->def->nics[index];
	struct device *d = add_device(g, true, index, index);
	int control, rc;

	if (*nic->ifname)
		memcpy(d->ifname, nic->ifname, sizeof(d->ifname));
	else
		snprintf(d->ifname, sizeof(d->ifname), "vif%u.%u", g->domid, index % 100);
	if (open_tap(d, f))
		return -1;
	control = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (control < 0)
		return fail_errno(f, FAIL_DEVICE, "configure the interface", d->ifname, NULL);
	rc = (*nic->bridge && attach(control, d, nic->bridge, f)) || bring_up(control, d, f);
	close(control);
	return rc ? -1 : 0;
}

int devices_open_nics(struct guest *g, struct failure *f)
{
	for (unsigned int i = 0; i < g->def->nic_count; i++)
		if (open_nic(g, i, f))
			return -1;
	return 0;
}

static void stats_path(char *path, size_t size, uint16_t domid, const struct device *d)
{
	record_run_path(path, size, "stats/%u-%s-%u", domid, d->nic ? "vif" : "vbd", d->number);
}

int devices_open_stats(struct guest *g, struct failure *f)
{
	for (unsigned int i = 0; i < g->device_count; i++) {
		struct device *d = &g->devices[i];
		char path[256];

		stats_path(path, sizeof(path), g->domid, d);
		d->stats_fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (d->stats_fd < 0 || ftruncate(d->stats_fd, DEVICE_STATS_BYTES))
			return fail_errno(f, FAIL_DEVICE, "make the counters", path,
					  "is /run full?");
	}
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void devices_close(struct guest *g)
{
	for (unsigned int i = 0; i < g->device_count; i++) {
		struct device *d = &g->devices[i];
		char path[256];

		stats_path(path, sizeof(path), g->domid, d);
		if (d->stats_fd >= 0)
			unlink(path);
		close_fd(&d->stats_fd);
		close_fd(&d->inflight_fd);
		close_fd(&d->fd);
	}
	g->device_count = 0;
}
