/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways into the guest's kernel and out of it: exceptions, interrupts, system calls, iret. */
#include "kit.h"

#include "shoji/callback.h"

#define FLAG_TF	  0x100UL
#define FLAG_IF	  0x200UL
#define FLAG_DF	  0x400UL
#define FLAG_IOPL 0x3000UL
#define FLAG_NT	  0x4000UL
#define FLAG_VM	  0x20000UL
#define FLAG_AC	  0x40000UL
#define FLAG_ID	  0x200000UL

static uint64_t flags(void)
{
	uint64_t f;

	__asm__ volatile("pushf; pop %0" : "=r"(f));
	return f;
}

static void set_flags(uint64_t f)
{
	__asm__ volatile("push %0; popf" : : "r"(f) : "cc");
}

TEST(exceptions_and_their_error_codes)
{
	uint64_t *page = page_alloc();

	CHECK(CATCH(__asm__ volatile("ud2")));
	CHECK(caught.vector == 6 && caught.error == 0);
	CHECK(CATCH(__asm__ volatile("xor %%eax, %%eax; div %%eax" : : : "eax", "edx")));
	EQUAL(caught.vector, 0);
	CHECK(CATCH(__asm__ volatile("int3")));
	EQUAL(caught.vector, 3);
	CHECK(CATCH(__asm__ volatile("mov %0, %%ds" : : "r"(0x5558))));
	CHECK(caught.vector == 13 && caught.error == 0x5558);
	CHECK(CATCH((void)*(volatile uint8_t *)ODD));
	CHECK(caught.vector == 13 && caught.error == 0);
	CHECK(CATCH((void)*(volatile uint8_t *)NO_MEMORY));
	CHECK(caught.vector == 14 && caught.error == 0 && caught.cr2 == NO_MEMORY);
	CHECK(CATCH(*(volatile uint8_t *)(NO_MEMORY + 5) = 1));
	CHECK(caught.error == 2 && caught.cr2 == NO_MEMORY + 5);
	EQUAL(protect(page), 0);
	CHECK(CATCH(*(volatile uint64_t *)page = 1));
	CHECK(caught.error == 3 && caught.cr2 == (uint64_t)page);
	EQUAL(remap(page, PTE(mfn_of(page), READABLE) | NX), 0);
	CHECK(CATCH(((void (*)(void))page)()));
	CHECK(caught.error == 0x11 && caught.rip == (uint64_t)page);
	EQUAL(caught.cs & 3, 0); /* from kernel mode */
}

/* What lies there is not for the guest, and how it is mapped neither. */
TEST(faults_on_the_hypervisors_memory)
{
	static const uint64_t places[] = {
		HV_IMAGE,	    HV_IMAGE + 0x100000, HYPERVISOR_VIRT_START + (2UL << 40),
		0xffff830000000000, 0xffff820080000000,	 HYPERVISOR_VIRT_END - 8};

	for (unsigned int i = 0; i < ARRAY(places); i++) {
		CHECK(CATCH((void)*(volatile uint64_t *)places[i]));
		EQUAL(caught.vector, 14);
		EQUAL(caught.cr2, places[i]);
		CHECK(CATCH(*(volatile uint64_t *)places[i] = 0));
		EQUAL(caught.vector, 14);
		CHECK(CATCH(((void (*)(void))places[i])()));
		CHECK(caught.vector == 14 && caught.rip == places[i]);
	}
	CHECK(!CATCH((void)*(volatile uint64_t *)MACH2PHYS_VIRT_START));
	CHECK(CATCH(*(volatile uint64_t *)MACH2PHYS_VIRT_START = 0));
	CHECK(CATCH(((void (*)(void))MACH2PHYS_VIRT_START)()));
	CHECK(CATCH((void)*(volatile uint64_t *)(MACH2PHYS_VIRT_END - 8)));
}

/* A vector that its table reserves to the kernel is not raised by a program. */
static void interrupt_0x80(void)
{
	__asm__ volatile("int $0x80");
}

