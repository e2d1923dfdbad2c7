/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A QEMU plugin that finds the longest runs of hypervisor instructions in which no guest runs and
 * no interrupt can come.
 *
 * A run begins with the first hypervisor instruction after one of a guest's (or after an STI or HLT
 * of the idle loop, or with an interrupt) and ends at the next of those. It belongs to the moment's
 * mark, a no-op that the guest executes ("nopl 0x53480000 + id(%rax,%rax)", as in count.c), and to
 * what it went through: a vector's stub, or the functions that carry out hypercalls, told by their
 * names. Per mark and way, the longest run is kept, with the functions it spent its instructions
 * in. A repeated string instruction counts once per step.
 *
 * Arguments: out=FILE, symbols=FILE (`nm -n` of the hypervisor: "address type name"). QEMU runs
 * with -icount, so all CPUs are one thread. Written at the end, one line per mark and way: "longest
 * runs total mark way function=instructions…".
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

#define CPUS	64
#define SYMBOLS 8192
#define DEPTH	4
#define TOP	8
#define RECORDS 4096

static struct symbol {
	uint64_t at;
	bool way; /* part of a run's name */
	char name[64];
} symbols[SYMBOLS];
static unsigned int symbol_count;

struct block {
	unsigned int instructions, symbol;
	bool entry;	/* begins the function */
	bool interrupt; /* which is the stub of one: somebody was interruptible */
};

static struct cpu {
	bool in, guest_seen;
	uint64_t length;
	unsigned int mark, depth, way[DEPTH];
	unsigned int touched[SYMBOLS], touched_count;
	uint32_t spent[SYMBOLS];
} cpus[CPUS];

static struct record {
	unsigned int mark, depth, way[DEPTH];
	uint64_t longest, runs, total;
	unsigned int top[TOP];
	uint32_t top_spent[TOP];
} records[RECORDS];
static unsigned int record_count;
static FILE *out;
static const char guest_kernel; /* its address tells that a block is one's */

static bool is_hypervisor(uint64_t va)
{
	return va >= 0xffff800000000000ULL && va < 0xffff880000000000ULL;
}

/* --- a run's end --- */

static struct record *find_record(const struct cpu *c)
{
	struct record *r;

	for (unsigned int i = 0; i < record_count; i++) {
		r = &records[i];
		if (r->mark == c->mark && r->depth == c->depth &&
		    !memcmp(r->way, c->way, c->depth * sizeof(c->way[0])))
			return r;
	}
	if (record_count == RECORDS)
		return &records[0];
	r = &records[record_count++];
	r->mark = c->mark;
	r->depth = c->depth;
	memcpy(r->way, c->way, sizeof(r->way));
	return r;
}

static void keep_top(struct record *r, const struct cpu *c)
{
	memset(r->top_spent, 0, sizeof(r->top_spent));
	for (unsigned int i = 0; i < c->touched_count; i++) {
		unsigned int s = c->touched[i], at = TOP;

		while (at && c->spent[s] > r->top_spent[at - 1])
			at--;
		if (at == TOP)
			continue;
		memmove(&r->top[at + 1], &r->top[at], (TOP - 1 - at) * sizeof(r->top[0]));
		memmove(&r->top_spent[at + 1], &r->top_spent[at],
			(TOP - 1 - at) * sizeof(r->top_spent[0]));
		r->top[at] = s;
		r->top_spent[at] = c->spent[s];
	}
}

static void end_run(struct cpu *c)
{
	if (c->in && c->guest_seen) {
		struct record *r = find_record(c);

		r->runs++;
		r->total += c->length;
		if (c->length > r->longest) {
			r->longest = c->length;
			keep_top(r, c);
		}
	}
	for (unsigned int i = 0; i < c->touched_count; i++)
		c->spent[c->touched[i]] = 0;
	c->touched_count = 0;
	c->length = 0;
	c->depth = 0;
	c->in = false;
}

/* --- what is executed --- */

static void at_guest_block(unsigned int vcpu, void *data)
{
	struct cpu *c = &cpus[vcpu % CPUS];

	if (c->in)
		end_run(c);
	if (data) /* a kernel's: the firmware is over */
		c->guest_seen = true;
}

static void at_block(unsigned int vcpu, void *data)
{
	const struct block *b = data;
	struct cpu *c = &cpus[vcpu % CPUS];

	if (b->interrupt)
		end_run(c);
	c->in = true;
	c->length += b->instructions;
	if (!c->spent[b->symbol])
		c->touched[c->touched_count++] = b->symbol;
	c->spent[b->symbol] += b->instructions;
	if (b->entry && symbols[b->symbol].way && c->depth < DEPTH &&
	    (!c->depth || c->way[c->depth - 1] != b->symbol))
		c->way[c->depth++] = b->symbol;
}

