/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the plugins of the emulator here have in common: the part of version 1 of QEMU's interface
 * for plugins that they use (Debian ships no header for it), and how they know a mark (marks.h).
 */
#ifndef BENCH_PLUGIN_H
#define BENCH_PLUGIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "marks.h"

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
typedef void (*tb_trans_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*vcpu_cb)(unsigned int vcpu, void *data);
typedef void (*simple_cb)(qemu_plugin_id_t id, void *data);
enum { OP_ADD_U64 = 0 };
enum { CB_NO_REGS = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_trans_cb cb);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, vcpu_cb cb, int flags,
					  void *data);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *ptr,
					      uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *i, int op, void *ptr,
						uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *i, vcpu_cb cb, int flags,
					    void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, simple_cb cb, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t n);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *i);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *i);

EXPORT int qemu_plugin_version = 1;

/* Has `at` called with the mark's id when the instruction runs, if it is one. */
static inline void look_for_mark(struct qemu_plugin_insn *i, vcpu_cb at)
{
	const uint8_t *b = qemu_plugin_insn_data(i);
	uint32_t number;

	if (qemu_plugin_insn_size(i) != 8 || memcmp(b, "\x0f\x1f\x84\x00", 4))
		return;
	memcpy(&number, b + 4, sizeof(number));
	if (number >> 16 == MARK_MAGIC)
		qemu_plugin_register_vcpu_insn_exec_cb(i, at, CB_NO_REGS,
						       (void *)(uintptr_t)(number & 0xffff));
}

#endif
