/* SPDX-License-Identifier: GPL-2.0-only */
/* Other vCPUs of a test kernel. They have no handlers: a fault there ends the domain. */
#include "kit.h"

#include "shoji/sched.h"

#define STACK	  8192
#define VCPUS_MAX 8

static uint8_t stacks[VCPUS_MAX][STACK] __attribute__((aligned(16)));
static unsigned int last_used;
static unsigned int working_vcpu;
static void (*volatile work)(void);

void yield(void)
{
	CALL(HYPERCALL_sched_op, SCHEDOP_yield);
}

struct xen_vcpu_guest_context *new_context(unsigned int vcpu, void (*code)(void))
{
	static struct xen_vcpu_guest_context c;

	memset(&c, 0, sizeof(c));
	c.flags = VGCF_in_kernel;
	c.user_regs.rip = (uint64_t)code;
	c.user_regs.rsp = (uint64_t)stacks[vcpu] + STACK - 8;
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = FLAT_KERNEL_SS;
	c.user_regs.rflags = 0x202;
	c.kernel_ss = FLAT_KERNEL_SS;
	c.kernel_sp = c.user_regs.rsp;
	c.ctrlreg[3] = xen_pfn_to_cr3(live_l4());
	return &c;
}

int vcpu_initialise(unsigned int vcpu, const struct xen_vcpu_guest_context *c)
{
	return (int)CALL(HYPERCALL_vcpu_op, VCPUOP_initialise, vcpu, c);
}

unsigned int spare_vcpu(void)
{
	unsigned int id = last_used + 1;

	if (id >= VCPUS_MAX || CALL(HYPERCALL_vcpu_op, VCPUOP_is_up, id, 0) < 0)
		fail("the domain has no vCPU %u", id);
	last_used = id;
	return id;
}

static void work_for_ever(void)
{
	for (;;) {
		if (work) {
			work();
			__atomic_store_n(&work, NULL, __ATOMIC_RELEASE);
		}
		yield();
	}
}

unsigned int worker(void)
{
	if (!working_vcpu) {
		unsigned int id = spare_vcpu();

		EQUAL(vcpu_initialise(id, new_context(id, work_for_ever)), 0);
		EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_up, id, 0), 0);
		working_vcpu = id;
	}
	return working_vcpu;
}

void start_work(void (*what)(void))
{
	(void)worker();
	__atomic_store_n(&work, what, __ATOMIC_RELEASE);
}

void await_work(void)
{
	uint64_t end = now() + 10000000000UL;

	while (__atomic_load_n(&work, __ATOMIC_ACQUIRE)) {
		yield();
		if (now() > end)
			fail("the other vCPU does not come to an end");
	}
}
