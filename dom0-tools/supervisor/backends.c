/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * backends.c: the backend processes of one guest: started, watched, started again.
 *
 * A backend gets its descriptors at fixed numbers (inflight 3, disk or TAP 4, counters 5) and
 * reads all else from its directory in the store. One that dies is started again with the same
 * descriptors, later each time when it dies young. One that ends with status 0 has finished.
 */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock_ms.h"
#include "daemon/log.h"

#define READY_MS    10000u /* for a new backend to serve */
#define POLL_MS	    5u
#define STOP_MS	    3000u
#define YOUNG_MS    10000u
#define DELAY_MS    100u /* doubles with each early death */
#define DELAY_STEPS 8u	 /* up to 25.6 s */
#define FD_INFLIGHT 3
#define FD_MAIN	    4
#define FD_STATS    5

static void pause_ms(unsigned int ms)
{
	nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

/* The program beside our own, else wherever PATH has it. */
static void program_path(char *path, size_t size, const char *name)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	path[length > 0 ? length : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash) {
		snprintf(slash + 1, size - (size_t)(slash + 1 - path), "%s", name);
		if (!access(path, X_OK))
			return;
	}
	snprintf(path, size, "%s", name);
}

/* In the child: puts fd at a fixed number, out of the way of the others first. */
static int move_away(int fd)
{
	return fd < 0 ? open("/dev/null", O_RDWR) : fcntl(fd, F_DUPFD, 20);
}

static _Noreturn void run_backend(const struct guest *g, const struct device *d)
{
	char path[512], domain[16], number[16];
	const char *disk[] = {
		"shoji-blkback", "--domain", domain,	   "--device", number, "--inflight-fd", "3",
		"--disk-fd",	 "4",	     "--stats-fd", "5",	       NULL};
	const char *nic[] = {"shoji-netback", "--domain", domain,	"--device", number,
			     "--tap-fd",      "4",	  "--stats-fd", "5",	    NULL};
	int inflight = move_away(d->inflight_fd), fd = move_away(d->fd);
	int stats = move_away(d->stats_fd);
	const char **arguments = d->nic ? nic : disk;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(domain, sizeof(domain), "%u", g->domid);
	snprintf(number, sizeof(number), "%u", d->number);
	program_path(path, sizeof(path), arguments[0]);
	if (inflight < 0 || fd < 0 || stats < 0 || dup2(inflight, FD_INFLIGHT) < 0 ||
	    dup2(fd, FD_MAIN) < 0 || dup2(stats, FD_STATS) < 0)
		_exit(126);
	close_range(FD_STATS + 1, ~0u, 0);
	execvp(path, (char **)arguments);
	fprintf(stderr, "cannot run %s: %s\n", path, strerror(errno));
	_exit(127);
}

static int start(struct guest *g, struct device *d)
{
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid == 0)
		run_backend(g, d);
	d->pid = pid;
	d->started_ms = clock_ms();
	d->start_again_ms = 0;
	return 0;
}

static const char *describe(const struct guest *g, const struct device *d)
{
	return d->nic ? d->ifname : g->def->disks[d->index].target;
}

/* What the backend itself says about its failure. */
static void read_error(struct guest *g, const struct device *d, char *why, size_t size)
{
	char path[128], *text = NULL;
	size_t length;

	nodes_backend_path(path, sizeof(path) - 8, g->domid, d);
	strcat(path, "/error");
	if (!store_client_read(g->store, 0, path, &text, &length) && *text)
		snprintf(why, size, "%s", text);
	free(text);
}

