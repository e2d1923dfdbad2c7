/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A QEMU plugin that counts instructions by who runs them, told apart by address: user (lower
 * half), hypervisor (L4 slots 256-271), kernel (the rest of the upper half); beside them the
 * instructions and addresses of enum event. A program marks a moment by the no-op
 * "nopl 0x53480000 + id(%rax,%rax)" (bytes 0f 1f 84 00, then the 32-bit number), see marks.h: id
 * 0x200 + x appends the hexadecimal digit x to a value, any other id writes a line:
 *
 *	id value user kernel hypervisor cr3 flushes syscalls hypercalls exits watch0 … watch3
 *
 * the value (0 if there was none) and all counters since the start. Arguments:
 *
 *	out=FILE	the lines
 *	watch=FILE	lines "fault ADDRESS" and "upcall ADDRESS": where the kernel's handlers
 *begin profile=FILE	blocks of code that ran between the marks 0x1000 + n and 0x2000 + n, n > 0:
 *lines "n address instructions executions" (ids below MARK_BEGIN are not profiled)
 *
 * An instruction block counts as a whole when it is entered, so a fault in its midst counts what
 * follows it in the block (a few instructions). QEMU runs with -icount, so all CPUs are one thread:
 * plain counters will do.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

enum who { USER, KERNEL, HYPERVISOR, WHO };

enum event {
	CR3_LOAD,
	FLUSH,	   /* invlpg, invpcid, load of CR4 */
	SYSCALL,   /* by a program */
	HYPERCALL, /* syscall by a kernel */
	EXIT,	   /* iretq, sysretq of the hypervisor */
	WATCH0,
	WATCHES = 4,
	EVENTS = WATCH0 + WATCHES
};

struct block {
	struct block *next;
	uint64_t va, instructions, runs, runs_before;
};

struct watch {
	uint64_t va;
	enum event event;
};

#define WATCH_MAX    256
#define BLOCK_CHAINS 65536

static uint64_t counts[WHO], events[EVENTS], value;
static FILE *out, *profile;
static struct watch watches[WATCH_MAX];
static size_t watch_count;
static struct block *blocks[BLOCK_CHAINS];

static enum who who_is(uint64_t va)
{
	if (!(va >> 63))
		return USER;
	return va >= 0xffff800000000000ULL && va < 0xffff880000000000ULL ? HYPERVISOR : KERNEL;
}

static void write_line(unsigned int id)
{
	fprintf(out, "%u %" PRIu64, id, value);
	for (int i = 0; i < WHO; i++)
		fprintf(out, " %" PRIu64, counts[i]);
	for (int i = 0; i < EVENTS; i++)
		fprintf(out, " %" PRIu64, events[i]);
	fputc('\n', out);
	fflush(out);
	value = 0;
}

static void profile_begin(void)
{
	for (size_t i = 0; i < BLOCK_CHAINS; i++)
		for (struct block *b = blocks[i]; b; b = b->next)
			b->runs_before = b->runs;
}

static void profile_end(unsigned int id)
{
	for (size_t i = 0; i < BLOCK_CHAINS; i++) {
		for (struct block *b = blocks[i]; b; b = b->next) {
			if (b->runs == b->runs_before)
				continue;
			fprintf(profile, "%u %" PRIx64 " %" PRIu64 " %" PRIu64 "\n", id, b->va,
				b->instructions, b->runs - b->runs_before);
		}
	}
	fflush(profile);
}

static void at_mark(unsigned int vcpu, void *data)
{
	unsigned int id = (unsigned int)(uintptr_t)data;

	(void)vcpu;
	if (id >= MARK_DIGIT && id < MARK_DIGIT + 16) {
		value = value << 4 | (id - MARK_DIGIT);
		return;
	}
	write_line(id);
	if (profile && id >= MARK_BEGIN && id < MARK_END)
		profile_begin();
	if (profile && id >= MARK_END)
		profile_end(id - MARK_END);
}

