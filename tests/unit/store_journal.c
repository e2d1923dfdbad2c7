/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store over a restart of its daemon: after any sequence of requests, what a second store reads
 * from the journal is what the first one is; and a file that was cut or damaged gives a state that
 * once was, or at least a sound one.
 */
#include "store_harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/journal.h"
#include "store/keep.h"
#include "store/mem.h"
#include "store/transaction.h"
#include "store/watch.h"

static char path[64];
static struct store again;
static struct conn *dom0;

static void identify(void *ctx, uint16_t domid, uint8_t identity[16])
{
	(void)ctx;
	memset(identity, domid, 16);
}

static int setup(void **state)
{
	snprintf(path, sizeof(path), "/tmp/shoji-journal-%d", (int)getpid());
	if (store_setup(state))
		return -1;
	store.host.identify = identify;
	assert_int_equal(keep_start(&store, path), 0);
	dom0 = control();
	return 0;
}

static int teardown(void **state)
{
	keep_stop(&store);
	unlink(path);
	return store_teardown(state);
}

/* A request, whatever becomes of it, and the end of its turn. */
#define TRY(c, type, tx, ...)                              \
	({                                                 \
		const char *_t;                            \
		_t = text(askf(c, type, tx, __VA_ARGS__)); \
		keep_turn(&store, c);                      \
		_t;                                        \
	})
#define SAY(...) assert_int_not_equal(TRY(__VA_ARGS__)[0], '!')

/* --- what a store is, as text --- */

static char shown[2][1 << 20];

struct page {
	char *text;
	size_t used;
};

static void add(struct page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct page *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	p->used += (size_t)vsnprintf(p->text + p->used, sizeof(shown[0]) - p->used, format, args);
	va_end(args);
	assert_true(p->used < sizeof(shown[0]));
}

static void add_bytes(struct page *p, const void *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		add(p, "%02x", ((const uint8_t *)data)[i]);
}

static void add_perms(struct page *p, const struct perm *perms, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add(p, " %u:%u", perms[i].domid, perms[i].access);
}

static void add_nodes(struct page *p, const struct store *s)
{
	struct tree_walk walk;
	const struct node *n;

	tree_walk_start(&walk, &s->tree, "/");
	while ((n = tree_walk_next(&walk))) {
		add(p, "%s ", walk.path);
		add_bytes(p, n->value, n->value_length);
		add_perms(p, n->perms, n->perm_count);
		add(p, "\n");
	}
}

static const char *watch_name(const struct watch *w)
{
	static char name[5000];

	snprintf(name, sizeof(name), "%s %s", w ? w->path : "", w ? w->token : "");
	return name;
}

/* Watches have no order of their own. */
static void add_watches(struct page *p, const struct conn *c)
{
	char last[5000] = "", best[5000];
	const struct watch *w, *found;

	do {
		found = NULL;
		for (w = c->watches; w; w = w->next) {
			if (strcmp(watch_name(w), last) <= 0 ||
			    (found && strcmp(watch_name(w), best) >= 0))
				continue;
			found = w;
			strcpy(best, watch_name(w));
		}
		if (found)
			add(p, " watch %s depth %zd prefix %zu late %d\n", best, found->depth,
			    found->prefix, found->late);
		strcpy(last, found ? best : "");
	} while (found);
}

static void add_conn(struct page *p, const struct conn *c)
{
	size_t header = sizeof(c->header);

	add(p, "client %u: ring %u %u sent %zu %d last %u\n", c->actor.domid, c->ring_read,
	    c->ring_written, c->sent, c->sending_event, c->last_transaction);
	add_watches(p, c);
	for (uint32_t id = 1; id <= c->last_transaction; id++)
		if (transaction_find((struct conn *)c, id))
			add(p, " transaction %u\n", id);
	for (const struct conn_event *e = c->first_event; e; e = e->next) {
		add(p, " event %s ", watch_name(e->watch));
		add_bytes(p, e->data, e->length);
		add(p, "\n");
	}
	add(p, " reply ");
	add_bytes(p, c->reply, c->reply_length);
	add(p, " received ");
	add_bytes(p, &c->header, c->received < header ? c->received : header);
	add_bytes(p, c->payload, c->received < header ? 0 : c->received - header);
	add(p, "\n");
}

