/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the emulator: how an instruction ended, and the port instructions. */
#ifndef SHOJI_MACHINE_EMULATE_IO_H
#define SHOJI_MACHINE_EMULATE_IO_H

#include "core/vcpu.h"
#include "machine/emulate_decode.h"

enum emulated {
	EMULATED,      /* done: go on behind it */
	EMULATE_AGAIN, /* the guest got a fault, or a part of the work is left: RIP stays */
	REFUSED,       /* the guest's #GP */
};

uint64_t *emulate_register(struct vcpu *v, unsigned int number);
uint64_t emulate_segment_base(const struct insn *i);
/* The guest's memory could not be reached just now: its page fault, or #GP for an address that it
 * never may use. */
enum emulated emulate_fault(struct vcpu *v, uint64_t address, unsigned int bytes, bool write);

bool emulate_io_allowed(const struct vcpu *v);
enum emulated emulate_in(struct vcpu *v, const struct insn *i);
enum emulated emulate_out(struct vcpu *v, const struct insn *i);
enum emulated emulate_ins(struct vcpu *v, const struct insn *i);
enum emulated emulate_outs(struct vcpu *v, const struct insn *i);

#endif