static void interrupt_0x20(void)
{
	__asm__ volatile("int $0x20");
}

static void interrupt_14(void)
{
	__asm__ volatile("int $14");
}

extern char trap_stubs[], trap_stubs_end[], nmi_entry[];

static void set_gate(uint8_t vector, uint8_t lowest_ring)
{
	uint64_t stub = (uint64_t)(trap_stubs_end - trap_stubs) / 256;
	struct xen_trap_info t[2] = {{.vector = vector,
				      .flags = lowest_ring,
				      .cs = FLAT_KERNEL_CS,
				      .address = (uint64_t)trap_stubs + vector * stub}};

	EQUAL(CALL(HYPERCALL_set_trap_table, t), 0);
}

TEST(software_interrupts)
{
	static const uint8_t vectors[] = {0x80, 0x20, 14};
	static void (*const programs[])(void) = {interrupt_0x80, interrupt_0x20, interrupt_14};

	for (unsigned int i = 0; i < ARRAY(vectors); i++) {
		set_gate(vectors[i], 0);
		CHECK(CATCH(run_user(programs[i])));
		EQUAL(caught.vector, 13);
		CHECK(caught.error == vectors[i] * 8u + 2 ||
		      caught.error == vectors[i] * 16u + 2); /* QEMU */
		CHECK(CATCH(programs[i]()));
		EQUAL(caught.vector, 13);
		set_gate(vectors[i], 3);
		CHECK(CATCH(run_user(programs[i])));
		EQUAL(caught.vector, vectors[i]);
		EQUAL(caught.cs & 3, 3);
		EQUAL(caught.rip, (uint64_t)programs[i] + 2);
	}
}

TEST(system_calls_of_programs)
{
	for (unsigned int i = 0; i < 3; i++) {
		CHECK(CATCH(run_user(user_end)));
		EQUAL(caught.vector, TRAP_SYSCALL);
		EQUAL(caught.cs & 3, 3);
		EQUAL(caught.rip, (uint64_t)user_end + 2);
		CHECK(caught.rsp == (uint64_t)user_stack_end);
	}
}

/* A program's system call is no hypercall, whatever its registers say. */
static void would_be_hypercall(void)
{
	__asm__ volatile("syscall" : : "a"(HYPERCALL_set_trap_table), "D"(0));
}

static void would_be_shutdown(void)
{
	static uint32_t reason;

	__asm__ volatile("syscall" : : "a"(HYPERCALL_sched_op), "D"(2), "S"(&reason));
}

TEST(programs_make_no_hypercalls)
{
	CHECK(CATCH(run_user(would_be_hypercall)));
	EQUAL(caught.vector, TRAP_SYSCALL);
	EQUAL(caught.rax, HYPERCALL_set_trap_table);
	CHECK(CATCH(run_user(would_be_shutdown)));
	EQUAL(caught.vector, TRAP_SYSCALL);
	CHECK(CATCH(__asm__ volatile("ud2"))); /* the table is still there */
}

/* The instruction after a system call at the very end of the lower half has no address. */
TEST(system_call_at_the_end_of_the_lower_half)
{
	uint8_t *page = page_alloc();

	page[PAGE - 2] = 0x0f; /* syscall */
	page[PAGE - 1] = 0x05;
	map_low(ODD - PAGE, page);
	CHECK(CATCH(enter_user(ODD - 2, FLAT_USER_CS, (uint64_t)user_stack_end, 2)));
	EQUAL(caught.vector, TRAP_SYSCALL);
	EQUAL(caught.rip, ODD);
	/* a hypercall from there, and nowhere to return to */
	CHECK(CATCH(((void (*)(long, long))(ODD - 2))(0, 0)));
	CHECK(caught.vector == TRAP_FAILSAFE || caught.vector == 13);
	EQUAL(caught.rip, ODD);
}

