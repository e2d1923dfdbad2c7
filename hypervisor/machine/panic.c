/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Going on could leak or corrupt: say what happened, stop the other CPUs, and reboot after a while,
 * unless the option `noreboot` leaves the message on the screen. The first CPU to arrive reports;
 * one that panics while reporting just stops.
 */
#include "machine/panic.h"

#include "core/domain.h"
#include "core/log.h"
#include "lib/printf.h"
#include "machine/apic.h"
#include "machine/backtrace.h"
#include "machine/console.h"
#include "machine/cpu_ops.h"
#include "machine/options.h"
#include "machine/percpu.h"
#include "machine/time.h"

#define REBOOT_SECONDS 5

uint64_t __stack_chk_guard = 0x5af3c2970b1ee4d8ULL;
_Noreturn void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
	panic("stack smashed, called from %p", __builtin_return_address(0));
}

static uint32_t panicking; /* id + 1 of the CPU that reports; atomic */

static _Noreturn void stop(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" ::: "memory");
}

static void stop_by_nmi(void)
{
	stop();
}

static void stop_others(void)
{
	unsigned int count = machine_cpu_count();

	for (unsigned int i = 0; i < count; i++) {
		struct cpu *c = machine_cpu(i);

		if (c == this_cpu())
			continue;
		((struct percpu *)c)->stopper = stop_by_nmi;
		apic_send_nmi(c->apic_id);
	}
}

static void begin(void)
{
	uint32_t none = 0;

	__asm__ volatile("cli" ::: "memory");
	if (!__atomic_compare_exchange_n(&panicking, &none, this_cpu()->id + 1, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		stop();
	console_break_lock();
	stop_others();
}

static _Noreturn void end(void)
{
	if (options.noreboot || !machine_tsc_scale()->khz) {
		log_error("the machine is stopped");
		stop();
	}
	log_error("the machine reboots in %d seconds", REBOOT_SECONDS);
	time_udelay(REBOOT_SECONDS * 1000000);
	machine_halt(true);
}

static void log_guest(void)
{
	struct vcpu *v = this_cpu()->current;

	if (v)
		log_error("CPU %u was serving vCPU %u of domain %u, at %016lx", this_cpu()->id,
			  v->id, v->domain->id.id, (unsigned long)vcpu_regs(v)->rip);
}

static void log_registers(const struct xen_cpu_user_regs *r)
{
	static const struct {
		const char *name;
		size_t offset;
	} table[] = {
#define REGISTER(n) {#n, offsetof(struct xen_cpu_user_regs, n)}
		REGISTER(rax), REGISTER(rbx), REGISTER(rcx), REGISTER(rdx),
		REGISTER(rsi), REGISTER(rdi), REGISTER(rbp), REGISTER(rsp),
		REGISTER(r8),  REGISTER(r9),  REGISTER(r10), REGISTER(r11),
		REGISTER(r12), REGISTER(r13), REGISTER(r14), REGISTER(r15),
#undef REGISTER
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i += 4) {
		char line[128];
		int n = 0;

		for (size_t j = i; j < i + 4; j++)
			n += snprintf(line + n, sizeof(line) - (size_t)n, "%s%3s %016lx",
				      j == i ? "" : "  ", table[j].name,
				      *(const unsigned long *)((const char *)r + table[j].offset));
		log_error("%s", line);
	}
}

void panic(const char *fmt, ...)
{
	char text[160];
	va_list args;

	begin();
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_error("PANIC on CPU %u: %s", this_cpu()->id, text);
	log_guest();
	backtrace_log((uint64_t)__builtin_return_address(0), (uint64_t)__builtin_frame_address(0));
	end();
}

void panic_trap(const struct xen_cpu_user_regs *frame)
{
	begin();
	log_error("PANIC on CPU %u: exception %u, error %x, at %04x:%016lx, flags %lx",
		  this_cpu()->id, frame->entry_vector, frame->error_code, frame->cs,
		  (unsigned long)frame->rip, (unsigned long)frame->rflags);
	log_error("cr0 %lx  cr2 %016lx  cr3 %lx  cr4 %lx", (unsigned long)cpu_read_cr0(),
		  (unsigned long)cpu_read_cr2(), (unsigned long)cpu_read_cr3(),
		  (unsigned long)cpu_read_cr4());
	log_registers(frame);
	log_guest();
	backtrace_log(frame->rip, frame->rbp);
	end();
}