static int fail_backend(struct guest *g, struct device *d, int status, struct failure *f)
{
	char why[256];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		snprintf(why, sizeof(why), "the program %s is missing",
			 d->nic ? "shoji-netback" : "shoji-blkback");
	else
		snprintf(why, sizeof(why), "its backend ended with %s %d",
			 WIFSIGNALED(status) ? "signal" : "status",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	read_error(g, d, why, sizeof(why));
	return fail_set(f, FAIL_DEVICE, "serve the device", describe(g, d),
			"its log is in /var/log/shoji", "%s", why);
}

/* 1: it serves; 0: not yet; -1: it never will. */
static int is_ready(struct guest *g, struct device *d, struct failure *f)
{
	uint64_t state = 0;
	char path[128];
	int status;

	nodes_backend_path(path, sizeof(path) - 8, g->domid, d);
	strcat(path, "/state");
	if (!store_client_read_number(g->store, 0, path, &state) && state >= 2)
		return 1;
	if (waitpid(d->pid, &status, WNOHANG) != d->pid)
		return 0;
	d->pid = 0;
	return fail_backend(g, d, status, f);
}

static int wait_ready(struct guest *g, struct device *d, struct failure *f)
{
	uint64_t end = clock_ms() + READY_MS;
	int rc;

	do {
		rc = is_ready(g, d, f);
		if (rc)
			return rc < 0 ? -1 : 0;
		pause_ms(POLL_MS);
	} while (clock_ms() < end);
	return fail_set(f, FAIL_TIMEOUT, "serve the device", describe(g, d),
			"its log is in /var/log/shoji", "its backend is not ready after %u s",
			READY_MS / 1000);
}

int backends_start(struct guest *g, struct failure *f)
{
	for (unsigned int i = 0; i < g->device_count; i++)
		if (start(g, &g->devices[i]))
			return fail_errno(f, FAIL_DEVICE, "start the backend of",
					  describe(g, &g->devices[i]), NULL);
	for (unsigned int i = 0; i < g->device_count; i++)
		if (wait_ready(g, &g->devices[i], f))
			return -1;
	return 0;
}

static void note_death(struct guest *g, struct device *d, int status)
{
	uint64_t now = clock_ms();

	d->pid = 0;
	d->finished = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (d->finished)
		return;
	d->deaths = now - d->started_ms < YOUNG_MS ? d->deaths + 1 : 0;
	if (d->deaths > DELAY_STEPS)
		d->deaths = DELAY_STEPS;
	d->start_again_ms = now + (d->deaths ? DELAY_MS << (d->deaths - 1) : 0);
	log_warning("%s: the backend of %s ended with %s %d; starting it again", g->def->name,
		    describe(g, d), WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

void backends_reap(struct guest *g)
{
	for (unsigned int i = 0; i < g->device_count; i++) {
		struct device *d = &g->devices[i];
		int status;

		if (d->pid && waitpid(d->pid, &status, WNOHANG) == d->pid)
			note_death(g, d, status);
	}
}

int backends_start_again(struct guest *g)
{
	uint64_t now = clock_ms(), next = UINT64_MAX;

	for (unsigned int i = 0; i < g->device_count; i++) {
		struct device *d = &g->devices[i];

		if (d->start_again_ms && d->start_again_ms <= now && start(g, d))
			d->start_again_ms = now + 1000;
		if (d->start_again_ms && d->start_again_ms < next)
			next = d->start_again_ms;
	}
	return next == UINT64_MAX ? -1 : (int)(next - now);
}

static void signal_all(const struct guest *g, int number)
{
	for (unsigned int i = 0; i < g->device_count; i++)
		if (g->devices[i].pid)
			kill(g->devices[i].pid, number);
}

static bool any_alive(struct guest *g)
{
	bool alive = false;

	for (unsigned int i = 0; i < g->device_count; i++) {
		struct device *d = &g->devices[i];

		if (d->pid && waitpid(d->pid, NULL, WNOHANG) == d->pid)
			d->pid = 0;
		alive = alive || d->pid;
	}
	return alive;
}

void backends_stop(struct guest *g)
{
	uint64_t end = clock_ms() + STOP_MS;

	signal_all(g, SIGTERM);
	while (any_alive(g) && clock_ms() < end)
		pause_ms(POLL_MS);
	signal_all(g, SIGKILL);
	while (any_alive(g))
		pause_ms(POLL_MS);
}
