/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * screen.c: `shoji top` on a terminal, with ncurses. Every key works at once; the columns that do
 * not fit on a narrow terminal are left out from the right.
 */
#include <locale.h>
#include <ncurses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "top.h"

#define HEAD_LINES 3

static const struct {
	int key;
	enum top_order order;
} order_keys[] = {
	{'c', TOP_BY_CPU}, {'m', TOP_BY_MEMORY}, {'d', TOP_BY_DISK},
	{'n', TOP_BY_NET}, {'a', TOP_BY_NAME},	 {'i', TOP_BY_ID},
};

static const char help_line[] = "sort: c CPU  m memory  d disk  n net  a name  i id   "
				"+/- delay   arrows scroll   q leave";

struct screen {
	struct top_sample samples[2];
	struct top_view view;
	unsigned int current; /* of samples */
	unsigned int first;   /* row at the top */
	enum top_order order;
	unsigned int delay_ms;
};

static void head(const struct screen *s)
{
	const struct top_sample *now = &s->samples[s->current];
	char line[200];

	snprintf(line, sizeof(line),
		 "shoji top: %u domains, %u CPUs %.0f%% busy, memory %llu of %llu MiB free",
		 now->count, now->cpus, now->cpus ? s->view.cpu_percent / now->cpus : 0,
		 (unsigned long long)now->free_kib / 1024,
		 (unsigned long long)now->total_kib / 1024);
	mvaddnstr(0, 0, line, COLS);
	snprintf(line, sizeof(line), "every %.1f s, sorted by %s", s->delay_ms / 1000.0,
		 top_order_name(s->order));
	mvaddnstr(1, 0, line, COLS);
	attron(A_REVERSE);
	snprintf(line, sizeof(line), "%5s %-20s %-9s %6s %7s %5s %7s %7s %7s %7s", "ID", "NAME",
		 "STATE", "CPU%", "MEM/MiB", "VCPUS", "READ/s", "WRITE/s", "IN/s", "OUT/s");
	mvprintw(2, 0, "%-*.*s", COLS, COLS, line);
	attroff(A_REVERSE);
}

static void row(int y, const struct top_row *r)
{
	char line[200], read[8], written[8], in[8], out[8];

	top_amount(read, r->disk_read);
	top_amount(written, r->disk_written);
	top_amount(in, r->net_in);
	top_amount(out, r->net_out);
	snprintf(line, sizeof(line), "%5u %-20.20s %-9s %6.1f %7llu %5u %7s %7s %7s %7s",
		 r->now->domid, r->now->name, r->now->state, r->cpu_percent,
		 (unsigned long long)r->now->memory_kib / 1024, r->now->vcpus, read, written, in,
		 out);
	mvaddnstr(y, 0, line, COLS);
}

static void draw(struct screen *s)
{
	unsigned int lines = LINES > HEAD_LINES + 1 ? (unsigned int)LINES - HEAD_LINES - 1 : 0;

	if (s->first + lines > s->view.count)
		s->first = s->view.count > lines ? s->view.count - lines : 0;
	erase();
	head(s);
	for (unsigned int i = 0; i < lines && s->first + i < s->view.count; i++)
		row(HEAD_LINES + (int)i, &s->view.rows[s->first + i]);
	if (LINES > HEAD_LINES) {
		attron(A_DIM);
		mvaddnstr(LINES - 1, 0, help_line, COLS - 1);
		attroff(A_DIM);
	}
	refresh();
}

static void set_view(struct screen *s)
{
	top_rates(&s->samples[!s->current], &s->samples[s->current], &s->view);
	top_sort(&s->view, s->order);
}

/* False: leave. */
static bool key(struct screen *s, int k)
{
	for (size_t i = 0; i < sizeof(order_keys) / sizeof(order_keys[0]); i++)
		if (order_keys[i].key == k)
			s->order = order_keys[i].order;
	switch (k) {
	case 'q':
	case 'Q':
	case 3:
	case 27:
		return false;
	case '+':
		s->delay_ms = s->delay_ms < 60000 ? s->delay_ms * 2 : s->delay_ms;
		break;
	case '-':
		s->delay_ms = s->delay_ms > 200 ? s->delay_ms / 2 : s->delay_ms;
		break;
	case KEY_DOWN:
		s->first++;
		break;
	case KEY_UP:
		s->first -= s->first > 0;
		break;
	case KEY_NPAGE:
		s->first += 10;
		break;
	case KEY_PPAGE:
		s->first -= s->first > 10 ? 10 : s->first;
		break;
	}
	set_view(s);
	return true;
}

/* Keys until the time for the next sample; false: leave. */
static bool take_keys(struct screen *s)
{
	int k;

	timeout((int)s->delay_ms);
	while ((k = getch()) != ERR) {
		if (!key(s, k))
			return false;
		draw(s); /* KEY_RESIZE comes here, too: the new size is known by now */
		if (k == KEY_RESIZE)
			continue;
		break;
	}
	return true;
}

static int run(struct screen *s, struct hv *hv, struct store_client *store, struct failure *f)
{
	if (top_take_sample(hv, store, &s->samples[0], f))
		return -1;
	s->samples[1] = s->samples[0];
	set_view(s);
	draw(s);
	timeout(300); /* the first rates soon */
	if (!key(s, getch()))
		return 0;
	do {
		unsigned int next = !s->current;

		if (top_take_sample(hv, store, &s->samples[next], f))
			return -1;
		s->current = next;
		set_view(s);
		draw(s);
	} while (take_keys(s));
	return 0;
}

int top_screen(struct hv *hv, struct store_client *store, struct top_options options,
	       struct failure *f)
{
	struct screen *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return fail_errno(f, FAIL_GENERAL, "show the domains", NULL, NULL);
	s->order = options.order;
	s->delay_ms = options.delay_ms;
	setlocale(LC_ALL, "");
	if (!initscr()) {
		free(s);
		return fail_set(f, FAIL_GENERAL, "use the terminal", getenv("TERM"),
				"set TERM, or use 'shoji top --batch'", "it is unknown");
	}
	raw();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	set_escdelay(50);
	rc = run(s, hv, store, f);
	endwin();
	free(s);
	return rc;
}
