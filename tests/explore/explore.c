/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The explorer: all states that small worlds can come to, breadth first.
 *
 * From each state, every operation of each vCPU is tried alone, and every pair of operations of the
 * two in every order of their steps (step.c says what a step is); so are operations that are
 * interrupted at their first preemption point, which leads to all the others. Pairs that touch no
 * word in common are left out, for they do what one after the other does. A state that was seen
 * before, in the sense of state_hash(), is not looked at again.
 *
 * usage: explore [-s] [-n switches] [-t seconds] [world...]
 *	-s	the small worlds
 *	-n	in a pair, go from one CPU to the other at most so often, waiting not counted;
 *		0: no pairs
 *	-t	so many seconds of processor time for each world
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "world.h"
#include "worlds.h"

#define OPS_MAX	  400
#define MID_MAX	  2000 /* states in the middle, on the way to one */
#define BOUND_MAX 9    /* more switches than that: all orders */

/* --- hashes, each with a number --- */

struct map {
	struct slot {
		uint64_t hash; /* 0: free */
		uint64_t value;
	} * slots;
	size_t room, used;
};

static void map_clear(struct map *m, size_t room)
{
	if (m->room != room) {
		free(m->slots);
		m->slots = malloc(room * sizeof(*m->slots));
		m->room = room;
	}
	memset(m->slots, 0, room * sizeof(*m->slots));
	m->used = 0;
}

static struct slot *map_slot(const struct map *m, uint64_t hash)
{
	size_t i = hash & (m->room - 1);

	while (m->slots[i].hash && m->slots[i].hash != hash)
		i = (i + 1) & (m->room - 1);
	return &m->slots[i];
}

static void map_grow(struct map *m)
{
	struct map old = *m;

	m->room = 0;
	m->slots = NULL;
	map_clear(m, old.room * 2);
	for (size_t i = 0; i < old.room; i++)
		if (old.slots[i].hash)
			*map_slot(m, old.slots[i].hash) = old.slots[i];
	m->used = old.used;
	free(old.slots);
}

/* Its number; `first` if it is new, which is then stored. */
static uint64_t *map_find(struct map *m, uint64_t hash, uint64_t first, bool *new)
{
	struct slot *s;

	if (m->used * 3 > m->room * 2)
		map_grow(m);
	s = map_slot(m, hash + !hash);
	*new = !s->hash;
	if (*new) {
		*s = (struct slot){hash + !hash, first};
		m->used++;
	}
	return &s->value;
}

/* --- states --- */

struct state {
	uint32_t from; /* how it was found: in that state, */
	uint16_t a, b; /* operations; b: NONE_OP if it was a alone */
	char *kept;    /* until it has been looked at */
	uint64_t tlb;
	uint32_t next; /* with the same hash, or NO_STATE */
};
#define NONE_OP	 0xffff
#define NO_STATE UINT32_MAX

static struct map seen, middle;
static struct state *found;
static size_t states, states_room, states_worse;
static struct op ops[OPS_MAX];
static unsigned int op_count;
static uint32_t current;
static unsigned int switches = ~0u; /* from one CPU to the other, in a pair, at most */
static unsigned long transitions, pairs, pairs_apart, orders;

static void show_way(uint32_t to)
{
	const struct state *w = &found[to];

	if (!to)
		return;
	show_way(w->from);
	printf("    %s", op_text(&ops[w->a]));
	if (w->b != NONE_OP)
		printf("  with  %s", op_text(&ops[w->b]));
	printf("\n");
}

static unsigned int trying[2] = {NONE_OP, NONE_OP}; /* for the case of a fault */

static void complain(unsigned int a, unsigned int b)
{
	printf("WRONG: %s\n  after:\n", wrong);
	show_way(current);
	printf("  in:\n    %s", op_text(&ops[a]));
	if (b != NONE_OP)
		printf("  with  %s", op_text(&ops[b]));
	printf("\n");
}

/* A bad pointer in the middle of an operation. */
static void fault(int number)
{
	(void)number;
	wrong = "a fault";
	complain(trying[0], trying[1]);
	printf("0 passed, 1 failed\n");
	fflush(stdout);
	_exit(1);
}

