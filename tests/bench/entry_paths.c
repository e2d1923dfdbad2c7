/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test kernel (tests/guests/kit) that does one thing many times between two marks of the counting
 * plugin: what does a trip into the hypervisor cost? entry_paths.py reads the figures. The handlers
 * are the shortest that do: no register is saved that they do not change.
 */
#include "kit.h"

#include "shoji/callback.h"
#include "shoji/event_channel.h"

#define ROUNDS 1000

/* A moment for the plugin (count.c). */
#define MARK(id) __asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0; .long 0x53480000 + %c0" : : "i"(id))

void light_syscall(void);
void light_fault(void);
void light_event(void);
void user_calls(void);
void user_faults(void);
void kernel_irets(void);
extern uint64_t light_word;
uint64_t light_word;

/* clang-format off */
__asm__(
	".pushsection .text\n"
	".macro LIGHT_IRET\n"
	"	push $0\n	push %rcx\n	push %r11\n	push %rax\n"
	"	mov $23, %eax\n	syscall\n"
	".endm\n"
	".macro LIGHT_MARK id\n"
	"	.byte 0x0f, 0x1f, 0x84, 0\n	.long 0x53480000 + \\id\n"
	".endm\n"
	"light_syscall:\n"
	"	pop %rcx\n	pop %r11\n"
	"	LIGHT_IRET\n"
	"light_fault:\n" /* the instruction that faults has two bytes */
	"	pop %rcx\n	pop %r11\n	add $8, %rsp\n"
	"	addq $2, (%rsp)\n"
	"	LIGHT_IRET\n"
	"light_event:\n"
	"	pop %rcx\n	pop %r11\n"
	"	push %rax\n	push %rdx\n"
	"	mov shared_info(%rip), %rax\n"
	"	movb $0, (%rax)\n"	/* pending, selector, the port's bit */
	"	movq $0, 8(%rax)\n"
	"	mov light_word(%rip), %rdx\n"
	"	movq $0, (%rdx)\n"
	"	pop %rdx\n	pop %rax\n"
	"	LIGHT_IRET\n"
	"user_calls:\n"
	"	mov $1000, %ebx\n"
	"	LIGHT_MARK 10\n"
	"1:	mov $39, %eax\n	syscall\n"
	"	dec %ebx\n	jnz 1b\n"
	"	LIGHT_MARK 11\n"
	"	ud2\n"
	"user_faults:\n"
	"	mov $1000, %ebx\n	xor %edi, %edi\n"
	"	LIGHT_MARK 18\n"
	"1:	mov (%rdi), %eax\n"
	"	dec %ebx\n	jnz 1b\n"
	"	LIGHT_MARK 19\n"
	"	ud2\n"
	"kernel_irets:\n"
	"	mov $1000, %edi\n	mov %rsp, %rsi\n	mov $1f, %rdx\n"
	"	LIGHT_MARK 14\n"
	"2:	push $0xe02b\n	push %rsi\n	push $0x202\n	push $0xe030\n	push %rdx\n"
	"	LIGHT_IRET\n"
	"1:	dec %edi\n	jnz 2b\n"
	"	LIGHT_MARK 15\n"
	"	ret\n"
	".popsection\n");
/* clang-format on */

static void set_fault_handler(void (*handler)(void))
{
	struct xen_trap_info t[2] = {
		{.vector = 14, .flags = 4, .cs = FLAT_KERNEL_CS, .address = (uint64_t)handler}};

	EQUAL(CALL(HYPERCALL_set_trap_table, t), 0);
}

static void set_callback(uint16_t type, void (*handler)(void))
{
	struct xen_callback_register c = {
		.type = type, .flags = CALLBACKF_mask_events, .address = (uint64_t)handler};

	EQUAL(CALL(HYPERCALL_callback_op, CALLBACKOP_register, &c), 0);
}

TEST(system_call_and_iret)
{
	set_callback(CALLBACKTYPE_syscall, light_syscall);
	events_on();
	CHECK(CATCH(
		enter_user((uint64_t)user_calls, FLAT_USER_CS, (uint64_t)user_stack_end, 0x202)));
	EQUAL(caught.vector, 6);
}

TEST(null_hypercall)
{
	MARK(12);
	for (unsigned int i = 0; i < ROUNDS; i++)
		(void)CALL(HYPERCALL_xen_version, 0);
	MARK(13);
}

TEST(iret_within_the_kernel)
{
	events_on();
	kernel_irets();
}

TEST(fault_of_the_kernel)
{
	set_fault_handler(light_fault);
	events_on();
	MARK(16);
	for (unsigned int i = 0; i < ROUNDS; i++)
		__asm__ volatile("mov (%0), %%eax" : : "D"(0UL) : "rax");
	MARK(17);
}

TEST(fault_of_a_program)
{
	set_fault_handler(light_fault);
	events_on();
	CHECK(CATCH(
		enter_user((uint64_t)user_faults, FLAT_USER_CS, (uint64_t)user_stack_end, 0x202)));
	EQUAL(caught.vector, 6);
}

TEST(event_to_oneself)
{
	struct xen_evtchn_bind_ipi bind = {.vcpu = 0};
	struct xen_evtchn_send send;

	EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_bind_ipi, &bind), 0);
	send.port = bind.port;
	light_word = (uint64_t)&shared_info->evtchn_pending[send.port / 64];
	shared_info->evtchn_mask[send.port / 64] &= ~(1UL << send.port % 64);
	set_callback(CALLBACKTYPE_event, light_event);
	events_on();
	MARK(20);
	for (unsigned int i = 0; i < ROUNDS; i++)
		(void)CALL(HYPERCALL_event_channel_op, EVTCHNOP_send, &send);
	MARK(21);
	events_off();
}
