/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Speculation, when another vCPU is loaded.
 *
 * A vCPU that comes onto a CPU finds nothing there that another one taught it, and nothing that it
 * taught that CPU itself before it was elsewhere in between: its guest may have asked to forget
 * there. Data: the plan, constant after boot; per CPU and vCPU, who was last where.
 */
#include "machine/spec.h"

#include "machine/context.h"
#include "machine/cpu_ops.h"
#include "machine/percpu.h"

#define MSR_PRED_CMD  0x49
#define PRED_CMD_IBPB 1

struct spec_plan spec_plan;

/* Addresses that lead nowhere, in place of those that others left to return to. */
static void fill_return_stack(void)
{
	uint64_t n = 16;

	__asm__ volatile("1:	call	3f\n"
			 "2:	pause\n\tlfence\n\tjmp 2b\n"
			 "3:	call	5f\n"
			 "4:	pause\n\tlfence\n\tjmp 4b\n"
			 "5:	dec	%0\n"
			 "	jnz	1b\n"
			 "	add	$(32 * 8), %%rsp\n"
			 : "+r"(n)
			 :
			 : "memory", "cc");
}

void spec_switch_to(struct vcpu *v)
{
	struct percpu *p = this_percpu();
	struct vcpu_machine *m = vcpu_machine(v);

	if (p->last_vcpu == m->serial && m->last_cpu == p->cpu.id)
		return;
	p->last_vcpu = m->serial;
	m->last_cpu = p->cpu.id;
	if (spec_plan.rsb)
		fill_return_stack();
	if (spec_plan.ibpb)
		cpu_wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
}