static void catch_faults(void)
{
	static char stack[65536];
	stack_t where = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_handler = fault, .sa_flags = SA_ONSTACK};

	sigaltstack(&where, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

/* Is there a state with this hash in which the TLBs know as much or more? Those that know less, and
 * wait to be looked at, need not be. */
static bool covered(uint32_t first, uint64_t tlb)
{
	for (uint32_t n = first; n != NO_STATE; n = found[n].next) {
		struct state *s = &found[n];

		if (!(tlb & ~s->tlb))
			return true;
		if (s->kept && n > current && !(s->tlb & ~tlb)) {
			free(s->kept);
			s->kept = NULL;
			states_worse++;
		}
	}
	return false;
}

static void add_state(unsigned int a, unsigned int b)
{
	static char buffer[STATE_BYTES];
	uint64_t tlb, *first, hash = state_hash(&tlb);
	bool new;
	size_t bytes;

	first = map_find(&seen, hash, NO_STATE, &new);
	if (!new &&covered((uint32_t)*first, tlb))
		return;
	if (states == states_room) {
		states_room = states_room ? states_room * 2 : 1024;
		found = realloc(found, states_room * sizeof(*found));
	}
	bytes = state_save(buffer);
	found[states] = (struct state){current,	    (uint16_t)a,
				       (uint16_t)b, memcpy(malloc(bytes), buffer, bytes),
				       tlb,	    (uint32_t)*first};
	*first = states++;
}

/* Both CPUs are through. */
static void arrived(unsigned int a, unsigned int b)
{
	transitions++;
	check_quiet();
	if (!wrong)
		add_state(a, b);
}

/* --- one operation alone --- */

static struct footprint alone[OPS_MAX]; /* what each touches in the current state */

static void run_alone(unsigned int a)
{
	static const struct footprint nothing;
	enum ended e;

	trying[0] = a;
	trying[1] = NONE_OP;
	cpus_clear();
	cpu_begin(ops[a].slot, &ops[a]);
	e = cpu_go(ops[a].slot, &nothing);
	alone[a] = *cpu_touched(ops[a].slot);
	if (e == WAITS)
		check_failed("the operation waits for nobody");
	if (!wrong)
		arrived(a, NONE_OP);
}

/* --- two at once --- */

struct pair {
	unsigned int op[2];
	struct footprint print[2];
	bool grown; /* it touches more than was known */
};

static void learn(struct pair *p)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct footprint *now = cpu_touched(i);
		struct footprint was = p->print[i];

		p->print[i].reads |= now->reads;
		p->print[i].writes |= now->writes;
		if (was.reads != p->print[i].reads || was.writes != p->print[i].writes)
			p->grown = true;
	}
}

static size_t save_all(char *to)
{
	size_t bytes = state_save(to);

	bytes += cpus_save(to + bytes);
	if (bytes > STATE_BYTES)
		abort();
	return bytes;
}

static void load_all(const char *from)
{
	cpus_load(from + state_load(from));
}

static bool been_here(const char *state, size_t bytes, uint64_t seed)
{
	bool new;

	(void)map_find(&middle, bytes_hash(state, bytes, seed), 0, &new);
	return !new;
}

/* Who may go on. */
struct turn {
	unsigned int last;   /* has just made a step and could make another; or NONE */
	unsigned int left;   /* so often may the other be preferred */
	unsigned int barred; /* has just found that it must wait; or NONE */
	unsigned int waits;  /* steps in a row that came to nothing but waiting */
};
#define WAITS_MAX 6 /* both have looked again after the other's last step, for certain */

static void go_on(struct pair *p, char *room, struct turn turn);

static struct turn next_turn(struct turn t, enum ended e, unsigned int i)
{
	t.left -= t.last != NONE && t.last != i;
	t.last = e == POINT ? i : NONE;
	t.barred = e == WAITS ? i : NONE;
	t.waits = e == WAITS ? t.waits + 1 : 0;
	return t;
}

/* One more step of CPU i, or all of it if the other may not come in between; then what follows. */
static void step(struct pair *p, char *room, unsigned int i, struct turn turn)
{
	static const struct footprint nothing;
	bool last = turn.last != NONE && turn.last != i && turn.left == 1;
	enum ended e = cpu_go(i, turn.left && !last ? &p->print[!i] : &nothing);

	orders++;
	learn(p);
	if (!wrong)
		check_now();
	if (wrong)
		return;
	if (cpu_busy(0) || cpu_busy(1))
		go_on(p, room, next_turn(turn, e, i));
	else
		arrived(p->op[0], p->op[1]);
}

static bool may_go(struct turn t, unsigned int i)
{
	if (!cpu_busy(i) || (t.barred == i && cpu_busy(!i)))
		return false;
	return t.last == NONE || t.last == i || t.left;
}