static const char *show(const struct store *s, unsigned int which)
{
	struct page p = {.text = shown[which]};

	shown[which][0] = '\0';
	add_nodes(&p, s);
	for (int i = 0; i < STORE_EVENTS; i++) {
		add(&p, "%s", s->event[i].name);
		add_perms(&p, s->event[i].perms, s->event[i].count);
		add(&p, "\n");
	}
	for (uint16_t id = 0; id < 100; id++) {
		const struct domain *d = domain_find(s, id);

		if (d)
			add(&p, "domain %u: %llu %u %d %d %u %u\n", id,
			    (unsigned long long)d->frame, d->port, d->shutdown, d->has_target,
			    d->target, d->identity[3]);
		for (const struct conn *c = s->conns; c; c = c->next)
			if ((c->kept || c->orphan) && c->actor.domid == id)
				add_conn(&p, c);
	}
	return shown[which];
}

/* --- a second daemon --- */

static int no_connection(void *ctx, struct domain *d)
{
	(void)ctx, (void)d;
	return 0;
}

static void no_disconnection(void *ctx, struct domain *d)
{
	(void)ctx, (void)d;
}

static const struct store_host no_host = {no_connection, no_connection, NULL, NULL,
					  no_disconnection};

static void end_again(void)
{
	keep_end_orphans(&again);
	store_destroy(&again);
	assert_int_equal(again.memory.nodes, 0);
	assert_int_equal(again.memory.bytes, 0);
}

/* The journal as it lies there. */
static uint8_t *load(size_t *length)
{
	uint8_t *data;

	assert_int_equal(journal_load(path, &data, length), 0);
	return data;
}

static void assert_same(void)
{
	uint8_t *data;
	size_t length;

	data = load(&length);
	assert_int_equal(store_create(&again, &no_host), 0);
	logged[0] = '\0';
	assert_int_equal(keep_recall_from(&again, data, length), 0);
	assert_string_equal(logged, "");
	free(data);
	assert_int_equal(store_audit(&again), 0);
	assert_string_equal(show(&again, 1), show(&store, 0));
	end_again();
}

/* --- */

static void test_nodes(void **state)
{
	uint32_t tx;

	(void)state;
	assert_same();
	SAY(dom0, XS_WRITE, 0, "/a/b/c|value");
	SAY(dom0, XS_MKDIR, 0, "/a/d|");
	SAY(dom0, XS_WRITE, 0, "/a/b/c|");
	SAY(dom0, XS_SET_PERMS, 0, "/a/b|n5|r6|b7|");
	assert_same();
	SAY(dom0, XS_RM, 0, "/a/b/c|");
	assert_same();
	SAY(guest(5), XS_WRITE, 0, "/a/b/own|mine");
	assert_same();
	tx = begin(dom0);
	keep_turn(&store, dom0);
	SAY(dom0, XS_WRITE, tx, "/a/b/x/y|1");
	SAY(dom0, XS_RM, tx, "/a|");
	SAY(dom0, XS_WRITE, tx, "/a/b/z|2");
	SAY(dom0, XS_SET_PERMS, tx, "/a|w9|");
	assert_same();
	assert_string_equal(end(dom0, tx, true), "OK|");
	keep_turn(&store, dom0);
	assert_same();
	assert_non_null(strstr(shown[0], "/a/b/z 32 0:0\n"));
}

/* Gone and come again in one commit, by one who makes its own nodes. */
static void test_replaced_in_one_commit(void **state)
{
	uint32_t tx;

	(void)state;
	SAY(dom0, XS_MKDIR, 0, "/g|");
	SAY(dom0, XS_SET_PERMS, 0, "/g|b5|");
	SAY(dom0, XS_WRITE, 0, "/g/x/y|old");
	SAY(dom0, XS_WRITE, 0, "/g/x/other|old");
	SAY(dom0, XS_SET_PERMS, 0, "/g/x|b0|b5|");
	tx = begin(guest(5));
	SAY(guest(5), XS_RM, tx, "/g/x|");
	SAY(guest(5), XS_WRITE, tx, "/g/x/y|new");
	assert_string_equal(end(guest(5), tx, true), "OK|");
	keep_turn(&store, guest(5));
	assert_same();
	assert_non_null(strstr(shown[0], "/g/x  5:3\n"));
}