static void iret_frame(uint64_t rip, uint64_t cs, uint64_t ss, uint64_t rflags, uint64_t how)
{
	struct xen_iret_context f = {.flags = how,
				     .rip = rip,
				     .cs = cs,
				     .rflags = rflags,
				     .rsp = (uint64_t)user_stack_end,
				     .ss = ss};

	if ((cs & 3) == 3)
		EQUAL(mmuext(MMUEXT_NEW_USER_BASEPTR, live_l4(), 0), 0);
	iret_to(&f);
}

TEST(iret_to_odd_addresses)
{
	static const uint64_t places[] = {ODD,
					  ~0UL >> 16,
					  1UL << 63,
					  0xffff7fffffffffff,
					  HV_IMAGE,
					  HOLE,
					  MACH2PHYS_VIRT_START,
					  0,
					  ~0UL};

	for (unsigned int i = 0; i < ARRAY(places); i++)
		for (uint64_t how = 0; how <= VGCF_in_syscall; how += VGCF_in_syscall) {
			CHECK(CATCH(iret_frame(places[i], FLAT_KERNEL_CS & ~3, FLAT_KERNEL_SS, 2,
					       how)));
			CHECK(caught.vector == TRAP_FAILSAFE || caught.vector == 13 ||
			      caught.vector == 14);
			CHECK(CATCH(iret_frame(places[i], FLAT_USER_CS, FLAT_USER_SS, 2, how)));
			CHECK(caught.vector == TRAP_FAILSAFE || caught.vector == 13 ||
			      caught.vector == 14);
			EQUAL(caught.cs & 3, 3);
		}
}

/* Selectors that are the hypervisor's, no code, or nothing. */
TEST(iret_to_odd_selectors)
{
	unsigned int refused = 0;

	for (unsigned int s = 0; s < 0x10000; s += s < 0xdf00 || s > 0xe180 ? 0x321 : 1) {
		if ((s | 3) == FLAT_RING3_CS64 || (s | 3) == FLAT_RING3_CS32)
			continue;
		CHECK(CATCH(iret_frame((uint64_t)user_end, s, FLAT_USER_SS, 2, 0)));
		if (caught.vector != TRAP_FAILSAFE && caught.vector != 13 && caught.vector != 11)
			fail("cs %x: vector %u", s, caught.vector);
		refused++;
	}
	CHECK(refused > 100);
	/* the stack's: flat, or null as 64-bit mode allows */
	for (unsigned int s = 0xe000; s < 0xe100; s++) {
		CHECK(CATCH(iret_frame((uint64_t)user_end, FLAT_USER_CS, s, 2, 0)));
		if (caught.vector == TRAP_SYSCALL && (s | 3) != FLAT_RING3_SS32)
			fail("ss %x can be used", s);
	}
}

TEST(iret_with_privileged_flags)
{
	static const uint64_t sets[] = {FLAG_IOPL,
					FLAG_NT,
					FLAG_VM,
					FLAG_AC,
					0xffffffffffeffeffUL,
					FLAG_IOPL | FLAG_NT | FLAG_DF | FLAG_ID};

	for (unsigned int i = 0; i < ARRAY(sets); i++)
		for (uint64_t how = 0; how <= VGCF_in_syscall; how += VGCF_in_syscall) {
			CHECK(CATCH(iret_frame((uint64_t)user_end, FLAT_USER_CS, FLAT_USER_SS,
					       sets[i], how)));
			EQUAL(caught.vector, TRAP_SYSCALL);
			EQUAL(flags() & (FLAG_IOPL | FLAG_NT | FLAG_VM), 0);
			EQUAL(flags() & FLAG_IF, FLAG_IF);
		}
	set_flags(2);
	events_off();
}

