/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd_console.c: `shoji console`: this terminal becomes the guest's. Ctrl-] leaves; a reboot of the
 * guest does not. Without a terminal it copies standard input to the guest and the guest's output
 * to standard output until either ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli.h"
#include "console_client.h"

#define ESCAPE	   0x1d /* Ctrl-] */
#define OPEN_TRIES 50	/* of 100 ms: the daemon may hear of a new guest a moment later */

static struct termios saved;
static volatile sig_atomic_t raw;

static void restore_terminal(void)
{
	if (raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	raw = 0;
}

static void die(int signal_number)
{
	restore_terminal();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void take_terminal(void)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, &saved))
		return;
	t = saved;
	cfmakeraw(&t);
	signal(SIGTERM, die);
	signal(SIGHUP, die);
	signal(SIGINT, die);
	raw = 1;
	tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

static bool write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		size -= (size_t)n;
	}
	return true;
}

enum ending { GOING_ON, LEFT, GUEST_ENDED, INPUT_ENDED };

static enum ending from_guest(int fd)
{
	char data[4096];
	ssize_t n = read(fd, data, sizeof(data));

	if (n < 0 && errno == EINTR)
		return GOING_ON;
	if (n <= 0)
		return GUEST_ENDED;
	return write_all(STDOUT_FILENO, data, (size_t)n) ? GOING_ON : LEFT;
}

static enum ending to_guest(int fd)
{
	char data[256];
	ssize_t n = read(STDIN_FILENO, data, sizeof(data));
	char *leave;

	if (n < 0 && errno == EINTR)
		return GOING_ON;
	if (n <= 0)
		return INPUT_ENDED;
	leave = memchr(data, ESCAPE, (size_t)n);
	if (!write_all(fd, data, leave ? (size_t)(leave - data) : (size_t)n))
		return GUEST_ENDED;
	return leave ? LEFT : GOING_ON;
}

static enum ending copy(int fd)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLIN},
				{.fd = STDIN_FILENO, .events = POLLIN}};
	enum ending end = GOING_ON;

	while (end == GOING_ON) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return LEFT;
		if (fds[0].revents)
			end = from_guest(fd);
		if (end == GOING_ON && fds[1].revents)
			end = to_guest(fd);
		/* The input is a file that has ended: the output goes on. */
		if (end == INPUT_ENDED) {
			fds[1].fd = -1;
			end = GOING_ON;
		}
	}
	return end;
}

/* The daemon may hear of a new guest a moment later than we do. */
static int try_open(const char *name, char *reason, size_t size, unsigned int tries)
{
	int fd = -ENOENT;

	for (unsigned int i = 0; i < tries && fd == -ENOENT; i++) {
		if (i)
			usleep(100000);
		reason[0] = '\0';
		fd = console_client_open(name, reason, size);
		if (fd == -ENOENT && !reason[0])
			break; /* no socket: no daemon */
	}
	return fd;
}

static int open_console(struct cli *cli, const char *name)
{
	char reason[200];
	int fd = try_open(name, reason, sizeof(reason), OPEN_TRIES);

	if (fd >= 0)
		return fd;
	if (reason[0])
		return fail_set(&cli->failure, FAIL_DEVICE, "open the console of", name, NULL, "%s",
				reason);
	return fail_set(&cli->failure, FAIL_DEVICE, "open the console of", name,
			"is the console daemon running? systemctl start shoji-consoled", "%s: %s",
			CONSOLE_CLIENT_SOCKET, strerror(-fd));
}

/* What is on disk, the older file first; works for guests that are gone, too. */
static int print_log(struct cli *cli, const char *name)
{
	static const char *const endings[] = {".log.1", ".log"};
	char path[300], data[4096];
	bool any = false;
	ssize_t n;

	for (int i = 0; i < 2; i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/%s%s", CONSOLE_CLIENT_LOGS, name, endings[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		any = true;
		while ((n = read(fd, data, sizeof(data))) > 0)
			fwrite(data, 1, (size_t)n, stdout);
		close(fd);
	}
	if (!any)
		return fail_errno(&cli->failure, FAIL_NO_DOMAIN, "read the console log", path,
				  "'shoji list' shows the domains; logs are kept by name");
	return 0;
}

/* The connection ended: with the guest, or with the daemon? */
static bool daemon_lives(const char *name)
{
	char reason[200] = "";
	int fd = console_client_open(name, reason, sizeof(reason));

	if (fd >= 0)
		close(fd);
	return fd >= 0 || reason[0];
}

static int attach(struct cli *cli, int fd, const char *name)
{
	enum ending end;

	if (isatty(STDIN_FILENO))
		fprintf(stderr, "console of %s; Ctrl-] leaves it\n", name);
	fflush(stderr);
	atexit(restore_terminal);
	take_terminal();
	end = copy(fd);
	restore_terminal();
	close(fd);
	if (end == GUEST_ENDED && !daemon_lives(name))
		return fail_set(&cli->failure, FAIL_DEVICE, "show the console of", name,
				"systemctl restart shoji-consoled; the log goes on where it was",
				"the console daemon has ended");
	if (end == GUEST_ENDED)
		fprintf(stderr, "\n%s has ended\n", name);
	else if (isatty(STDOUT_FILENO))
		fputc('\n', stderr);
	return 0;
}

/* Between two domains of a guest that reboots there is none, but its console is there. */
static int between_domains(const char *name)
{
	char reason[200];

	return try_open(name, reason, sizeof(reason), 1);
}

int cmd_console(struct cli *cli, int argc, char **argv)
{
	struct domain_entry entry;
	const char *name;
	int fd;

	if (argc == 3 && !strcmp(argv[2], "--log"))
		return print_log(cli, argv[1]);
	if (cli_domain_argument(cli, argc, argv, "open the console of", &entry)) {
		fd = cli->failure.code == FAIL_NO_DOMAIN ? between_domains(argv[1]) : -1;
		if (fd < 0)
			return -1;
		name = argv[1];
	} else if (!entry.hv.domid) {
		return fail_set(&cli->failure, FAIL_STATE, "open the console of", entry.name,
				"'shoji dmesg' shows the hypervisor's log",
				"the control domain's console is the machine's");
	} else {
		name = entry.name;
		fd = open_console(cli, name);
	}
	if (fd < 0)
		return -1;
	return attach(cli, fd, name);
}
