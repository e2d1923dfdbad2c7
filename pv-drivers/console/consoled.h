/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the console daemon share. One console for each guest name: it outlives a
 * reboot of the guest, in which the domain's id changes, and its viewers stay.
 */
#ifndef SHOJI_CONSOLED_H
#define SHOJI_CONSOLED_H

#include <stdbool.h>
#include <stdint.h>

#include "backlog.h"
#include "logfile.h"
#include "pace.h"
#include "ring.h"
#include "store_client.h"
#include "xa_evtchn.h"
#include "xa_foreignmem.h"
#include "xa_gnttab.h"

#define CONSOLE_NAME_SIZE 64
#define NO_DOMAIN	  (-1)
#define VIEWERS_MAX	  64	/* of all consoles together */
#define LINGER_MS	  10000 /* how long viewers wait for one of others' guests to come back */
#define OUTPUT_PER_SECOND (256 * 1024)
#define OUTPUT_BURST	  (1024 * 1024)
#define EVENT_BYTES	  256 /* an event that brings less counts as so much */
#define INPUT_SIZE	  512

enum source_kind { SOURCE_SIGNALS, SOURCE_LISTENER, SOURCE_STORE, SOURCE_EVTCHN, SOURCE_VIEWER };

/* Something that the main loop waits for. */
struct source {
	enum source_kind kind;
	int fd;
};

struct viewer {
	struct source source;	 /* first */
	struct console *console; /* NULL: has not asked yet */
	struct viewer *next;
	uint64_t at;		/* in the console's backlog */
	char input[INPUT_SIZE]; /* what the guest has had no room for; or its request */
	size_t input_used;
	int pty_slave;
	bool pty;	 /* the terminal for `xl console`: never closed, never waited for */
	bool wants_room; /* EPOLLOUT is on */
	bool deaf;	 /* EPOLLIN is off: the input buffer is full */
	bool gone;
};

struct console {
	char name[CONSOLE_NAME_SIZE];
	struct console *next;
	struct backlog backlog;
	uint64_t boot_start; /* the first byte of this domain in the backlog */
	struct logfile log;
	int domid; /* NO_DOMAIN: none now */
	struct xen_xencons_interface *page;
	bool by_grant, broken, masked;
	bool event;	  /* not accounted for yet */
	bool supervised;  /* by our tools: it may come back as long as its supervisor lives */
	uint32_t port;	  /* local */
	struct pace pace; /* of its bytes */
	uint64_t ended_ms;
	struct viewer *pty;
};

struct consoled {
	int epoll;
	struct source signals, listener, store_source, evtchn_source;
	struct store_client *store; /* NULL while it is away */
	uint64_t retry_ms;
	struct xa_evtchn *evtchn;
	struct xa_gnttab *gnttab;
	struct xa_foreignmem *foreign; /* opened when first needed */
	struct console *consoles;
	struct viewer *viewers;
	unsigned int viewer_count;
	const char *log_folder, *state_folder;
	uint64_t now_ms;
	bool rescan;		  /* a domain was not ready: look again soon … */
	uint64_t rescan_until_ms; /* … but not for ever */
	bool stop;
};

/* main.c */
int consoled_watch(struct consoled *d, struct source *s, uint32_t events, bool again);

/* guests.c: which guests there are. */
int guests_open(struct consoled *d);
void guests_event(struct consoled *d);
int guests_find_store(struct consoled *d); /* ms until it wants to be called again; -1: never */
int consoled_watch_store(struct consoled *d);
void guests_scan(struct consoled *d);

/* console.c */
struct console *console_find(struct consoled *d, const char *name);
bool console_attach(struct consoled *d, const char *name, uint16_t domid, uint32_t port,
		    uint64_t frame);
/* The domain is gone; its last words are taken. */
void console_detach(struct consoled *d, struct console *c);
/* Moves what there is, both ways. */
void console_run(struct consoled *d, struct console *c);
/* Ports that are pending. */
void console_events(struct consoled *d);
/* For good: the guest has ended; otherwise the next process of this daemon goes on with it. */
void console_forget(struct consoled *d, struct console *c, bool for_good);

/* viewer.c */
int viewer_listen(const char *path);
void viewer_accept(struct consoled *d);
struct viewer *viewer_open_pty(struct consoled *d, struct console *c, char *path, size_t size);
void viewer_event(struct consoled *d, struct viewer *v);
/* Sends what is new to all who watch this console. */
void viewer_feed(struct consoled *d, struct console *c);
/* Typed bytes go to the guest; true if any did. */
bool viewer_type(struct consoled *d, struct console *c);
void viewer_dismiss_all(struct consoled *d, struct console *c);
/* Frees those that went. */
void viewer_sweep(struct consoled *d);

#endif