/* Flags that a guest can set by itself: they harm nobody on the way in or out. */
TEST(hypercalls_with_odd_flags)
{
	static const uint64_t sets[] = {FLAG_NT, FLAG_AC, FLAG_DF,
					FLAG_NT | FLAG_AC | FLAG_DF | FLAG_ID, 0xcd5};
	char text[64];

	for (unsigned int i = 0; i < ARRAY(sets); i++) {
		text[16] = '#';
		set_flags(sets[i] & ~FLAG_TF);
		long rc = CALL(HYPERCALL_xen_version, 1, text);
		uint64_t after = flags();

		set_flags(2);
		EQUAL(rc, 0);
		CHECK(text[16] == '#' && text[0] == '-');
		EQUAL(after & FLAG_DF, sets[i] & FLAG_DF);
		set_flags(sets[i] & ~FLAG_TF);
		rc = CALL(HYPERCALL_xen_version, 1, HV_IMAGE);
		set_flags(2);
		EQUAL(rc, -XEN_EFAULT);
		CHECK(CATCH(set_flags(sets[i]); __asm__ volatile("ud2")));
		EQUAL(caught.vector, 6);
		set_flags(2);
	}
}

/* A guest's kernel does not see what its programs could have hidden in its stack pointer. */
TEST(programs_with_odd_stacks)
{
	static const uint64_t stacks[] = {0,	1,	   ODD,	      HV_IMAGE,
					  ~0UL, NO_MEMORY, 1UL << 63, MACH2PHYS_VIRT_START + 8};

	set_gate(0x80, 3);
	for (unsigned int i = 0; i < ARRAY(stacks); i++) {
		CHECK(CATCH(enter_user((uint64_t)user_end, FLAT_USER_CS, stacks[i], 2)));
		EQUAL(caught.vector, TRAP_SYSCALL);
		EQUAL(caught.rsp, stacks[i]);
		CHECK(CATCH(enter_user((uint64_t)interrupt_0x80, FLAT_USER_CS, stacks[i], 2)));
		EQUAL(caught.vector, 0x80);
	}
}

/* 32-bit code, at an address that it can have: interrupts and both kinds of system calls. */
TEST(programs_of_32_bits)
{
	static const uint8_t code[][4] = {{0xcd, 0x80}, {0x0f, 0x05}, {0x0f, 0x34},
					  {0xce},	{0x0f, 0x0b}, {0xf4}};
	uint8_t *page = page_alloc();

	set_gate(0x80, 3);
	for (unsigned int i = 0; i < ARRAY(code); i++)
		memcpy(page + 16 * i, code[i], 4);
	map_low(0x400000, page);
	for (unsigned int i = 0; i < ARRAY(code); i++) {
		CHECK(CATCH(enter_user(0x400000 + 16 * i, FLAT_USER_CS32, 0x401000, 2)));
		EQUAL(caught.cs & 0xffff, FLAT_USER_CS32);
		switch (i) {
		case 0:
			EQUAL(caught.vector, 0x80);
			break;
		case 1: /* syscall: none is registered, and Intel has none there */
		case 4:
			EQUAL(caught.vector, 6);
			break;
		case 3: /* into, without an overflow: goes on into nothing */
			CHECK(caught.vector != 4);
			break;
		default: /* sysenter, hlt */
			EQUAL(caught.vector, 13);
			break;
		}
		CHECK(caught.rip < 0x401000);
	}
}

TEST(failsafe_after_segments_went_away)
{
	uint64_t *page = page_alloc(), m = mfn_of(page);

	page[1] = 0x00affb000000ffffUL; /* code of ring 3 */
	EQUAL(protect(page), 0);
	EQUAL(CALL(HYPERCALL_set_gdt, &m, 512), 0);
	CHECK(CATCH(iret_frame((uint64_t)user_end, 0x0b, FLAT_USER_SS, 2, 0)));
	EQUAL(caught.vector, TRAP_SYSCALL);
	/* it lies in a table that is not there any more */
	EQUAL(CALL(HYPERCALL_set_gdt, &m, 0), 0);
	CHECK(CATCH(iret_frame((uint64_t)user_end, 0x0b, FLAT_USER_SS, 2, 0)));
	CHECK(caught.vector == TRAP_FAILSAFE || caught.vector == 13);
	/* an LDT that is not mapped: the fault is the guest's */
	EQUAL(mmuext(MMUEXT_SET_LDT, NO_MEMORY, 512), 0);
	CHECK(CATCH(iret_frame((uint64_t)user_end, 0x0f, FLAT_USER_SS, 2, 0)));
	CHECK(caught.vector == TRAP_FAILSAFE || caught.vector == 13);
}

