/* SPDX-License-Identifier: GPL-2.0-only */
/* Other vCPUs: what their context may say, starting and stopping them, what they see of each other.
 */
#include "kit.h"

#include "shoji/sched.h"

static volatile unsigned int started;

static void say_started(void)
{
	started++;
	for (;;)
		yield();
}

static void wait_until_started(void)
{
	uint64_t end = now() + 5000000000UL;

	while (!started) {
		yield();
		if (now() > end)
			fail("the vCPU does not run");
	}
}

TEST(a_vcpu_needs_a_context_first)
{
	unsigned int id = spare_vcpu();

	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_up, id, 0), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_is_up, id, 0), 0);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_initialise, id, HOLE), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_initialise, id, NO_MEMORY), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_up, id, 0), -XEN_EINVAL);
	started = 0;
	EQUAL(vcpu_initialise(id, new_context(id, say_started)), 0);
	EQUAL(vcpu_initialise(id, new_context(id, say_started)), -XEN_EEXIST);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_up, id, 0), 0);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_is_up, id, 0), 1);
	wait_until_started();
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_down, id, 0), 0);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_is_up, id, 0), 0);
}

/* Without a page table it would run on whatever lies at the start of memory. */
TEST(a_context_without_page_tables)
{
	unsigned int id = spare_vcpu();
	struct xen_vcpu_guest_context *c = new_context(id, say_started);

	c->ctrlreg[3] = 0;
	EQUAL(vcpu_initialise(id, c), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_up, id, 0), -XEN_EINVAL);
	c = new_context(id, say_started);
	c->flags = 0; /* user mode */
	EQUAL(vcpu_initialise(id, c), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_up, id, 0), -XEN_EINVAL);
	for (unsigned int i = 0; i < 20; i++)
		yield();
}

TEST(a_context_with_bad_page_tables)
{
	static const uint64_t frames[] = {1, 0xfffff, 1UL << 28, 1UL << 40, ~0UL >> 12};
	unsigned int id = spare_vcpu();

	for (unsigned int i = 0; i < ARRAY(frames); i++) {
		struct xen_vcpu_guest_context *c = new_context(id, say_started);

		c->ctrlreg[3] = xen_pfn_to_cr3(frames[i]);
		EQUAL(vcpu_initialise(id, c), -XEN_EINVAL);
		c = new_context(id, say_started);
		c->ctrlreg[1] = xen_pfn_to_cr3(frames[i]);
		EQUAL(vcpu_initialise(id, c), -XEN_EINVAL);
	}
	struct xen_vcpu_guest_context *c = new_context(id, say_started);

	c->ctrlreg[3] = xen_pfn_to_cr3(mfn_of(page_alloc())); /* mapped writable */
	EQUAL(vcpu_initialise(id, c), -XEN_EINVAL);
	c->ctrlreg[3] = xen_pfn_to_cr3(mfn_of(make_l1()));
	EQUAL(vcpu_initialise(id, c), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_up, id, 0), -XEN_EINVAL);
}

TEST(a_context_with_addresses_that_are_none)
{
	unsigned int id = spare_vcpu();
	struct xen_vcpu_guest_context *c;

#define REFUSED_WITH(field, value)                          \
	do {                                                \
		c = new_context(id, say_started);           \
		c->field = (value);                         \
		EQUAL(vcpu_initialise(id, c), -XEN_EINVAL); \
	} while (0)
	REFUSED_WITH(user_regs.rip, ODD);
	REFUSED_WITH(fs_base, ODD);
	REFUSED_WITH(gs_base_kernel, ODD);
	REFUSED_WITH(gs_base_user, 0xffff7fffffffffff);
	REFUSED_WITH(event_callback_eip, ODD);
	REFUSED_WITH(failsafe_callback_eip, ODD);
	REFUSED_WITH(syscall_callback_eip, ODD);
	REFUSED_WITH(trap_ctxt[255].address, ODD);
	REFUSED_WITH(trap_ctxt[0].address, 1UL << 63);
}