static void at_exit(qemu_plugin_id_t id, void *data)
{
	(void)id, (void)data;
	write_line(0);
}

static void count_event(struct qemu_plugin_insn *i, enum event event)
{
	qemu_plugin_register_vcpu_insn_exec_inline(i, OP_ADD_U64, &events[event], 1);
}

/* What the instruction is, by its bytes. */
static void look_at(struct qemu_plugin_insn *i, enum who who)
{
	const uint8_t *b = qemu_plugin_insn_data(i);
	size_t n = qemu_plugin_insn_size(i);

	look_for_mark(i, at_mark);
	if (n == 2 && !memcmp(b, "\x0f\x05", 2))
		count_event(i, who == USER ? SYSCALL : HYPERCALL);
	if (who == USER)
		return;
	if (who == HYPERVISOR &&
	    ((n == 2 && !memcmp(b, "\x48\xcf", 2)) || (n == 3 && !memcmp(b, "\x48\x0f\x07", 3))))
		count_event(i, EXIT);
	if (n > 3 && (b[0] & 0xf0) == 0x40) /* a REX prefix */
		b++, n--;
	if (n == 3 && b[0] == 0x0f && b[1] == 0x22 && (b[2] & 0xf8) == 0xd8)
		count_event(i, CR3_LOAD);
	else if (n == 3 && b[0] == 0x0f && b[1] == 0x22 && (b[2] & 0xf8) == 0xe0)
		count_event(i, FLUSH);
	else if (n >= 3 && b[0] == 0x0f && b[1] == 0x01 && (b[2] & 0xf8) == 0x38) /* invlpg */
		count_event(i, FLUSH);
	else if (n >= 5 && !memcmp(b, "\x66\x0f\x38\x82", 4)) /* invpcid */
		count_event(i, FLUSH);
}

static void look_at_address(struct qemu_plugin_insn *i)
{
	uint64_t va = qemu_plugin_insn_vaddr(i);

	for (size_t k = 0; k < watch_count; k++)
		if (watches[k].va == va)
			count_event(i, watches[k].event);
}

static struct block *find_block(uint64_t va, uint64_t instructions)
{
	struct block **head = &blocks[(va ^ va >> 16) % BLOCK_CHAINS], *b;

	for (b = *head; b; b = b->next)
		if (b->va == va && b->instructions == instructions)
			return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	*b = (struct block){.next = *head, .va = va, .instructions = instructions};
	return *head = b;
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	uint64_t va = qemu_plugin_tb_vaddr(tb);
	enum who who = who_is(va);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, OP_ADD_U64, &counts[who], n);
	if (profile)
		qemu_plugin_register_vcpu_tb_exec_inline(tb, OP_ADD_U64, &find_block(va, n)->runs,
							 1);
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		look_at(insn, who);
		if (who == KERNEL)
			look_at_address(insn);
	}
}

static int read_watches(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int column;
	uint64_t va;

	if (!file)
		return 0;
	while (watch_count < WATCH_MAX && fscanf(file, "%u %" SCNx64, &column, &va) == 2 &&
	       column < WATCHES)
		watches[watch_count++] = (struct watch){va, WATCH0 + column};
	fclose(file);
	return 1;
}

static int take_argument(const char *argument)
{
	if (!strncmp(argument, "out=", 4))
		return !!(out = fopen(argument + 4, "w"));
	if (!strncmp(argument, "profile=", 8))
		return !!(profile = fopen(argument + 8, "w"));
	if (!strncmp(argument, "watch=", 6))
		return read_watches(argument + 6);
	return 0;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!take_argument(argv[i])) {
			fprintf(stderr, "count plugin: cannot use '%s'\n", argv[i]);
			return 1;
		}
	}
	if (!out) {
		fprintf(stderr, "count plugin: no out=FILE that can be written\n");
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_atexit_cb(id, at_exit, NULL);
	return 0;
}
