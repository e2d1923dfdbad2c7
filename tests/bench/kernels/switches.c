/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vCPUs cost that take turns, wake one another and interrupt one another: each a thousand
 * times between two marks of the counting plugin, read by switches.py. It runs on a machine with
 * one CPU, and with "cpus=2" on one with two, of which this kernel's second vCPU has one to itself.
 *
 * Who waits says so by "pause", at which the emulator turns to the other CPU: so nothing of the
 * hypervisor's is counted but what the operation needs.
 */
#include "kit.h"

#include "shoji/event_channel.h"
#include "shoji/sched.h"

#define ROUNDS 1000
/* Pauses after which another CPU has nothing left to do: each lets it run to its own next one. */
#define SETTLED 20

/* A moment for the plugin (count.c). */
#define MARK(id) __asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0; .long 0x53480000 + %c0" : : "i"(id))

static volatile bool enough;
static volatile uint64_t rounds; /* the other's: it sleeps again, or was woken */
static unsigned int other;
static uint32_t port;

static void relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}

static bool two_cpus(void)
{
	const char *cpus = option("cpus");

	return cpus && !strcmp(cpus, "2");
}

static void settle(void)
{
	for (unsigned int i = 0; i < SETTLED; i++) {
		relax();
		if (!two_cpus())
			yield();
	}
}

/* Where vCPUs are pinned one by one, those with odd numbers are on the second of two CPUs. */
static unsigned int another(void)
{
	unsigned int id = spare_vcpu();

	return two_cpus() && id % 2 == 0 ? spare_vcpu() : id;
}

static void start_other(struct xen_vcpu_guest_context *c)
{
	EQUAL(vcpu_initialise(other, c), 0);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_up, other, 0), 0);
	settle();
}

static int state_of_other(void)
{
	struct xen_vcpu_runstate_info info;

	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_get_runstate_info, other, &info), 0);
	return info.state;
}

static void bind_port(unsigned int vcpu)
{
	struct xen_evtchn_bind_ipi bind = {.vcpu = vcpu};

	EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_bind_ipi, &bind), 0);
	port = bind.port;
}

static void send(void)
{
	struct xen_evtchn_send send = {port};

	(void)CALL(HYPERCALL_event_channel_op, EVTCHNOP_send, &send);
}

/* --- two vCPUs on one CPU, without an interrupt --- */

static void take_turns(void)
{
	while (!enough)
		yield();
	for (;;)
		(void)CALL(HYPERCALL_vcpu_op, VCPUOP_down, other, 0);
}

TEST(two_take_turns)
{
	if (two_cpus())
		return;
	other = another();
	start_other(new_context(other, take_turns));
	MARK(10);
	for (unsigned int i = 0; i < ROUNDS; i++)
		yield();
	MARK(11);
	enough = true;
	settle();
}

static void poll_again(void)
{
	for (;;) {
		struct xen_sched_poll poll = {.ports = (uint64_t)&port, .nr_ports = 1};

		(void)CALL(HYPERCALL_sched_op, SCHEDOP_poll, &poll);
		__atomic_fetch_and(&shared_info->evtchn_pending[port / 64], ~(1UL << port % 64),
				   __ATOMIC_SEQ_CST);
		rounds++;
	}
}

/* The port stays masked: it wakes who polls it, and nobody is called. */
TEST(one_wakes_the_other)
{
	uint64_t before;

	if (two_cpus())
		return;
	other = another();
	bind_port(other);
	shared_info->evtchn_mask[port / 64] |= 1UL << port % 64;
	start_other(new_context(other, poll_again));
	before = rounds;
	MARK(12);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		send();
		yield();
	}
	MARK(13);
	EQUAL(rounds - before, ROUNDS);
	(void)CALL(HYPERCALL_vcpu_op, VCPUOP_down, other, 0);
}

/* --- interrupts of a vCPU by another --- */

/* What the handler writes: the vCPU's words of the shared page, and how often it was called. */
extern volatile uint64_t handled;
extern uint64_t ipi_vcpu_info, ipi_word;
volatile uint64_t handled;
uint64_t ipi_vcpu_info, ipi_word;
void ipi_handler(void);

/* clang-format off */
__asm__(
	".pushsection .text\n"
	"ipi_handler:\n"
	"	.byte 0x0f, 0x1f, 0x84, 0\n	.long 0x53480000 + 31\n" /* MARK(31) */
	"	pop %rcx\n	pop %r11\n"
	"	push %rax\n	push %rdx\n"
	"	mov ipi_vcpu_info(%rip), %rax\n"
	"	movb $0, (%rax)\n"	/* pending, selector, the port's word */
	"	movq $0, 8(%rax)\n"
	"	mov ipi_word(%rip), %rdx\n"
	"	movq $0, (%rdx)\n"
	"	incq handled(%rip)\n"
	"	pop %rdx\n	pop %rax\n"
	"	push $0\n	push %rcx\n	push %r11\n	push %rax\n"
	"	mov $23, %eax\n	syscall\n"
	".popsection\n");
/* clang-format on */

static void run_on(void)
{
	for (;;)
		relax();
}

static void sleep_on(void)
{
	for (;;) {
		rounds++;
		(void)CALL(HYPERCALL_sched_op, SCHEDOP_block);
	}
}

/* The other vCPU, with the handler, doing so. */
static void start_target(void (*what)(void))
{
	struct xen_vcpu_guest_context *c;

	other = another();
	bind_port(other);
	shared_info->evtchn_mask[port / 64] &= ~(1UL << port % 64);
	ipi_vcpu_info = (uint64_t)&shared_info->vcpu_info[other];
	ipi_word = (uint64_t)&shared_info->evtchn_pending[port / 64];
	c = new_context(other, what);
	c->event_callback_eip = (uint64_t)ipi_handler;
	shared_info->vcpu_info[other].evtchn_upcall_mask = 0;
	start_other(c);
	handled = 0;
}

static void stop_target(void)
{
	EQUAL(handled, ROUNDS);
	(void)CALL(HYPERCALL_vcpu_op, VCPUOP_down, other, 0);
}

/* To the handler of one that sleeps, and until it sleeps again. */
static void interrupt_the_sleeping(void)
{
	start_target(sleep_on);
	EQUAL(state_of_other(), RUNSTATE_blocked);
}

static void wait_for_sleep(uint64_t before)
{
	while (rounds == before)
		relax();
	for (unsigned int i = 0; i < SETTLED; i++)
		relax();
}

/* Where the other one does not go first at once, it gets the CPU. */
TEST(to_one_that_sleeps_here)
{
	if (two_cpus())
		return;
	interrupt_the_sleeping();
	MARK(14);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t before = rounds;

		MARK(30);
		send();
		while (rounds == before)
			yield();
	}
	MARK(15);
	stop_target();
}

TEST(to_one_that_sleeps_on_another_cpu)
{
	if (!two_cpus())
		return;
	interrupt_the_sleeping();
	MARK(16);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t before = rounds;

		MARK(30);
		send();
		wait_for_sleep(before);
	}
	MARK(17);
	EQUAL(state_of_other(), RUNSTATE_blocked);
	stop_target();
}

TEST(to_one_that_runs_on_another_cpu)
{
	if (!two_cpus())
		return;
	start_target(run_on);
	EQUAL(state_of_other(), RUNSTATE_running);
	MARK(18);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		MARK(30);
		send();
		while (handled != i + 1)
			relax();
		relax();
	}
	MARK(19);
	EQUAL(state_of_other(), RUNSTATE_running);
	stop_target();
}
