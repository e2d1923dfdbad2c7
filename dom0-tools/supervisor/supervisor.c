/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * supervisor.c: the process that lives as long as its guest does.
 *
 * It sleeps in poll() on two descriptors: signals (a backend ended, or it shall end itself) and
 * the store's watch of ended domains. Should the store be away, it asks the hypervisor once a
 * second instead and connects again. Its log is /var/log/shoji/NAME.log.
 */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock_ms.h"
#include "daemon/log.h"
#include "shoji/sched.h"

#define POLL_MS	    1000
#define YOUNG_MS    10000u
#define RESTARTS    5u /* early ends in a row, then no more */
#define LOG_FOLDER  "/var/log/shoji"
#define DOMAIN_GONE (-1)
#define STILL_THERE (-2)

/* What the process tells the one that asked for the guest. */
struct report {
	struct failure failure;
	uint16_t domid;
};

struct supervisor {
	struct guest guest;
	int signals;
	unsigned int early_ends;
	bool stop, preserved;
};

static int open_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void take_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			s->stop = true;
	backends_reap(&s->guest);
}

static void watch_store(struct guest *g)
{
	if (!g->store && store_client_open(&g->store))
		g->store = NULL;
	if (g->store && store_client_watch(g->store, "@releaseDomain", "end")) {
		store_client_close(g->store);
		g->store = NULL;
	}
}

/* Empties the queue of events; what they say is asked of the hypervisor. */
static void take_events(struct guest *g)
{
	char *path, *token;
	int rc;

	while ((rc = store_client_event(g->store, &path, &token)) > 0)
		free(path);
	if (rc == 0)
		return;
	log_warning("%s: lost the store; connecting again", g->def->name);
	store_client_close(g->store);
	g->store = NULL;
}