/* Where a kernel wants them, 32-bit system calls come to an entry of their own. */
TEST(system_calls_of_32_bit_programs)
{
	struct xen_callback_register r = {.type = CALLBACKTYPE_syscall32,
					  .address = (uint64_t)nmi_entry};
	struct xen_callback_unregister u = {.type = CALLBACKTYPE_syscall32};
	uint8_t *page = page_alloc();

	page[0] = 0x0f; /* syscall */
	page[1] = 0x05;
	map_low(0x400000, page);
	EQUAL(CALL(HYPERCALL_callback_op, CALLBACKOP_register, &r), 0);
	CHECK(CATCH(enter_user(0x400000, FLAT_USER_CS32, 0x401000, 2)));
	EQUAL(CALL(HYPERCALL_callback_op, CALLBACKOP_unregister, &u), 0);
	if (caught.vector == 6)
		return; /* Intel's processors have none */
	EQUAL(caught.vector, TRAP_NMI);
	EQUAL(caught.cs & 0xffff, FLAT_USER_CS32);
	EQUAL(caught.rip, 0x400002);
}

/* Self-sent NMIs come when the kernel says where. */
TEST(nmis_to_oneself)
{
	struct xen_callback_register r = {.type = CALLBACKTYPE_nmi, .address = (uint64_t)nmi_entry};
	struct xen_callback_unregister u = {.type = CALLBACKTYPE_nmi};

	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_send_nmi, 0, 0), 0); /* to nowhere */
	EQUAL(CALL(HYPERCALL_callback_op, CALLBACKOP_register, &r), 0);
	for (unsigned int i = 0; i < 3; i++) {
		CHECK(CATCH(CALL(HYPERCALL_vcpu_op, VCPUOP_send_nmi, 0, 0)));
		EQUAL(caught.vector, TRAP_NMI);
		events_off();
	}
	EQUAL(CALL(HYPERCALL_callback_op, CALLBACKOP_unregister, &u), 0);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_send_nmi, 0, 0), 0);
}

/* An iret in a list ends the list when it leaves the kernel. */
TEST(iret_within_a_multicall)
{
	struct xen_iret_context f = {.rip = (uint64_t)user_end,
				     .cs = FLAT_USER_CS,
				     .rflags = 2,
				     .rsp = (uint64_t)user_stack_end,
				     .ss = FLAT_USER_SS};
	static struct xen_multicall_entry e[3];
	uint64_t page_before = mfn_of(page_alloc());
	uint64_t *page = va_of(page_before);

	EQUAL(mmuext(MMUEXT_NEW_USER_BASEPTR, live_l4(), 0), 0);
	page[0] = 5;
	memset(e, 0, sizeof(e));
	e[0].op = HYPERCALL_iret;
	e[1].op = HYPERCALL_update_va_mapping;
	e[1].args[0] = (uint64_t)page;
	e[1].args[2] = UVMF_INVLPG;
	e[1].result = 77;
	/* the frame lies where the stack pointer is at the call */
	CHECK(CATCH(__asm__ volatile("mov %0, %%rsp; syscall; ud2"
				     :
				     : "r"(&f), "a"(HYPERCALL_multicall), "D"(e), "S"(2UL)
				     : "memory")));
	EQUAL(caught.vector, TRAP_SYSCALL);
	EQUAL(e[1].result, 77);
	EQUAL(page[0], 5);
}