static void test_domains(void **state)
{
	(void)state;
	SAY(dom0, XS_INTRODUCE, 0, "5|1234|7|");
	SAY(dom0, XS_INTRODUCE, 0, "6|99|8|");
	keep_turn(&store, guest(5)); /* their first, as of any ring */
	keep_turn(&store, guest(6));
	assert_same();
	SAY(dom0, XS_INTRODUCE, 0, "5|1234|9|");
	assert_same();
	SAY(dom0, XS_SET_TARGET, 0, "5|6|");
	domain_note_shutdown(&store, domain_find(&store, 6));
	keep_turn(&store, NULL);
	assert_same();
	SAY(dom0, XS_WRITE, 0, "/local/domain/6/name|six");
	SAY(dom0, XS_SET_PERMS, 0, "/local/domain/6|n6|");
	SAY(dom0, XS_SET_PERMS, 0, "/vm|n0|r6|");
	SAY(dom0, XS_SET_PERMS, 0, "@introduceDomain|n0|r6|");
	SAY(guest(6), XS_WATCH, 0, "name|token|");
	assert_same();
	SAY(dom0, XS_RESUME, 0, "6|");
	assert_same();
	SAY(dom0, XS_RELEASE, 0, "6|");
	assert_same();
	assert_null(strstr(shown[0], "six"));
	assert_null(strstr(shown[0], "client 6"));
}

static void test_watches_and_events(void **state)
{
	struct conn *c = guest(5);
	const void *data;

	(void)state;
	SAY(dom0, XS_MKDIR, 0, "/local/domain/5|");
	SAY(dom0, XS_SET_PERMS, 0, "/local/domain/5|b5|");
	SAY(c, XS_WATCH, 0, "device|one|");
	SAY(c, XS_WATCH, 0, "/local/domain/5|two|1|");
	SAY(c, XS_WATCH, 0, "@releaseDomain|three|");
	assert_same();
	SAY(c, XS_WRITE, 0, "device/vbd/1|x");
	SAY(c, XS_WRITE, 0, "device/vbd/2|x");
	assert_same();
	assert_true(conn_output(c, &data) > 20);
	conn_sent(c, 20); /* the first is half-way out */
	keep_turn(&store, c);
	assert_same();
	SAY(dom0, XS_WRITE, 0, "/local/domain/5/device/3|x");
	assert_same();
	watch_forget(c, "/local/domain/5/device", "one"); /* with events waiting, one half out */
	keep_turn(&store, c);
	assert_same();
	while (conn_output(c, &data)) {
		conn_sent(c, 1);
		keep_turn(&store, c);
		assert_same();
	}
	SAY(c, XS_WATCH, 0, "device|one|");
	conn_sent(c, conn_output(c, &data)); /* sent and forgotten in one turn */
	SAY(c, XS_UNWATCH, 0, "device|one|");
	assert_same();
	SAY(c, XS_RESET_WATCHES, 0, "|");
	assert_same();
	SAY(c, XS_WATCH, 0, "device|one|");
	assert_true(conn_output(c, &data) > 20);
	conn_sent(c, 20);
	keep_turn(&store, c);
	conn_reset(c); /* half an event goes, too */
	keep_turn(&store, c);
	assert_same();
}

static void test_a_flood_of_events(void **state)
{
	struct conn *c = guest(5);
	const void *data;

	(void)state;
	store.quota.limit[QUOTA_EVENTS] = 4;
	SAY(dom0, XS_SET_PERMS, 0, "/|r0|");
	SAY(c, XS_WATCH, 0, "/|root|");
	SAY(c, XS_WATCH, 0, "/x|x|");
	for (unsigned int i = 0; i < 10; i++)
		SAY(dom0, XS_WRITE, 0, "/x/%u|1", i);
	for (unsigned int i = 0; i < 10; i++)
		SAY(dom0, XS_SET_PERMS, 0, "/x/%u|r0|", i);
	assert_non_null(strstr(show(&store, 0), "late 1"));
	assert_same();
	while (conn_output(c, &data)) {
		conn_sent(c, conn_output(c, &data));
		keep_turn(&store, c);
		assert_same();
	}
}

/* One that was open goes on, and is told at its end to begin again. */
static void test_transactions(void **state)
{
	static const struct actor five = {.domid = 5};
	uint32_t one, other;
	struct conn *c;
	uint8_t *data;
	size_t length;

	(void)state;
	one = begin(guest(5));
	other = begin(guest(5));
	keep_turn(&store, guest(5));
	assert_same();
	(void)end(guest(5), one, false);
	keep_turn(&store, guest(5));
	assert_same();
	data = load(&length);
	assert_int_equal(store_create(&again, &no_host), 0);
	assert_int_equal(keep_recall_from(&again, data, length), 0);
	free(data);
	c = conn_adopt(&again, &five);
	assert_true(c->recalled && c->kept && !c->orphan);
	assert_string_equal(end(c, other, true), "!EAGAIN");
	assert_string_equal(end(c, other, true), "!ENOENT");
	assert_true(begin(c) > other);
	conn_destroy(c);
	end_again();
}

