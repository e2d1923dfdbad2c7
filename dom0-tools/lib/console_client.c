/* SPDX-License-Identifier: GPL-2.0-only */
/* console_client.c: connects to the console daemon and makes the one request there is. */
#include "console_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_daemon(void)
{
	const char *path = getenv("SHOJI_CONSOLE_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		 path ? path : CONSOLE_CLIENT_SOCKET);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd;
}

/* A line without its newline; what follows it is left for the caller. */
static int read_line(int fd, char *line, size_t size)
{
	size_t used = 0;

	while (used + 1 < size) {
		ssize_t n = read(fd, line + used, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ECONNRESET;
		if (line[used] == '\n')
			break;
		used++;
	}
	line[used] = '\0';
	return 0;
}

int console_client_open(const char *name, char *reason, size_t size)
{
	char line[200];
	int fd = connect_daemon(), rc;

	if (fd < 0)
		return fd;
	rc = dprintf(fd, "attach %s\n", name) < 0 ? -errno : read_line(fd, line, sizeof(line));
	if (!rc && !strcmp(line, "ok"))
		return fd;
	close(fd);
	if (rc)
		return rc;
	if (reason)
		snprintf(reason, size, "%s", !strncmp(line, "error ", 6) ? line + 6 : line);
	return -ENOENT;
}
