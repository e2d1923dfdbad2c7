/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client of the store daemon, over its unix socket: one connection, one thread.
 *
 * Every call returns 0 (or a count) or -errno; the errno is the store's own answer (-ENOENT,
 * -EACCES, -EAGAIN for a transaction that must be repeated, …) or, when the connection is lost,
 * -EPIPE or -ETIMEDOUT. After these two only store_client_close is useful.
 * `tx` is a transaction from store_client_begin, or 0.
 */
#ifndef SHOJI_STORE_CLIENT_H
#define SHOJI_STORE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_CLIENT_SOCKET "/run/xenstored/socket"

struct store_client;

/* Connects to $XENSTORED_PATH, or to STORE_CLIENT_SOCKET. */
int store_client_open(struct store_client **out);
int store_client_open_path(struct store_client **out, const char *socket_path);
void store_client_close(struct store_client *c);

/* Reading. Results are the caller's to free(); a value always has a zero byte behind its end. */
int store_client_read(struct store_client *c, uint32_t tx, const char *path, char **value,
		      size_t *length);
/* A value that is a decimal number and nothing else; -EINVAL when it is not. */
int store_client_read_number(struct store_client *c, uint32_t tx, const char *path,
			     uint64_t *number);
/* Names of the children; one free() of *names frees all. Returns how many. */
int store_client_directory(struct store_client *c, uint32_t tx, const char *path, char ***names);
/* Permissions as words: "n0 r5". */
int store_client_get_perms(struct store_client *c, uint32_t tx, const char *path, char **perms);

/* Writing. */
int store_client_write(struct store_client *c, uint32_t tx, const char *path, const char *value);
int store_client_write_bytes(struct store_client *c, uint32_t tx, const char *path,
			     const void *value, size_t length);
int store_client_writef(struct store_client *c, uint32_t tx, const char *path, const char *format,
			...) __attribute__((format(printf, 4, 5)));
int store_client_mkdir(struct store_client *c, uint32_t tx, const char *path);
int store_client_rm(struct store_client *c, uint32_t tx, const char *path);
int store_client_set_perms(struct store_client *c, uint32_t tx, const char *path,
			   const char *perms);

/*
 * Many writes with one trip: all requests are sent before the first reply is read. A NULL value
 * makes a directory; perms, when given, are set after the write. The first error is returned, the
 * others are carried out all the same (use a transaction to have all or nothing).
 */
struct store_entry {
	const char *path;
	const char *value;
	const char *perms;
};
int store_client_write_many(struct store_client *c, uint32_t tx, const struct store_entry *entries,
			    unsigned int count);

/* Transactions. store_client_end with commit returns -EAGAIN when all has to be done again. */
int store_client_begin(struct store_client *c, uint32_t *tx);
int store_client_end(struct store_client *c, uint32_t tx, bool commit);

/*
 * Watches. Each watch fires once right away. store_client_event never blocks: 1 and an event
 * (both strings to be freed with one free(*path)), 0 when there is none, or -errno. Call it until
 * it returns 0 before waiting on store_client_fd: events may have come in with a reply.
 */
int store_client_watch(struct store_client *c, const char *path, const char *token);
int store_client_unwatch(struct store_client *c, const char *path, const char *token);
int store_client_event(struct store_client *c, char **path, char **token);
int store_client_fd(const struct store_client *c);

/* Domains; for the tools of the control domain. */
int store_client_introduce(struct store_client *c, uint16_t domid, uint64_t frame, uint32_t port);
int store_client_release(struct store_client *c, uint16_t domid);
int store_client_resume(struct store_client *c, uint16_t domid);
/* 1 or 0 */
int store_client_is_introduced(struct store_client *c, uint16_t domid);

/* The store's administrative command: words with a space between; *reply is text. */
int store_client_control(struct store_client *c, const char *words, char **reply);

#endif
