/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs of hypercalls: an input is a list of steps, 16 bytes each, that several domains and
 * vCPUs take in turn; all of hypervisor/core and hypervisor/abi works underneath, unchanged. After
 * each step everything is audited; at the end everything dies, and all memory must be back.
 *
 * A step: what, who, how it goes wrong (allocations, copies, preemption), then its arguments.
 */
/* SOURCES: tests/fuzz/hypercalls/[a-z]*.c tests/fake/fake_core.c tests/fake/fake_machine.c */
/* SOURCES: hypervisor/core/[a-z]*.c hypervisor/abi/[a-z]*.c */
/* SOURCES: hypervisor/lib/strlcpy.c hypervisor/lib/tree.c */
/* FLAGS: -Ihypercalls -I../fake -include hooks.h -DSHOJI_DEBUG */
/* LIBS: -Wl,--wrap=heap_take,--wrap=heap_give,--wrap=heap_lend,--wrap=heap_return */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/audit.h"
#include "core/evtchn.h"
#include "core/grant_internal.h"
#include "core/preempt.h"
#include "grammar.h"
#include "machine.h"
#include "shoji/hypercalls.h"
#include "shoji/virq.h"

#define STEP	  16
#define STEPS_MAX 64

struct step {
	uint8_t what, who, how, when;
	uint8_t arguments[STEP - 4];
};
_Static_assert(sizeof(struct step) == STEP, "a step is 16 bytes");

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* --- what goes wrong in a step --- */

static void inject(const struct step *s)
{
	static const int64_t budgets[] = {20000, 20000, 20000, 20000, 0, 300, 2000, 6000};

	fuzz_budget = budgets[s->how & 7];
	if ((s->how & 0x30) == 0x30)
		fuzz_alloc_in = 1 + s->when % 12;
	if ((s->how & 0xc0) == 0xc0) {
		fuzz_fault_in = 1 + s->when / 12 % 12;
		fuzz_fault_for = s->when >= 144;
	}
}

static bool leaves(const struct step *s)
{
	return s->how & 8;
}

/* --- steps that are no hypercalls --- */

static void store(struct vcpu *v, struct bytes *b)
{
	static const uint8_t instructions[][15] = {
		{0x48, 0x89, 0x01},		      /* mov %rax, (%rcx) */
		{0x48, 0x87, 0x01},		      /* xchg */
		{0x88, 0x01},			      /* mov %al */
		{0x66, 0xc7, 0x01, 7, 0},	      /* movw $7 */
		{0xf0, 0x48, 0x0f, 0xb1, 0x11},	      /* lock cmpxchg %rdx */
		{0xf0, 0x48, 0x0f, 0xba, 0x29, 1},    /* lock bts $1 */
		{0xf0, 0x48, 0x0f, 0xba, 0x31, 6},    /* lock btr $6 */
		{0x48, 0x0f, 0xba, 0x39, 5},	      /* btc $5 */
		{0xf0, 0x48, 0x0f, 0xc1, 0x01},	      /* lock xadd */
		{0x48, 0x01, 0x01},		      /* add */
		{0x48, 0x29, 0x01},		      /* sub */
		{0x11, 0x01},			      /* adc */
		{0x19, 0x01},			      /* sbb */
		{0x48, 0x09, 0x01},		      /* or */
		{0x48, 0x31, 0x01},		      /* xor */
		{0x48, 0x83, 0x21, 0xfe},	      /* and $-2 */
		{0x48, 0xff, 0x01},		      /* inc */
		{0x48, 0xff, 0x09},		      /* dec */
		{0x48, 0xf7, 0x11},		      /* not */
		{0x48, 0xf7, 0x19},		      /* neg */
		{0xf3, 0x48, 0xab},		      /* rep stos */
		{0x0f, 0xc7, 0x09},		      /* cmpxchg8b */
		{0x48, 0xc7, 0x81, 0, 0, 0, 0, 0x67}, /* movq $0x67, 0(%rcx) */
	};
	uint8_t how = take(b);
	uint64_t va = grammar_pick(v, b, K_VIRTUAL), value = grammar_pick(v, b, K_ENTRY);
	uint8_t raw[15];

	if (how < 200) {
		guest_store(v, va, value, instructions[how % ARRAY_SIZE(instructions)]);
		return;
	}
	for (unsigned int i = 0; i < sizeof(raw); i++)
		raw[i] = take(b);
	guest_store(v, va, value, raw);
}

/* Both tables of L1 at once, through the guest's own view of them. */
static void write_table(struct vcpu *v, struct bytes *b)
{
	static const uint8_t mov[15] = {0x48, 0x89, 0x01};
	uint64_t va = VA(0, 100 + take(b) % TABLES) + take(b) % 16 * 8;

	guest_store(v, va, grammar_pick(v, b, K_ENTRY), mov);
}

