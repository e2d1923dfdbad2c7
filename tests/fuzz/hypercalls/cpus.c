/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two CPUs played by one thread.
 *
 * Duty: a CPU that waits (machine_relax) lets the other one run until that waits, too, idles, or is
 * back in its guest. The other one has a stack of its own for that time. Data: that stack, and who
 * is where. Nothing is left to chance: the same program always runs the same way.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <ucontext.h>

#include <sanitizer/common_interface_defs.h>

#include "core/exit.h"
#include "cpus.h"

#define STACK_BYTES (1 << 20)
#define WAITS_MAX   10000

static jmp_buf idle[CPUS];

/* The other CPU's course while the first one waits. */
static struct {
	bool begun, done, stopped;
	unsigned int cpu;
	ucontext_t self, first;
	const void *first_stack;
	size_t first_bytes;
	char stack[STACK_BYTES];
} aside;

static jmp_buf *end;	   /* where to when the machine stops */
static unsigned int waits; /* of the present step */
static bool inside;	   /* the other CPU is playing */

void machine_idle_enter(void)
{
	longjmp(idle[fake_cpu_id], 1);
}

struct vcpu *cpu_exit(unsigned int cpu)
{
	fake_cpu_id = cpu;
	machine_kicked[cpu] = false;
	if (setjmp(idle[cpu]))
		return NULL;
	return core_exit();
}

/* --- the other CPU's course --- */

static void back_to_first(bool for_good)
{
	void *fake_stack = NULL;

	__sanitizer_start_switch_fiber(for_good ? NULL : &fake_stack, aside.first_stack,
				       aside.first_bytes);
	swapcontext(&aside.self, &aside.first);
	__sanitizer_finish_switch_fiber(fake_stack, NULL, NULL);
}

static void course(void)
{
	__sanitizer_finish_switch_fiber(NULL, &aside.first_stack, &aside.first_bytes);
	(void)cpu_exit(aside.cpu);
	aside.done = true;
	back_to_first(true);
}

static void go_aside(unsigned int cpu)
{
	unsigned int first = fake_cpu_id;
	void *fake_stack = NULL;

	if (!aside.begun) {
		aside.begun = true;
		aside.done = aside.stopped = false;
		aside.cpu = cpu;
		getcontext(&aside.self);
		aside.self.uc_stack.ss_sp = aside.stack;
		aside.self.uc_stack.ss_size = sizeof(aside.stack);
		makecontext(&aside.self, course, 0);
	}
	inside = true;
	fake_cpu_id = aside.cpu;
	__sanitizer_start_switch_fiber(&fake_stack, aside.stack, sizeof(aside.stack));
	swapcontext(&aside.first, &aside.self);
	__sanitizer_finish_switch_fiber(fake_stack, NULL, NULL);
	inside = false;
	fake_cpu_id = first;
	if (aside.done)
		aside.begun = false;
	if (aside.stopped) {
		aside.begun = aside.stopped = false;
		longjmp(*end, 1);
	}
}

void machine_relax(void)
{
	if (++waits > WAITS_MAX)
		failure("CPU %u waits for ever", fake_cpu_id);
	if (inside)
		back_to_first(false);
	else
		go_aside(!fake_cpu_id);
}

void cpus_finish(void)
{
	while (aside.begun)
		go_aside(aside.cpu);
	waits = 0;
}

void cpus_reset(void)
{
	aside.begun = false;
	inside = false;
	waits = 0;
}

/* --- the end of the machine --- */

void world_stopped(void)
{
	if (this_cpu()->lock_depth)
		failure("the machine is stopped while a lock is held");
	if (!end)
		failure("the machine is stopped");
	if (inside) {
		aside.stopped = true;
		back_to_first(true);
	}
	longjmp(*end, 1);
}

bool world_try(void (*f)(void *), void *arg)
{
	jmp_buf here;

	if (setjmp(here)) {
		end = NULL;
		return false;
	}
	end = &here;
	f(arg);
	end = NULL;
	return true;
}