static void wait_something(struct supervisor *s)
{
	struct guest *g = &s->guest;
	struct pollfd fds[2] = {{.fd = s->signals, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
	int timeout = backends_start_again(g);

	if (!g->store)
		watch_store(g);
	if (g->store)
		fds[1].fd = store_client_fd(g->store);
	else if (timeout < 0 || timeout > POLL_MS)
		timeout = POLL_MS;
	poll(fds, 2, timeout);
	take_signals(s);
	if (g->store)
		take_events(g);
}

/* The reason why the guest ended, DOMAIN_GONE, or STILL_THERE. */
static int guest_end(const struct guest *g)
{
	struct hv_domain info;
	int rc = hv_domain_get(g->hv, g->domid, &info);

	if (rc == -ESRCH || (!rc && info.dying))
		return DOMAIN_GONE;
	if (rc || !info.shutdown || info.shutdown_reason == SHUTDOWN_suspend)
		return STILL_THERE;
	return (int)info.shutdown_reason;
}

static enum def_action action_for(const struct guest *g, int reason)
{
	switch (reason) {
	case DOMAIN_GONE:
		return DEF_DESTROY;
	case SHUTDOWN_reboot:
		return g->def->on_reboot;
	case SHUTDOWN_crash:
	case SHUTDOWN_watchdog:
		return g->def->on_crash;
	default:
		return g->def->on_poweroff;
	}
}

/* A guest that ends again and again right after its start would keep the machine busy. */
static bool too_often(struct supervisor *s)
{
	if (clock_ms() - s->guest.started_ms >= YOUNG_MS)
		s->early_ends = 0;
	else
		s->early_ends++;
	return s->early_ends > RESTARTS;
}

static void restart(struct supervisor *s)
{
	struct guest *g = &s->guest;
	struct failure f = {0};
	char text[1600];

	guest_stop(g);
	if (too_often(s)) {
		log_error("%s: ended %u times soon after its start; not started again",
			  g->def->name, s->early_ends);
		return;
	}
	if (!guest_start(g, &f)) {
		watch_store(g);
		if (!hv_domain_unpause(g->hv, g->domid)) {
			log_info("%s: started again as domain %u", g->def->name, g->domid);
			return;
		}
		guest_stop(g);
	}
	failure_format(&f, text, sizeof(text));
	log_error("%s: could not be started again: %s", g->def->name, text);
}

static void handle_end(struct supervisor *s, int reason)
{
	struct guest *g = &s->guest;
	enum def_action action = action_for(g, reason);

	log_info("%s: domain %u ended (%s): %s", g->def->name, g->domid,
		 reason == DOMAIN_GONE	       ? "destroyed"
		 : reason == SHUTDOWN_reboot   ? "reboot"
		 : reason == SHUTDOWN_poweroff ? "power-off"
					       : "crash",
		 def_action_name(action));
	if (action == DEF_RESTART) {
		restart(s);
	} else if (action == DEF_PRESERVE) {
		s->preserved = true;
	} else {
		guest_stop(g);
	}
}

static void supervise(struct supervisor *s)
{
	while (s->guest.domid && !s->stop) {
		int reason = guest_end(&s->guest);

		if (reason == STILL_THERE || (s->preserved && reason != DOMAIN_GONE))
			wait_something(s);
		else
			handle_end(s, reason);
	}
	if (s->stop)
		log_info("%s: told to end: the domain is destroyed", s->guest.def->name);
	guest_stop(&s->guest);
}

/* A session of its own, away from the terminal; the log takes what it and the backends say. */
static void detach(const char *name)
{
	char path[256];
	int null = open("/dev/null", O_RDWR), log;

	setsid();
	mkdir(LOG_FOLDER, 0750);
	snprintf(path, sizeof(path), LOG_FOLDER "/%s.log", name);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0640);
	dup2(null, 0);
	dup2(null, 1);
	dup2(log >= 0 ? log : null, 2);
	if (null > 2)
		close(null);
	if (log > 2)
		close(log);
	if (chdir("/"))
		return;
}

/* What the caller had open (its store connection above all) is not ours to keep. */
static void close_others(int keep, int keep_too)
{
	unsigned int low = (unsigned int)(keep < keep_too ? keep : keep_too);
	unsigned int high = (unsigned int)(keep < keep_too ? keep_too : keep);

	if (low > 3)
		close_range(3, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0u, 0);
}

static int start_first(struct supervisor *s, struct failure *f)
{
	if (guest_start(&s->guest, f))
		return -1;
	watch_store(&s->guest);
	return 0;
}

static _Noreturn void child(const struct domain_def *def, int name_lock, int answer)
{
	static struct supervisor s;
	struct report report = {0};
	int rc;

	s.guest.def = def;
	close_others(name_lock, answer);
	detach(def->name);
	log_open("shoji", false, false);
	s.signals = open_signals();
	rc = start_first(&s, &report.failure);
	report.domid = s.guest.domid;
	if (write(answer, &report, sizeof(report)) != (ssize_t)sizeof(report))
		s.stop = true;
	close(answer);
	if (rc)
		_exit(1);
	log_info("%s: domain %u", def->name, s.guest.domid);
	supervise(&s);
	_exit(0);
}

static int read_report(int fd, struct report *report)
{
	ssize_t got;

	do
		got = read(fd, report, sizeof(*report));
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof(*report) ? 0 : -1;
}

int supervisor_create(const struct domain_def *def, int name_lock, struct failure *f)
{
	static struct report report;
	int fds[2], rc;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return fail_errno(f, FAIL_GENERAL, "create the domain", def->name, NULL);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		child(def, name_lock, fds[1]);
	}
	close(fds[1]);
	rc = pid < 0 ? -1 : read_report(fds[0], &report);
	close(fds[0]);
	if (rc)
		return fail_set(f, FAIL_GENERAL, "create the domain", def->name,
				"its log is in " LOG_FOLDER, "its supervisor died");
	if (report.failure.code == FAIL_NONE)
		return report.domid;
	waitpid(pid, NULL, 0);
	if (f)
		*f = report.failure;
	return -1;
}
