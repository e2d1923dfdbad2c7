/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of a daemon process: going to the background, telling that it is ready, giving up
 * rights it does not need any more. Shared by the daemons of the control domain.
 */
#ifndef SHOJI_DAEMON_PROCESS_H
#define SHOJI_DAEMON_PROCESS_H

#include <stdbool.h>

/*
 * With background: the caller goes on in a child without a terminal, while the parent waits for
 * process_ready (and exits 0) or for the child's death (and exits with its status). To be called
 * before devices are opened and pages mapped: they would not survive the fork.
 */
int process_start(bool background);

/* The service can be used: writes the pid file if there is one, tells the parent and systemd. */
int process_ready(const char *pid_file);

/* A descriptor that becomes readable on SIGTERM, SIGINT or SIGHUP, or -errno. */
int process_signal_fd(void);
/* The signal that arrived, or 0. */
int process_signal_read(int fd);

/* Becomes that user (NULL: stays root) and drops every capability, for good. 0 or -errno. */
int process_drop_rights(const char *user);

/* Raises the limit on open descriptors as far as allowed. */
void process_raise_descriptors(void);

#endif
