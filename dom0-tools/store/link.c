/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One turn of a connection: send what waits, take in one request, send its reply.
 * Data: struct link. Lock: none, one thread.
 * Fairness comes from the loop: everybody gets one request per round, whoever asks how often; and
 * nobody makes the loop go round for ever, as each turn of a guest's is charged to it.
 */
#include "link.h"

#include "domain.h"
#include "keep.h"

void link_add(struct link **head, struct link *l)
{
	while (*head)
		head = &(*head)->next;
	l->next = NULL;
	l->previous = head;
	*head = l;
}

void link_release(struct link *l)
{
	*l->previous = l->next;
	if (l->next)
		l->next->previous = l->previous;
	l->kind->release(l);
}

static bool may_take(const struct link *l)
{
	return l->readable && !domain_is_held(l->conn->store, l->conn->domain);
}

bool link_has_work(struct link *l)
{
	void *where;
	const void *data;

	if (l->dead || domain_is_paced(l->conn->store, l->conn->domain))
		return false;
	return l->due || (may_take(l) && conn_wanted(l->conn, &where)) ||
	       (l->writable && conn_output(l->conn, &data));
}

/* Sends until nothing is left or there is no room. 0 or -errno. */
static int send_waiting(struct link *l)
{
	const void *data;
	size_t size;
	ssize_t n;

	while (l->writable && (size = conn_output(l->conn, &data))) {
		n = l->kind->put(l, data, size);
		if (n < 0)
			return (int)n;
		conn_sent(l->conn, (size_t)n);
		if ((size_t)n < size)
			l->writable = false;
	}
	return 0;
}

/* Takes in bytes until one request has been carried out or nothing is left. 0 or -errno. */
static int take_request(struct link *l)
{
	void *where;
	size_t size;
	ssize_t n;
	int rc;

	while (may_take(l) && (size = conn_wanted(l->conn, &where))) {
		n = l->kind->take(l, where, size);
		if (n < 0)
			return (int)n;
		if (n == 0) {
			l->readable = false;
			return 0;
		}
		rc = conn_received(l->conn, (size_t)n);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* What was done is noted before the client can see it. */
void link_turn(struct link *l)
{
	struct store *s = l->conn->store;
	int rc;

	l->due = false;
	rc = send_waiting(l);
	if (!rc)
		rc = take_request(l);
	if (!rc)
		rc = send_waiting(l);
	if (l->dead)
		return;
	if (rc < 0)
		l->kind->fail(l, rc);
	keep_turn(s, l->conn);
	domain_charge(s, l->conn->domain);
	if (!rc)
		l->kind->end_turn(l);
}

void link_round(struct link **head)
{
	struct link *l, *next;

	for (l = *head; l; l = l->next)
		if (link_has_work(l))
			link_turn(l);
	/* A turn may have ended any domain, so the dead are released only now. */
	for (l = *head; l; l = next) {
		next = l->next;
		if (l->dead)
			link_release(l);
	}
}

/* Often enough for domains that are held back. */
#define HELD_MS 10

static bool waits(const struct link *l)
{
	return domain_is_held(l->conn->store, l->conn->domain) ||
	       domain_is_paced(l->conn->store, l->conn->domain);
}

int link_timeout_ms(struct link *head)
{
	int timeout = -1;
	struct link *l;

	for (l = head; l; l = l->next) {
		if (link_has_work(l))
			return 0;
		if (!l->dead && waits(l))
			timeout = HELD_MS;
	}
	return timeout;
}