static void test_half_a_message(void **state)
{
	struct xen_xsd_sockmsg header = {XS_WRITE, 9, 0, 6};
	struct conn *c = guest(5);
	void *where;

	(void)state;
	SAY(dom0, XS_MKDIR, 0, "/x|");
	SAY(dom0, XS_SET_PERMS, 0, "/x|b5|");
	for (size_t i = 0; i < sizeof(header); i++) {
		assert_true(conn_wanted(c, &where) > 0);
		memcpy(where, (char *)&header + i, 1);
		assert_int_equal(conn_received(c, 1), 0);
		c->ring_read++;
		keep_turn(&store, c);
		assert_same();
	}
	for (size_t i = 0; i < 6; i++) {
		assert_true(conn_wanted(c, &where) > 0);
		memcpy(where, "/x/y\0z" + i, 1);
		assert_int_equal(conn_received(c, 1), 0);
		keep_turn(&store, c);
		assert_same();
	}
	assert_true(c->reply_length > 0); /* waits to be sent */
	assert_non_null(strstr(shown[1], "/x/y 7a"));
}

/* Socket clients' own things are not kept. */
static void test_sockets_are_not_kept(void **state)
{
	(void)state;
	SAY(dom0, XS_WATCH, 0, "/|t|");
	(void)begin(dom0);
	keep_turn(&store, dom0);
	assert_same();
	assert_null(strstr(shown[1], "client 0"));
}

static void test_it_does_not_grow_for_ever(void **state)
{
	char value[1001];
	size_t length, most = 0;

	(void)state;
	memset(value, 'v', 1000);
	value[1000] = '\0';
	SAY(guest(5), XS_WATCH, 0, "/|t|");
	for (unsigned int i = 0; i < 5000; i++) {
		SAY(dom0, XS_WRITE, 0, "/x/%u|%s", i % 7, value);
		free(load(&length));
		most = length > most ? length : most;
		if (i % 500 == 0)
			assert_same();
	}
	assert_true(most < 2u << 20);
	assert_same();
	assert_int_equal(access("/tmp/none", F_OK), -1);
}

/* Anything, in any order. */
static void test_a_storm(void **state)
{
	static const char *const nodes[] = {"/w", "/w/a", "/w/a/b", "/w/c", "/w/a/b/d/e"};
	unsigned int seed = 3;
	uint32_t tx[4] = {0};

	(void)state;
	SAY(dom0, XS_MKDIR, 0, "/w|");
	SAY(dom0, XS_SET_PERMS, 0, "/w|b0|");
	store.quota.limit[QUOTA_EVENTS] = 6;
	for (unsigned int i = 0; i < 3000; i++) {
		unsigned int dice = (unsigned int)rand_r(&seed) >> 3, who = dice % 4;
		struct conn *c = who ? guest((uint16_t)(4 + who)) : dom0;
		const char *node = nodes[dice / 4 % 5];
		uint32_t id = dice & 1024 ? tx[who] : 0;
		const void *data;
		size_t length;

		switch (dice / 32 % 12) {
		case 0:
		case 1:
			TRY(c, XS_WRITE, id, "%s|%u", node, i);
			break;
		case 2:
			if (dice & 2048 && strcmp(node, "/w"))
				TRY(c, XS_RM, id, "%s|", node);
			break;
		case 3:
			TRY(c, XS_SET_PERMS, id, "%s|b%u|r5|", node, who ? 4 + who : 0);
			break;
		case 4:
			TRY(c, XS_WATCH, 0, "%s|t%u|", node, dice >> 12 & 3);
			break;
		case 5:
			TRY(c, XS_UNWATCH, 0, "%s|t%u|", node, dice >> 12 & 3);
			break;
		case 6:
			if (!tx[who])
				tx[who] = begin(c);
			break;
		case 7:
			if (tx[who])
				(void)end(c, tx[who], dice & 4096);
			tx[who] = 0;
			break;
		case 8:
			if (dice & 4096 && who) {
				TRY(dom0, XS_RELEASE, 0, "%u|", 4 + who);
				tx[who] = 0;
			}
			break;
		case 9:
			if (dice % 31 == 0 && who) {
				conn_reset(c);
				tx[who] = 0;
			}
			break;
		default:
			length = conn_output(c, &data);
			conn_sent(c, dice & 8192 ? length : length / 2);
			c->ring_written += (uint32_t)length;
			if (!(dice & 8192) && (length = conn_output(c, &data)))
				conn_sent(c, length);
		}
		keep_turn(&store, NULL);
		c = domain_find(&store, (uint16_t)(4 + who)) ? guest((uint16_t)(4 + who)) : NULL;
		keep_turn(&store, c);
		if (i % 10 == 0)
			assert_same();
		if (i % 70 == 0) /* all of it anew */
			assert_int_equal(keep_start(&store, path), 0);
		if (i % 70 == 0)
			assert_same();
	}
}