/* Guests see their grant table, their shared information and their areas, and write there. */
static void write_grant(struct vcpu *v, struct bytes *b)
{
	struct grant_table *t = v->domain->grants;
	uint32_t ref = take(b) % 10;
	uint8_t how = take(b);
	struct xen_grant_entry_v1 e = {
		.flags = how < 200 ? (uint16_t)(GTF_permit_access | (how & 1 ? GTF_readonly : 0))
				   : (uint16_t)take_number(b),
		.domid = (uint16_t)(how & 2 ? v->domain->id.id : world_domain(how >> 2)->id.id),
		.frame = (uint32_t)grammar_pick(v, b, K_FRAME),
	};

	if (t->frames)
		t->shared[0][ref] = e;
}

static void write_events(struct vcpu *v, struct bytes *b)
{
	struct xen_shared_info *s = v->domain->shared_info;

	switch (take(b) % 6) {
	case 0:
		s->evtchn_mask[take(b) % 4] = take(b) & 1 ? 0 : take_number(b);
		break;
	case 1:
		s->evtchn_pending[take(b) % 4] = take_number(b);
		break;
	case 2:
		v->info->evtchn_upcall_mask = take(b) & 1;
		break;
	case 3:
		v->info->evtchn_upcall_pending = take(b) & 1;
		break;
	case 4:
		v->info->evtchn_pending_sel = take_number(b);
		break;
	default:
		s->arch.max_pfn = take_number(b);
	}
}

/* The control domain maps the shared pages of those that it builds. */
static void write_events_of_another(struct vcpu *v, struct bytes *b)
{
	struct domain *d = world_domain(take(b));

	if (v->domain->privileged && d->shared_info)
		d->shared_info->evtchn_mask[take(b) % 2] = take_number(b);
}

static void let_time_pass(struct vcpu *v, struct bytes *b)
{
	(void)v;
	fake.now += 100000ULL << take(b) % 12;
	for (unsigned int i = 0; i < CPUS; i++)
		if (machine_alarm[i] && machine_alarm[i] <= fake.now) {
			fake_cpus[i].work |= CPU_WORK_TIMER;
			machine_kick(i);
		}
}

static void load_segment(struct vcpu *v, struct bytes *b)
{
	preempt_start();
	(void)mm_map_ldt_page(v, take(b) % 16);
}

static void read_memory(struct vcpu *v, struct bytes *b)
{
	for (unsigned int i = 0; i < 4; i++)
		guest_load(v, VA(i & 1, take(b) % 8));
}

static void device_interrupt(struct vcpu *v, struct bytes *b)
{
	(void)v;
	evtchn_raise_pirq(hv.dom0, take(b) % 12);
}

static void hypervisor_news(struct vcpu *v, struct bytes *b)
{
	static const uint8_t virqs[] = {VIRQ_CONSOLE, VIRQ_CON_RING, VIRQ_DOM_EXC};

	(void)v;
	evtchn_raise_global_virq(virqs[take(b) % ARRAY_SIZE(virqs)]);
}

static void crash(struct vcpu *v, struct bytes *b)
{
	if (take(b) < 60)
		domain_crash(v->domain, "by its own fault");
}

static void scrub(struct vcpu *v, struct bytes *b)
{
	(void)v;
	for (unsigned int i = take(b) % 32; i; i--)
		(void)frames_scrub();
}

static void boot_by_bios(struct vcpu *v, struct bytes *b)
{
	(void)v;
	machine_bios = take(b) & 1;
}

static long audit_call(struct vcpu *v, uint32_t cmd, void *structure, size_t bytes)
{
	uint64_t args[CALL_ARGS] = {cmd, WINDOW_VA};

	memcpy(window, structure, bytes);
	world_audited = true;
	world_call(v, HYPERCALL_shoji_audit, args, false);
	memcpy(structure, window, bytes);
	return (long)vcpu_regs(v)->rax;
}

static bool planted;

static void undo_plant(void)
{
	struct shoji_audit_plant p = {.undo = 1};

	if (planted && audit_plant(&p))
		failure("a planted fault stays");
	planted = false;
	audit_plant_allowed = false;
}

/* A fault on purpose: the audit sees it, and so does who calls it. Two domains: the other CPU may
 * be stopped for that. */
static void plant(struct vcpu *v, struct bytes *b)
{
	struct shoji_audit_plant p = {.kind = SHOJI_AUDIT_references + take(b) % 4};
	struct shoji_audit a = {.findings = WINDOW_VA + 512, .room = 4};

	audit_plant_allowed = true;
	planted = audit_call(v, SHOJI_AUDIT_plant, &p, sizeof(p)) == 0;
	if (planted && !check_findings(false))
		failure("the audit does not see a planted fault of kind %u", p.kind);
	if (planted && !audit_call(v, SHOJI_AUDIT_run, &a, sizeof(a)) && !a.found)
		failure("the caller is not told of a fault of kind %u", p.kind);
	undo_plant();
}

