/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A QEMU plugin that counts the instructions of each CPU: the emulator runs one CPU at a time, and
 * how long each turn is says nothing about the machine, so what a guest gets done on its CPU is
 * told per instruction of that CPU. A kernel marks a moment (marks.h); each mark writes a line to
 * the file that out=FILE names: the mark, then the instructions of each CPU since the start. QEMU
 * runs with -icount, so all CPUs are one thread: plain counters will do.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "plugin.h"

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

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, at_block, CB_NO_REGS, (void *)(uintptr_t)n);
	for (size_t i = 0; i < n; i++)
		look_for_mark(qemu_plugin_tb_get_insn(tb, i), at_mark);
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
