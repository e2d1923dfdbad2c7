/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IN, OUT, INS, OUTS. A repeated string instruction does a bounded number of units and is then
 * executed again by the guest with the registers as they are, as the processor would after an
 * interrupt.
 */
#include "machine/emulate_io.h"

#include "core/domain.h"
#include "core/guest_access.h"
#include "machine/cpu_ops.h"
#include "machine/ioport.h"

#define UNITS_MAX 64 /* per entry; a port access may take a microsecond */

uint64_t emulate_segment_base(const struct insn *i)
{
	switch (i->segment) {
	case SEGMENT_FS:
		return cpu_rdmsr(MSR_FS_BASE);
	case SEGMENT_GS:
		return cpu_rdmsr(MSR_GS_BASE);
	default:
		return 0;
	}
}

bool emulate_io_allowed(const struct vcpu *v)
{
	return ioport_allowed(v);
}

static uint16_t port_of(struct vcpu *v, const struct insn *i)
{
	return i->port_imm ? i->imm : (uint16_t)vcpu_regs(v)->rdx;
}

/* A register's low part replaced; 32 bits clear the upper half. */
static uint64_t merge(uint64_t old, uint32_t value, unsigned int bytes)
{
	switch (bytes) {
	case 1:
		return (old & ~0xffULL) | (uint8_t)value;
	case 2:
		return (old & ~0xffffULL) | (uint16_t)value;
	default:
		return value;
	}
}

enum emulated emulate_in(struct vcpu *v, const struct insn *i)
{
	struct xen_cpu_user_regs *r = vcpu_regs(v);

	if (!ioport_allowed(v))
		return REFUSED;
	r->rax = merge(r->rax, ioport_read(v, port_of(v, i), i->size), i->size);
	return EMULATED;
}

enum emulated emulate_out(struct vcpu *v, const struct insn *i)
{
	if (!ioport_allowed(v))
		return REFUSED;
	ioport_write(v, port_of(v, i), i->size, (uint32_t)vcpu_regs(v)->rax);
	return EMULATED;
}

/* --- strings --- */

static uint64_t masked(uint64_t value, const struct insn *i)
{
	return i->address_size == 4 ? (uint32_t)value : value;
}

static void step(uint64_t *reg, const struct vcpu *v, const struct insn *i)
{
	uint64_t by = i->size;

	if (vcpu_regs(v)->rflags & RFLAGS_DF)
		by = -by;
	*reg = masked(*reg + by, i);
}

/* One unit. ES has base 0 for INS, whatever the prefix. */
static enum emulated ins_unit(struct vcpu *v, const struct insn *i)
{
	uint64_t at = masked(vcpu_regs(v)->rdi, i);
	uint32_t value;

	/* before the device gives up its datum */
	if (guest_read(&value, gva(at), i->size) || guest_write(gva(at), &value, i->size))
		return emulate_fault(v, at, i->size, true);
	value = ioport_read(v, (uint16_t)vcpu_regs(v)->rdx, i->size);
	(void)guest_write(gva(at), &value, i->size);
	step(&vcpu_regs(v)->rdi, v, i);
	return EMULATED;
}

static enum emulated outs_unit(struct vcpu *v, const struct insn *i)
{
	uint64_t at = masked(vcpu_regs(v)->rsi, i) + emulate_segment_base(i);
	uint32_t value = 0;

	if (guest_read(&value, gva(at), i->size))
		return emulate_fault(v, at, i->size, false);
	ioport_write(v, (uint16_t)vcpu_regs(v)->rdx, i->size, value);
	step(&vcpu_regs(v)->rsi, v, i);
	return EMULATED;
}

static enum emulated string_io(struct vcpu *v, const struct insn *i,
			       enum emulated (*unit)(struct vcpu *, const struct insn *))
{
	uint64_t *count = &vcpu_regs(v)->rcx;

	if (!ioport_allowed(v))
		return REFUSED;
	if (!i->rep)
		return unit(v, i);
	for (unsigned int n = 0; n < UNITS_MAX && masked(*count, i); n++) {
		enum emulated end = unit(v, i);

		if (end != EMULATED)
			return end;
		*count = masked(*count - 1, i);
	}
	return masked(*count, i) ? EMULATE_AGAIN : EMULATED;
}

enum emulated emulate_ins(struct vcpu *v, const struct insn *i)
{
	return string_io(v, i, ins_unit);
}

enum emulated emulate_outs(struct vcpu *v, const struct insn *i)
{
	return string_io(v, i, outs_unit);
}