static void (*const others[])(struct vcpu *v, struct bytes *b) = {
	store,
	write_grant,
	write_events,
	let_time_pass,
	load_segment,
	read_memory,
	device_interrupt,
	hypervisor_news,
	crash,
	scrub,
	boot_by_bios,
	plant,
	write_table,
	write_events_of_another,
	write_grant,
};

/* --- a program --- */

static void hypercall(struct vcpu *v, struct bytes *b, const struct step *s)
{
	uint64_t number, args[CALL_ARGS];

	grammar_call(v, b, &number, args);
	inject(s);
	world_call(v, number, args, leaves(s));
}

static void take_step(const struct step *s)
{
	struct bytes b = {.at = s->arguments, .end = s->arguments + sizeof(s->arguments)};
	struct vcpu *v = world_enter(world_vcpu(s->who));

	grammar_start_step();
	for (unsigned int i = 0; i < STEP; i++)
		b.state = (b.state ^ ((const uint8_t *)s)[i]) * 0x100000001b3;
	if (!v) {
		let_time_pass(v, &b);
		vcpu_wake(hv.dom0->vcpu[0], VPAUSE_BLOCKED | VPAUSE_DOWN);
		world_leave();
	} else if (s->what < 190) {
		hypercall(v, &b, s);
	} else if (s->what < 200) {
		inject(s);
		if (!world_go_on(v, leaves(s)))
			fuzz_alloc_in = fuzz_fault_in = fuzz_fault_for = 0;
	} else {
		if (machine_talks)
			fprintf(stderr, "domain %u vCPU %u does %u\n", v->domain->id.id, v->id,
				(unsigned int)(s->what % ARRAY_SIZE(others)));
		guest_start_call();
		others[s->what % ARRAY_SIZE(others)](v, &b);
		world_leave();
	}
}

struct program {
	const struct step *steps;
	size_t count;
};

static void run(void *arg)
{
	const struct program *p = arg;

	for (size_t i = 0; i < p->count; i++) {
		take_step(&p->steps[i]);
		check_world();
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	grammar_check();
	machine_talks = getenv("SHOJI_FUZZ_LOG") != NULL;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program p = {(const struct step *)data, MIN(size / STEP, (size_t)STEPS_MAX)};

	grammar_reset();
	world_start();
	if (!world_try(run, &p))
		undo_plant();
	world_end();
	return 0;
}

/* --- mutations that keep steps whole --- */

static size_t change_one(uint8_t *data, size_t steps, unsigned int at)
{
	(void)LLVMFuzzerMutate(data + at * STEP, STEP, STEP);
	return steps;
}

static size_t insert_one(uint8_t *data, size_t steps, unsigned int at, unsigned int random)
{
	memmove(data + (at + 1) * STEP, data + at * STEP, (steps - at) * STEP);
	for (unsigned int i = 0; i < STEP && random & 1; i++)
		data[at * STEP + i] = (uint8_t)(rand_r(&random) >> 8);
	return steps + 1;
}

static size_t remove_one(uint8_t *data, size_t steps, unsigned int at)
{
	memmove(data + at * STEP, data + (at + 1) * STEP, (steps - at - 1) * STEP);
	return steps - 1;
}

static size_t swap_two(uint8_t *data, size_t steps, unsigned int a, unsigned int b)
{
	uint8_t one[STEP];

	memcpy(one, data + a * STEP, STEP);
	memcpy(data + a * STEP, data + b * STEP, STEP);
	memcpy(data + b * STEP, one, STEP);
	return steps;
}

static size_t mutate_steps(uint8_t *data, size_t steps, size_t max, unsigned int seed)
{
	unsigned int r = seed, at = (unsigned int)rand_r(&r) % (unsigned int)(steps + 1);
	unsigned int other = (unsigned int)rand_r(&r);

	switch (rand_r(&r) % 8) {
	case 0:
	case 1:
	case 2:
		if (steps < max)
			return insert_one(data, steps, at, r);
		break;
	case 3:
		if (steps > 1)
			return remove_one(data, steps, at % steps);
		break;
	case 4:
		if (steps > 1)
			return swap_two(data, steps, at % steps, other % steps);
		break;
	default:
		break;
	}
	return steps ? change_one(data, steps, at % steps) : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	size_t steps = size / STEP;

	max = MIN(max / STEP, (size_t)STEPS_MAX);
	if (!max)
		return LLVMFuzzerMutate(data, size, size);
	return mutate_steps(data, MIN(steps, max), max, seed) * STEP;
}