/* All that can come of the state at hand, which is in the middle of a pair. Saved states lie one
 * behind the other, as deep as we are. */
static void go_on(struct pair *p, char *room, struct turn turn)
{
	static unsigned int depth;
	size_t bytes = save_all(room);
	uint64_t seed = turn.left > BOUND_MAX ? 0 : 8 * turn.left + 2 * (turn.last & 3);
	bool again = false;

	if (turn.waits > WAITS_MAX)
		check_failed("everybody waits for somebody else");
	if (wrong || (turn.left && been_here(room, bytes, seed + (turn.barred & 1))))
		return;
	if (++depth > MID_MAX)
		abort();
	for (unsigned int i = 0; i < 2 && !wrong; i++) {
		if (again)
			load_all(room);
		if (!may_go(turn, i))
			continue;
		step(p, room + bytes, i, turn);
		again = true;
	}
	depth--;
}

static bool apart(const struct footprint *a, const struct footprint *b)
{
	return !(a->writes & (b->reads | b->writes)) && !(a->reads & b->writes);
}

static void run_pair(const char *from, unsigned int a, unsigned int b)
{
	static char *room;
	struct pair p = {{a, b}, {alone[a], alone[b]}, false};

	if (!room)
		room = malloc((MID_MAX + 1) * (size_t)STATE_BYTES);
	pairs++;
	trying[0] = a;
	trying[1] = b;
	if (apart(&p.print[0], &p.print[1])) {
		pairs_apart++;
		return;
	}
	do {
		p.grown = false;
		map_clear(&middle, 1024);
		(void)state_load(from);
		cpus_clear();
		cpu_begin(0, &ops[a]);
		cpu_begin(1, &ops[b]);
		go_on(&p, room, (struct turn){NONE, switches, NONE, 0});
	} while (p.grown && !wrong);
	if (wrong)
		complain(a, b);
}

/* --- everything --- */

static void from_state(const char *state)
{
	for (unsigned int a = 0; a < op_count && !wrong; a++) {
		(void)state_load(state);
		run_alone(a);
		if (wrong)
			complain(a, NONE_OP);
	}
	for (unsigned int a = 0; a < op_count && switches && !wrong; a++)
		for (unsigned int b = 0; b < op_count && !wrong; b++)
			if (ops[a].slot == 0 && ops[b].slot == 1)
				run_pair(state, a, b);
}

static double clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void report(const struct setup *s, double seconds)
{
	printf("%-10s %8zu states%s, %10lu transitions, %9lu pairs (%lu apart), %11lu orders, %lu "
	       "steps, %.1f s\n",
	       s->name, states - states_worse, current < states ? " (not all)" : "", transitions,
	       pairs, pairs_apart, orders, steps_taken, seconds);
	fflush(stdout);
}

/* Not all, but all that there was time for, is right only where a limit was asked for. */
static bool explore(const struct setup *s, double seconds)
{
	double began = clock_now();

	world_start(s);
	op_count = ops_list(ops, OPS_MAX);
	if (op_count == OPS_MAX)
		abort();
	map_clear(&seen, 1 << 16);
	states = states_worse = current = 0;
	transitions = pairs = pairs_apart = orders = steps_taken = 0;
	wrong = NULL;
	check_quiet();
	if (wrong)
		printf("WRONG: %s\n  at the beginning\n", wrong);
	add_state(0, NONE_OP);
	for (; current < states && !wrong; current++) {
		char *kept = found[current].kept;

		if (!kept)
			continue;
		from_state(kept);
		free(kept);
		found[current].kept = NULL;
		if (seconds > 0 && clock_now() - began > seconds)
			break;
	}
	report(s, clock_now() - began);
	return !wrong && (current == states || seconds > 0);
}

static bool chosen(const struct setup *s, bool small, char **names, int n)
{
	if (!n)
		return s->small || !small;
	for (int i = 0; i < n; i++)
		if (!strcmp(names[i], s->name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	bool small = false;
	double seconds = 0;
	unsigned int passed = 0, failed = 0;
	int option;

	catch_faults();
	while ((option = getopt(argc, argv, "st:n:")) != -1) {
		if (option == 's')
			small = true;
		else if (option == 't')
			seconds = atof(optarg);
		else if (option == 'n')
			switches = (unsigned int)atoi(optarg);
		else
			return 2;
	}
	for (const struct setup *s = worlds; s->name; s++)
		if (chosen(s, small, argv + optind, argc - optind))
			*(explore(s, seconds) ? &passed : &failed) += 1;
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}
