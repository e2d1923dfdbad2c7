/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug registers, single steps, and the moments at which a debug exception is awkward. */
#include "kit.h"

#define FLAG_TF 0x100UL

static volatile uint64_t watched __attribute__((aligned(64)));

static void watch(unsigned int reg, const volatile void *place, unsigned int type,
		  unsigned int length)
{
	EQUAL(CALL(HYPERCALL_set_debugreg, reg, place), 0);
	EQUAL(CALL(HYPERCALL_set_debugreg, 7,
		   1UL << (2 * reg) | (uint64_t)type << (16 + 4 * reg) |
			   (uint64_t)length << (18 + 4 * reg)),
	      0);
}

TEST(breakpoints_on_instructions)
{
	watch(2, (void *)(uint64_t)user_end, 0, 0);
	CHECK(CATCH(user_end()));
	EQUAL(caught.vector, 1);
	EQUAL(caught.rip, (uint64_t)user_end);
	EQUAL(CALL(HYPERCALL_get_debugreg, 6) & 0xf, 4);
	/* a program's, on its way out of the kernel */
	CHECK(CATCH(run_user(user_end)));
	EQUAL(caught.vector, 1);
	EQUAL(caught.cs & 3, 3);
}

/* By instruction it is as by hypercall. */
TEST(debug_registers_by_instruction)
{
	uint64_t got;

	CHECK(!CATCH(__asm__ volatile("mov %0, %%db1" : : "r"(&watched))));
	CHECK(!CATCH(__asm__ volatile("mov %%db1, %0" : "=r"(got))));
	EQUAL(got, &watched);
	CHECK(CATCH(__asm__ volatile("mov %0, %%db0" : : "r"(HV_IMAGE))));
	EQUAL(caught.vector, 13);
	CHECK(CATCH(__asm__ volatile("mov %0, %%db3" : : "r"(ODD))));
	CHECK(CATCH(__asm__ volatile("mov %0, %%db7" : : "r"(1UL << 13))));
	CHECK(CATCH(__asm__ volatile("mov %0, %%db7" : : "r"(1UL << 40))));
	CHECK(CATCH(__asm__ volatile("mov %0, %%db6" : : "r"(1UL << 32))));
	CHECK(!CATCH(__asm__ volatile("mov %%db6, %0" : "=r"(got))));
	CHECK(!CATCH(__asm__ volatile("mov %%db7, %0" : "=r"(got))));
	EQUAL(got & 0xff, 0);
}

TEST(single_steps)
{
	CHECK(CATCH(__asm__ volatile("pushf; orq %0, (%%rsp); popf; nop; nop" : : "i"(FLAG_TF))));
	EQUAL(caught.vector, 1);
	EQUAL(CALL(HYPERCALL_get_debugreg, 6) >> 14 & 1, 1);
	CHECK(CATCH(
		enter_user((uint64_t)user_end, FLAT_USER_CS, (uint64_t)user_stack_end, FLAG_TF)));
	CHECK(caught.vector == TRAP_SYSCALL || caught.vector == 1);
	/* the kernel itself goes on without */
	uint64_t f;

	__asm__ volatile("pushf; pop %0" : "=r"(f));
	EQUAL(f & FLAG_TF, 0);
}

/* A step that begins before a hypercall ends after it, not in the hypervisor. */
TEST(single_steps_over_a_hypercall)
{
	static volatile uint64_t after;

	CHECK(CATCH(__asm__ volatile("lea 1f(%%rip), %%rcx\n"
				     "mov %%rcx, %0\n"
				     "pushf; orq $0x100, (%%rsp); popf\n"
				     "syscall\n"
				     "1: nop; nop; nop\n"
				     : "=m"(after)
				     : "a"(HYPERCALL_xen_version), "D"(0)
				     : "rcx", "r11", "memory")));
	EQUAL(caught.vector, 1);
	CHECK(caught.rip >= after - 2 && caught.rip <= after + 2);
}

/* What the hypervisor writes on our behalf, while we watch the place. */
TEST(watched_kernel_stack)
{
	watch(0, entry_stack_end - 8, 1, 2);
	CHECK(CATCH(run_user(user_end)));
	EQUAL(caught.vector, TRAP_SYSCALL);
	watch(0, &shared_info->vcpu_info[0].arch.cr2, 1, 2);
	CHECK(CATCH((void)*(volatile uint8_t *)NO_MEMORY));
	EQUAL(caught.vector, 14);
	EQUAL(caught.cr2, NO_MEMORY);
}

#define AFTER_MOV_SS(instruction)                                                              \
	CATCH(__asm__ volatile("mov %%ss, %%eax; mov %%rsp, %%rcx; mov %0, %%ss; " instruction \
			       :                                                               \
			       : "m"(stack_selector)                                           \
			       : "eax", "rcx", "r11", "memory"))

/* The watched operand of MOV SS holds its debug exception back over the next instruction, so that
 * it meets the hypervisor's first one. */
TEST(mov_ss_before_an_entry)
{
	static volatile uint32_t stack_selector __attribute__((aligned(8))) = FLAT_KERNEL_SS;

	for (unsigned int i = 0; i < 3; i++) {
		watch(0, &stack_selector, 3, 3); /* read or write */
		CHECK(AFTER_MOV_SS("int3"));
		CHECK(caught.vector == 3 || caught.vector == 1);
		watch(0, &stack_selector, 3, 3);
		CHECK(AFTER_MOV_SS("int $0x80"));
		watch(0, &stack_selector, 3, 3);
		CHECK(AFTER_MOV_SS(".byte 0xf1")); /* icebp */
		EQUAL(caught.vector, 1);
		watch(0, &stack_selector, 3, 3);
		CHECK(AFTER_MOV_SS("ud2"));
		watch(0, &stack_selector, 3, 3);
		(void)AFTER_MOV_SS("mov $17, %%eax; syscall");
		watch(0, &stack_selector, 3, 3);
		(void)CATCH(
			__asm__ volatile("mov $17, %%eax; xor %%edi, %%edi; mov %0, %%ss; syscall"
					 :
					 : "m"(stack_selector)
					 : "rax", "rcx", "rdi", "r11", "memory"));
	}
	EQUAL(CALL(HYPERCALL_set_debugreg, 7, 0), 0);
	EQUAL(CALL(HYPERCALL_xen_version, 0, 0), 4 << 16 | 17);
}

/* Nothing of one vCPU's debug registers shows in another one, nor stops it. */
static volatile uint64_t worker_dr0, worker_dr7;

static void touch_and_look(void)
{
	for (unsigned int i = 0; i < 30; i++) {
		watched++; /* an exception here would end the domain: it has no handlers */
		yield();
	}
	worker_dr0 = (uint64_t)CALL(HYPERCALL_get_debugreg, 0);
	worker_dr7 = (uint64_t)CALL(HYPERCALL_get_debugreg, 7);
}

TEST(breakpoints_of_two_vcpus)
{
	watch(0, &watched, 1, 2);
	start_work(touch_and_look);
	await_work();
	EQUAL(worker_dr0, 0);
	EQUAL(worker_dr7 & 0xff, 0);
	CHECK(CATCH(watched = 1));
	EQUAL(caught.vector, 1);
}