static void at_opening(unsigned int vcpu, void *data)
{
	(void)data;
	end_run(&cpus[vcpu % CPUS]);
}

static void at_mark(unsigned int vcpu, void *data)
{
	cpus[vcpu % CPUS].mark = (unsigned int)(uintptr_t)data;
}

/* --- what is translated --- */

static unsigned int find_symbol(uint64_t va)
{
	unsigned int low = 0, high = symbol_count;

	while (high - low > 1) {
		unsigned int middle = (low + high) / 2;

		if (symbols[middle].at <= va)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Exceptions come at any time, interrupts only where they are let in. */
static bool is_interrupt(const char *name)
{
	static const char stub[] = "entry_vector_";

	return !strncmp(name, stub, strlen(stub)) && atoi(name + strlen(stub)) >= 32;
}

static void look_for_opening(struct qemu_plugin_insn *i)
{
	const uint8_t *b = qemu_plugin_insn_data(i);

	if (qemu_plugin_insn_size(i) == 1 && (*b == 0xfb || *b == 0xf4)) /* STI, HLT */
		qemu_plugin_register_vcpu_insn_exec_cb(i, at_opening, CB_NO_REGS, NULL);
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	uint64_t va = qemu_plugin_tb_vaddr(tb);
	bool ours = is_hypervisor(va);
	struct block *b;

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (ours)
			look_for_opening(insn);
		else
			look_for_mark(insn, at_mark);
	}
	if (!ours) {
		qemu_plugin_register_vcpu_tb_exec_cb(tb, at_guest_block, CB_NO_REGS,
						     va >> 63 ? (void *)(uintptr_t)&guest_kernel
							      : NULL);
		return;
	}
	b = malloc(sizeof(*b)); /* as long as the machine runs */
	if (!b)
		abort();
	b->instructions = (unsigned int)n;
	b->symbol = find_symbol(va);
	b->entry = symbols[b->symbol].at == va;
	b->interrupt = b->entry && is_interrupt(symbols[b->symbol].name);
	qemu_plugin_register_vcpu_tb_exec_cb(tb, at_block, CB_NO_REGS, b);
}

/* --- start and end --- */

static void at_exit(qemu_plugin_id_t id, void *data)
{
	(void)id, (void)data;
	for (unsigned int i = 0; i < record_count; i++) {
		const struct record *r = &records[i];

		fprintf(out, "%lu %lu %lu %u ", (unsigned long)r->longest, (unsigned long)r->runs,
			(unsigned long)r->total, r->mark);
		for (unsigned int n = 0; n < r->depth; n++)
			fprintf(out, "%s%s", n ? ">" : "", symbols[r->way[n]].name);
		fprintf(out, "%s", r->depth ? "" : "-");
		for (unsigned int n = 0; n < TOP && r->top_spent[n]; n++)
			fprintf(out, " %s=%u", symbols[r->top[n]].name, r->top_spent[n]);
		fprintf(out, "\n");
	}
	fclose(out);
}

/* Functions that name a run: those of hypercalls, and vectors. */
static bool names_a_run(const char *name)
{
	static const char *const prefixes[] = {"abi_",	  "domctl_",  "sysctl_",      "platform_",
					       "memory_", "trap_ist", "entry_vector_"};
	static const char *const others[] = {"abi_call", "abi_hypercall", "abi_continue",
					     "abi_unknown"};

	for (unsigned int i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(name, others[i]))
			return false;
	for (unsigned int i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static int read_symbols(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned long at;
	char type, name[64];

	if (!file)
		return -1;
	while (symbol_count < SYMBOLS && fscanf(file, "%lx %c %63s", &at, &type, name) == 3) {
		struct symbol *s = &symbols[symbol_count];

		if (type != 't' && type != 'T')
			continue;
		s->at = at;
		s->way = names_a_run(name);
		memcpy(s->name, name, sizeof(name));
		symbol_count++;
	}
	fclose(file);
	return symbol_count ? 0 : -1;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
		if (!strncmp(argv[i], "symbols=", 8) && read_symbols(argv[i] + 8)) {
			fprintf(stderr, "longest: no symbols in %s\n", argv[i] + 8);
			return 1;
		}
	}
	if (!out || !symbol_count) {
		fprintf(stderr, "longest: out=FILE and symbols=FILE are needed\n");
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_atexit_cb(id, at_exit, NULL);
	return 0;
}