TEST(a_context_with_bad_descriptor_tables)
{
	unsigned int id = spare_vcpu();
	struct xen_vcpu_guest_context *c;
	uint64_t *gate = page_alloc();

	REFUSED_WITH(gdt_ents, 8192);
	REFUSED_WITH(gdt_ents, FIRST_RESERVED_GDT_ENTRY + 1);
	REFUSED_WITH(gdt_ents, 1UL << 32);
	REFUSED_WITH(gdt_ents, 8); /* frame 0 */
	REFUSED_WITH(ldt_ents, 8193);
	REFUSED_WITH(ldt_ents, 1UL << 32 | 8);
	c = new_context(id, say_started);
	c->ldt_ents = 16;
	c->ldt_base = HYPERVISOR_VIRT_START;
	EQUAL(vcpu_initialise(id, c), -XEN_EINVAL);
	c->ldt_base = (uint64_t)gate + 8;
	EQUAL(vcpu_initialise(id, c), -XEN_EINVAL);
	gate[3] = 0x0000ec0000330000; /* a call gate of ring 3 */
	EQUAL(protect(gate), 0);
	c = new_context(id, say_started);
	c->gdt_ents = 8;
	c->gdt_frames[0] = mfn_of(gate);
	EQUAL(vcpu_initialise(id, c), -XEN_EINVAL);
	EQUAL(unprotect(gate), 0); /* and it holds nothing of ours */
}

/* Breakpoints in the hypervisor would stop it where nothing may happen. */
TEST(a_context_with_breakpoints_in_the_hypervisor)
{
	unsigned int id = spare_vcpu();
	struct xen_vcpu_guest_context *c;

	REFUSED_WITH(debugreg[0], HV_IMAGE);
	REFUSED_WITH(debugreg[3], HYPERVISOR_VIRT_END - 1);
	REFUSED_WITH(debugreg[1], ODD);
	REFUSED_WITH(debugreg[7], 1UL << 32);
	REFUSED_WITH(debugreg[7], 1UL << 13);
	REFUSED_WITH(debugreg[7], 2UL << 16);
}

/* Whatever the registers say, it runs with the rights of a guest. */
static volatile uint64_t seen_flags;
static volatile uint16_t seen_cs;

static void look_at_registers(void)
{
	uint64_t flags;
	uint16_t cs;

	__asm__ volatile("pushf; pop %0; mov %%cs, %1" : "=r"(flags), "=r"(cs));
	seen_flags = flags;
	seen_cs = cs;
	started++;
	for (;;)
		yield();
}

TEST(a_context_with_privileged_registers)
{
	unsigned int id = spare_vcpu();
	struct xen_vcpu_guest_context *c = new_context(id, look_at_registers);

	c->user_regs.cs = FLAT_KERNEL_CS & ~3;
	c->user_regs.ss = FLAT_KERNEL_SS & ~3;
	c->user_regs.ds = c->user_regs.es = 0xe010;
	c->user_regs.fs = 0xe040;
	c->user_regs.gs = 0xffff;
	c->user_regs.rflags = 0x3f7ed7 & ~0x100UL; /* all but TF */
	c->user_regs.error_code = c->user_regs.entry_vector = ~0u;
	c->failsafe_callback_eip = (uint64_t)look_at_registers;
	started = 0;
	EQUAL(vcpu_initialise(id, c), 0);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_up, id, 0), 0);
	wait_until_started();
	CHECK((seen_cs & 3) == 3);
	EQUAL(seen_flags & (3UL << 12 | 1UL << 14 | 1UL << 17), 0); /* IOPL NT VM */
	CHECK(seen_flags & 1UL << 9);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_down, id, 0), 0);
}

static void go_down(void)
{
	started++;
	CALL(HYPERCALL_vcpu_op, VCPUOP_down, 0, 0) ? (void)0 : (void)0;
}

TEST(numbers_of_vcpus)
{
	(void)go_down;
	static const uint64_t bad[] = {8, 31, 32, 64, 127, 128, 1UL << 31, 1UL << 32, ~0UL};

	for (unsigned int i = 0; i < ARRAY(bad); i++)
		for (unsigned int op = 0; op < 14; op++)
			EQUAL(CALL(HYPERCALL_vcpu_op, op, bad[i], HOLE), -XEN_ENOENT);
}
