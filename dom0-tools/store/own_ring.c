/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding the own kernel's ring. Linux allocates page and port itself and shows them in two ways:
 * the device xenbus_backend, and two older files of xenfs. Either will do.
 * Data: none. Lock: none.
 */
#include "own_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define BACKEND_DEVICE "/dev/xen/xenbus_backend"
#define BACKEND_EVTCHN _IO('B', 0) /* the port, as the call's result */
#define XENFS_PAGE     "/proc/xen/xsd_kva"
#define XENFS_PORT     "/proc/xen/xsd_port"

static int map_file(int fd, struct own_ring *r)
{
	r->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return r->page == MAP_FAILED ? -errno : 0;
}

static int open_backend(struct own_ring *r)
{
	int fd = open(BACKEND_DEVICE, O_RDWR | O_CLOEXEC), port, rc;

	if (fd < 0)
		return -errno;
	port = ioctl(fd, BACKEND_EVTCHN);
	rc = port > 0 ? map_file(fd, r) : -(port < 0 ? errno : ENODEV);
	r->port = (uint32_t)port;
	close(fd);
	return rc;
}

static int read_port(uint32_t *port)
{
	FILE *f = fopen(XENFS_PORT, "re");
	int n;

	if (!f)
		return -errno;
	n = fscanf(f, "%u", port);
	fclose(f);
	return n == 1 ? 0 : -EPROTO;
}

static int open_xenfs(struct own_ring *r)
{
	int fd, rc = read_port(&r->port);

	if (rc < 0)
		return rc;
	fd = open(XENFS_PAGE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = map_file(fd, r);
	close(fd);
	return rc;
}

int own_ring_open(struct own_ring *r)
{
	int rc = open_backend(r);

	return rc < 0 && open_xenfs(r) < 0 ? rc : 0;
}
