/* SPDX-License-Identifier: GPL-2.0-only */
/* The frame of a test kernel: boot, exceptions, running the tests, the end. */
#include "kit.h"

#include "shoji/callback.h"
#include "shoji/event_channel.h"
#include "shoji/physdev.h"
#include "shoji/sched.h"

struct xen_start_info *start_info;
struct xen_shared_info *shared_info;
bool privileged;
struct caught caught;
uint64_t catch_place[8];
volatile bool catching;
volatile unsigned int events_seen;

static uint64_t next_test[8];
static const char *running = "start";
static unsigned int failed;

extern const struct test tests_start[], tests_end[];
extern char trap_stubs[], trap_stubs_end[], event_entry[], failsafe_entry[], syscall_entry[],
	nmi_entry[];
void kernel_main(struct xen_start_info *si);
void trap_handler(struct trap_frame *f);
void vsay(const char *prefix, const char *name, const char *format, va_list args);
void pages_reset(void);
void console_flush(void);

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsay("FAIL ", running, ": ", args);
	va_end(args);
	va_start(args, format);
	vsay("     ", "", format, args);
	va_end(args);
	failed++;
	jump_back(next_test, 1);
}

/* --- exceptions --- */

static void remember_trap(const struct trap_frame *f)
{
	caught = (struct caught){
		.vector = (unsigned int)f->vector,
		.error = f->error,
		.rip = f->rip,
		.cr2 = shared_info->vcpu_info[0].arch.cr2,
		.cs = f->cs,
		.rax = f->rax,
		.rsp = f->rsp,
	};
}

void trap_handler(struct trap_frame *f)
{
	if (f->vector == TRAP_EVENT) {
		shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
		events_seen++;
		return;
	}
	remember_trap(f);
	if (catching) {
		catching = false;
		jump_back(catch_place, 1);
	}
	fail("unexpected exception %lu, error %lx, at %lx, cr2 %lx", f->vector, f->error, f->rip,
	     caught.cr2);
}

static void set_traps(void)
{
	struct xen_callback_register syscall = {.type = CALLBACKTYPE_syscall,
						.address = (uint64_t)syscall_entry};
	static struct xen_trap_info table[257];
	unsigned long stub = (unsigned long)(trap_stubs_end - trap_stubs) / 256;

	for (unsigned int i = 0; i < 256; i++)
		table[i] = (struct xen_trap_info){.vector = (uint8_t)i,
						  .flags = 3,
						  .cs = FLAT_KERNEL_CS,
						  .address = (uint64_t)trap_stubs + i * stub};
	if (CALL(HYPERCALL_set_trap_table, table))
		say("FAIL start: trap table");
	CALL(HYPERCALL_set_callbacks, event_entry, failsafe_entry, syscall_entry);
	CALL(HYPERCALL_callback_op, CALLBACKOP_register, &syscall); /* which masks no events */
	CALL(HYPERCALL_stack_switch, FLAT_KERNEL_SS, entry_stack_end);
}

void events_off(void)
{
	__atomic_store_n(&shared_info->vcpu_info[0].evtchn_upcall_mask, 1, __ATOMIC_SEQ_CST);
}

void events_on(void)
{
	struct xen_vcpu_info *v = &shared_info->vcpu_info[0];

	__atomic_store_n(&v->evtchn_upcall_mask, 0, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&v->evtchn_upcall_pending, __ATOMIC_SEQ_CST))
		CALL(HYPERCALL_xen_version, 0); /* any call delivers it */
}

/* --- user mode --- */

void enter_user(uint64_t rip, uint64_t cs, uint64_t rsp, uint64_t rflags)
{
	struct xen_iret_context f = {
		.rip = rip, .cs = cs | 3, .rflags = rflags, .rsp = rsp, .ss = FLAT_USER_SS};

	EQUAL(mmuext(MMUEXT_NEW_USER_BASEPTR, live_l4(), 0), 0);
	iret_to(&f);
}

