/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A QEMU plugin that counts instructions by who runs them, told apart by address: user (lower
 * half), hypervisor (L4 slots 256-271), kernel (the rest of the upper half). Loads of CR3 are
 * counted beside. A program marks a moment by the no-op "nopl 0x53480000 + id(%rax,%rax)" (bytes
 * 0f 1f 84 00, then the 32-bit number); the counters are then written out, one line per mark:
 * "id user kernel hypervisor cr3".
 *
 * Argument: out=FILE. QEMU runs with -icount, so all CPUs are one thread: plain counters will do.
 * Debian ships no header for plugins; what is used of version 1 of the interface is declared here.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define MARK   0x5348u

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

EXPORT int qemu_plugin_version = 1;

enum who { USER, KERNEL, HYPERVISOR, WHO };

static uint64_t counts[WHO], cr3_loads;
static FILE *out;

static enum who who_is(uint64_t va)
{
	if (!(va >> 63))
		return USER;
	return va >= 0xffff800000000000ULL && va < 0xffff880000000000ULL ? HYPERVISOR : KERNEL;
}

static void write_line(unsigned long id)
{
	fprintf(out, "%lu %lu %lu %lu %lu\n", id, counts[USER], counts[KERNEL], counts[HYPERVISOR],
		cr3_loads);
	fflush(out);
}

static void at_mark(unsigned int vcpu, void *data)
{
	(void)vcpu;
	write_line((unsigned long)(uintptr_t)data);
}

static void at_exit(qemu_plugin_id_t id, void *data)
{
	(void)id, (void)data;
	write_line(0xffff);
}

static void look_at(struct qemu_plugin_insn *i)
{
	const uint8_t *b = qemu_plugin_insn_data(i);
	size_t n = qemu_plugin_insn_size(i);
	uint32_t number;

	if (n == 3 && b[0] == 0x0f && b[1] == 0x22 && (b[2] & 0xf8) == 0xd8)
		qemu_plugin_register_vcpu_insn_exec_inline(i, OP_ADD_U64, &cr3_loads, 1);
	if (n != 8 || memcmp(b, "\x0f\x1f\x84\x00", 4))
		return;
	memcpy(&number, b + 4, sizeof(number));
	if (number >> 16 == MARK)
		qemu_plugin_register_vcpu_insn_exec_cb(i, at_mark, CB_NO_REGS,
						       (void *)(uintptr_t)(number & 0xffff));
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, OP_ADD_U64,
						 &counts[who_is(qemu_plugin_tb_vaddr(tb))], n);
	for (size_t i = 0; i < n; i++)
		look_at(qemu_plugin_tb_get_insn(tb, i));
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
	if (!out) {
		fprintf(stderr, "count plugin: no out=FILE that can be written\n");
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_atexit_cb(id, at_exit, NULL);
	return 0;
}
