/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A QEMU plugin that counts the instructions of each CPU: the emulator runs one CPU at a time, and
 * how long each turn is says nothing about the machine, so what a guest gets done on its CPU is
 * told per instruction of that CPU. A kernel marks a moment (marks.h); each mark writes a line to
 * the file that out=FILE names: the mark, then the instructions of each CPU since the start. QEMU
 * runs with -icount, so all CPUs are one thread: plain counters will do. Debian ships no header for
 * plugins; what is used of version 1 of the interface is declared here.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "marks.h"

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
typedef void (*tb_trans_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*vcpu_cb)(unsigned int vcpu, void *data);
enum { CB_NO_REGS = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_trans_cb cb);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, vcpu_cb cb, int flags,
					  void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *i, vcpu_cb cb, int flags,
					    void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t n);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *i);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *i);

EXPORT int qemu_plugin_version = 1;

#define CPUS 2

static uint64_t counts[CPUS];
static FILE *out;

static void at_block(unsigned int vcpu, void *data)
{
	if (vcpu < CPUS)
		counts[vcpu] += (uintptr_t)data;
}

static void at_mark(unsigned int vcpu, void *data)
{
	(void)vcpu;
	fprintf(out, "%u %" PRIu64 " %" PRIu64 "\n", (unsigned int)(uintptr_t)data, counts[0],
		counts[1]);
	fflush(out);
}

static void look_for_mark(struct qemu_plugin_insn *i)
{
	const uint8_t *b = qemu_plugin_insn_data(i);
	uint32_t number;

	if (qemu_plugin_insn_size(i) != 8 || memcmp(b, "\x0f\x1f\x84\x00", 4))
		return;
	memcpy(&number, b + 4, sizeof(number));
	if (number >> 16 == MARK_MAGIC)
		qemu_plugin_register_vcpu_insn_exec_cb(i, at_mark, CB_NO_REGS,
						       (void *)(uintptr_t)(number & 0xffff));
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, at_block, CB_NO_REGS, (void *)(uintptr_t)n);
	for (size_t i = 0; i < n; i++)
		look_for_mark(qemu_plugin_tb_get_insn(tb, i));
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	if (argc == 1 && !strncmp(argv[0], "out=", 4))
		out = fopen(argv[0] + 4, "w");
	if (!out) {
		fprintf(stderr, "turns plugin: no out=FILE that can be written\n");
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