void run_user(void (*code)(void))
{
	enter_user((uint64_t)code, FLAT_USER_CS, (uint64_t)user_stack_end, 2);
}

void user_end(void)
{
	__asm__ volatile("syscall");
}

uint16_t own_domid(void)
{
	struct xen_evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
	struct xen_evtchn_status s = {.dom = DOMID_SELF};
	struct xen_evtchn_close c;

	EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_alloc_unbound, &a), 0);
	s.port = c.port = a.port;
	EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_status, &s), 0);
	EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_close, &c), 0);
	return s.u.unbound.dom;
}

/* --- start and end --- */

static uint64_t rdtsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return low | (uint64_t)high << 32;
}

uint64_t now(void)
{
	const volatile struct xen_vcpu_time_info *t = &shared_info->vcpu_info[0].time;
	uint64_t delta, base;
	uint32_t version, mul;

	do {
		version = t->version & ~1u;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		delta = rdtsc() - t->tsc_timestamp;
		delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
		mul = t->tsc_to_system_mul;
		base = t->system_time;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	} while (version != t->version);
	return base + (uint64_t)((unsigned __int128)delta * mul >> 32);
}

const char *option(const char *name)
{
	static char value[64];
	size_t length = strlen(name), n = 0;

	for (const char *p = start_info->cmd_line; *p; p++) {
		if ((p != start_info->cmd_line && p[-1] != ' ') || memcmp(p, name, length) ||
		    p[length] != '=')
			continue;
		for (p += length + 1; *p && *p != ' ' && n < sizeof(value) - 1; p++)
			value[n++] = *p;
		value[n] = 0;
		return value;
	}
	return NULL;
}

void shut_down(unsigned int reason)
{
	struct xen_sched_shutdown s = {reason};

	CALL(HYPERCALL_sched_op, SCHEDOP_shutdown, &s);
	for (;;)
		;
}

/* Whatever the last test left. */
static void tidy(void)
{
	struct xen_physdev_set_iopl none = {0};

	__asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" : : "r"(0));
	CALL(HYPERCALL_set_gdt, 0, 0);
	(void)mmuext(MMUEXT_SET_LDT, 0, 0);
	(void)mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0);
	CALL(HYPERCALL_set_debugreg, 7, 0);
	CALL(HYPERCALL_set_debugreg, 6, 0);
	CALL(HYPERCALL_physdev_op, PHYSDEVOP_set_iopl, &none);
	CALL(HYPERCALL_fpu_taskswitch, 0);
	set_traps();
	unmap_low();
	pages_reset();
	events_off();
}

static void run(const struct test *t)
{
	running = t->name;
	tidy();
	if (remember(next_test))
		return;
	t->run();
	catching = false;
	say("PASS %s", t->name);
}

static bool wanted(const struct test *t)
{
	const char *only = option("only");

	if (only && strcmp(only, t->name))
		return false;
	return t->who == ANYONE || (t->who == CONTROL_DOMAIN) == privileged;
}

/* The page is mapped over one of our own: the kernel's tables reach it already. */
static void map_shared_info(void)
{
	static uint8_t place[PAGE] __attribute__((aligned(4096)));

	if (CALL(HYPERCALL_update_va_mapping, place, start_info->shared_info | WRITABLE,
		 UVMF_INVLPG))
		say("FAIL start: shared info cannot be mapped");
	shared_info = (void *)place;
}

void kernel_main(struct xen_start_info *si)
{
	unsigned int count = 0;

	start_info = si;
	privileged = si->flags & SIF_PRIVILEGED;
	map_shared_info();
	set_traps();
	for (const struct test *t = tests_start; t < tests_end; t++) {
		if (!wanted(t))
			continue;
		count++;
		run(t);
	}
	say("END %u tests, %u failed", count, failed);
	console_flush();
	shut_down(SHUTDOWN_poweroff);
}