/* --- files that are not as they should be --- */

static uint8_t *something(size_t *length)
{
	uint8_t *data;

	SAY(dom0, XS_INTRODUCE, 0, "5|1|2|");
	SAY(dom0, XS_WRITE, 0, "/local/domain/5/a|1");
	SAY(dom0, XS_SET_PERMS, 0, "/local/domain/5/a|n5|r6|");
	SAY(guest(5), XS_WATCH, 0, "a|token|");
	SAY(dom0, XS_WRITE, 0, "/local/domain/5/a|2");
	(void)begin(guest(5));
	keep_turn(&store, guest(5));
	SAY(dom0, XS_RM, 0, "/local/domain/5/a|");
	data = load(length);
	while (*length && !data[*length - 1])
		--*length;
	*length += 4;
	return data;
}

static void assert_sound(const uint8_t *data, size_t length)
{
	int rc;

	assert_int_equal(store_create(&again, &no_host), 0);
	rc = keep_recall_from(&again, data, length);
	assert_true(rc == 0 || rc == -EINVAL);
	assert_int_equal(store_audit(&again), 0);
	end_again();
}

static void test_cut_anywhere(void **state)
{
	size_t length;
	uint8_t *data = something(&length);

	(void)state;
	for (size_t n = 0; n < length; n++)
		assert_sound(data, n);
	free(data);
}

static void test_damaged_anywhere(void **state)
{
	size_t length;
	uint8_t *data = something(&length);

	(void)state;
	for (size_t n = 0; n < length; n++) {
		data[n] ^= 0x41;
		assert_sound(data, length);
		data[n] ^= 0x41;
	}
	free(data);
}

/* A batch whose end did not get there is as if it had not been. */
static void test_the_last_batch_is_lost(void **state)
{
	size_t length;
	uint8_t *data;

	(void)state;
	SAY(dom0, XS_WRITE, 0, "/a|1");
	(void)show(&store, 0);
	data = load(&length);
	free(data);
	SAY(dom0, XS_WRITE, 0, "/b|2");
	data = load(&length);
	while (!data[length - 1])
		length--;
	data[length - 1] ^= 1;
	assert_int_equal(store_create(&again, &no_host), 0);
	assert_int_equal(keep_recall_from(&again, data, length), 0);
	assert_string_equal(show(&again, 1), shown[0]);
	end_again();
	free(data);
}

static void test_files_of_others(void **state)
{
	uint8_t *data;
	size_t length;

	(void)state;
	assert_int_equal(journal_load("/tmp/shoji-there-is-none", &data, &length), -ENOENT);
	chmod(path, 0666);
	assert_int_equal(journal_load(path, &data, &length), -EPERM);
	chmod(path, 0600);
	assert_int_equal(keep_recall_from(&store, (const uint8_t *)"SHOJIST2 and more", 17),
			 -EINVAL);
}

/* The store outlives its journal. */
static void test_no_memory_no_journal(void **state)
{
	(void)state;
	for (long n = 0; n < 200 && store.journal; n++) {
		mem_fail_after = n;
		(void)askf(dom0, XS_WRITE, 0, "/m/%ld|%01000d", n, 1);
		keep_turn(&store, dom0);
		mem_fail_after = -1;
		if (store.journal)
			assert_same();
	}
	assert_non_null(store.journal); /* it needs none, once it has some */
	mem_fail_after = -1;
	keep_stop(&store);
	unlink(path);
	mem_fail_after = 0;
	assert_int_equal(keep_start(&store, path), -ENOMEM);
	mem_fail_after = -1;
	assert_null(store.journal);
	assert_int_equal(access(path, F_OK), -1);
	assert_string_equal(TRY(dom0, XS_WRITE, 0, "/still|here"), "OK|");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_nodes),
		CASE(test_replaced_in_one_commit),
		CASE(test_domains),
		CASE(test_watches_and_events),
		CASE(test_a_flood_of_events),
		CASE(test_transactions),
		CASE(test_half_a_message),
		CASE(test_sockets_are_not_kept),
		CASE(test_it_does_not_grow_for_ever),
		CASE(test_a_storm),
		CASE(test_cut_anywhere),
		CASE(test_damaged_anywhere),
		CASE(test_the_last_batch_is_lost),
		CASE(test_files_of_others),
		CASE(test_no_memory_no_journal),
	};

	return cmocka_run_group_tests_name("store_journal", tests, NULL, NULL);
}
