/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From bytes to hypercalls. Which calls there are is known from hypercalls.def alone.
 *
 * Duty: chooses a call, one of its operations, and numbers for each argument and field, by what
 * they stand for in the world as it is now. Data: how much of the window is used by this call.
 */
#include "grammar.h"

#include <stdlib.h>
#include <string.h>

#include "core/guest_access.h"
#include "shoji/callback.h"
#include "shoji/domctl.h"
#include "shoji/extension_mmu.h"
#include "shoji/grant_table.h"
#include "shoji/hypercalls.h"
#include "shoji/platform.h"
#include "shoji/sysctl.h"

static const uint8_t calls[] = {
#define HYPERCALL(number, name, since, nargs, who, preemptible) number,
#include "shoji/hypercalls.def"
#undef HYPERCALL
};

/* Work that can be interrupted is where most of the state is: it is chosen more often. */
enum { NO, YES };
static const uint8_t long_calls[] = {
#define HYPERCALL(number, name, since, nargs, who, preemptible) [number] = preemptible,
#include "shoji/hypercalls.def"
#undef HYPERCALL
};

static const struct rows *const all[] = {&rows_vcpu, &rows_memory, &rows_events, &rows_control,
					 &rows_machine};

static uint32_t used; /* of the window */

#define HOSTS 4
static uint64_t hosts[HOSTS]; /* where grants were mapped last */
static unsigned int host;
static uint64_t *named;	     /* the entry that was named last by this call; or NULL */
static struct domain *meant; /* by this call, so far; or NULL */

/* --- bytes --- */

uint8_t take(struct bytes *b)
{
	if (b->at < b->end)
		return *b->at++;
	b->state = b->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint8_t)(b->state >> 56);
}

uint64_t take_number(struct bytes *b)
{
	static const uint64_t interesting[] = {
		0,	   1,	       ~0ULL,		1ULL << 63, 1ULL << 32,	   UINT32_MAX,
		INT32_MAX, 1ULL << 31, 1ULL << 47,	1ULL << 52, HV_VIRT_START, HV_VIRT_END,
		PAGE_SIZE, 4095,       HV_VIRT_END - 8, 512,	    0x7ff0,	   1ULL << 20,
	};
	uint8_t how = take(b);
	uint64_t n = 0;

	if (how < 100)
		return take(b);
	if (how < 200)
		return interesting[take(b) % ARRAY_SIZE(interesting)] + (how & 1 ? take(b) % 3 : 0);
	for (unsigned int i = 0; i < 8; i++)
		n = n << 8 | take(b);
	return n;
}

/* --- rows --- */

/* The n-th row of a call, round and round. */
static const struct row *find_row(uint8_t number, unsigned int n)
{
	unsigned int count = 0;

	for (unsigned int pass = 0; pass < 2; pass++) {
		if (pass)
			n %= count;
		for (unsigned int i = 0; i < ARRAY_SIZE(all); i++)
			for (unsigned int k = 0; k < all[i]->count; k++) {
				const struct row *r = &all[i]->first[k];

				if (r->number != number)
					continue;
				if (!pass)
					count++;
				else if (n-- == 0)
					return r;
			}
		if (!count)
			failure("hypercall %u has no row in the grammar", number);
	}
	return NULL;
}

void grammar_reset(void)
{
	memset(hosts, 0, sizeof(hosts));
	host = 0;
}

/* What an earlier step has named may not be there any more. */
void grammar_start_step(void)
{
	meant = NULL;
	named = NULL;
}

void grammar_check(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i] != HYPERCALL_multicall)
			(void)find_row(calls[i], 0);
}

/* --- room in the window --- */

static uint64_t place(uint32_t bytes)
{
	uint64_t va = WINDOW_VA + used;

	if (used + bytes > WINDOW_BYTES / 2) /* the upper half is stack and code */
		return WINDOW_VA + WINDOW_BYTES - 8;
	used = ROUND_UP(used + bytes, 8u);
	return va;
}

static void put(uint64_t va, const void *what, size_t bytes)
{
	uint64_t at = va - WINDOW_VA;

	if (at < WINDOW_BYTES)
		memcpy(window + at, what, MIN(bytes, WINDOW_BYTES - at));
}

/* Now and then a handle that leads elsewhere: into the guest's tables, across an end, nowhere. */
static uint64_t handle(struct vcpu *v, struct bytes *b, uint64_t va)
{
	uint8_t how = take(b);

	if (how < 230)
		return va;
	if (how < 240)
		return grammar_pick(v, b, K_VIRTUAL);
	return how < 250 ? WINDOW_VA + WINDOW_BYTES - 1 - take(b) : take_number(b);
}

/* --- what numbers stand for --- */

static uint64_t pick_domain(struct bytes *b)
{
	static const uint16_t others[] = {DOMID_IO, DOMID_XEN, DOMID_INVALID, DOMID_COW, 0xffff};
	uint8_t how = take(b);

	if (how < 90)
		return DOMID_SELF;
	if (how < 230) {
		meant = world_domain(how);
		return meant->id.id;
	}
	return how < 245 ? others[how % ARRAY_SIZE(others)] : how;
}

/* The n-th frame of d. */
static uint64_t frame_of(const struct domain *d, unsigned int n)
{
	uint64_t first = 0;
	unsigned int seen = 0;

	for (uint64_t i = FAKE_FIRST; i < frame_max; i++)
		if (frame_table[i].owner == d) {
			first = first ? first : i;
			if (seen++ == n)
				return i;
		}
	return seen && n ? frame_of(d, n % seen) : first;
}

static uint64_t pick_frame(struct vcpu *v, struct bytes *b)
{
	uint8_t how = take(b);

	if (how < 200)
		return frame_of(meant && how < 120 ? meant : v->domain, take(b) % 64);
	if (how < 235)
		return frame_of(world_domain(how), take(b) % 64);
	if (how < 245)
		return take(b) * 3U; /* any, free ones too */
	return how < 250 ? 0xfee00 : take_number(b);
}

static uint64_t pick_entry(struct vcpu *v, struct bytes *b)
{
	static const uint64_t flags[] = {
		PTE_PRESENT | PTE_USER | PTE_RW,
		PTE_PRESENT | PTE_USER,
		PTE_PRESENT | PTE_USER | PTE_RW | PTE_ACCESSED | PTE_DIRTY,
		PTE_PRESENT | PTE_NX,
		PTE_PRESENT | PTE_RW | PTE_GLOBAL,
		PTE_PRESENT | PTE_USER | PTE_PSE,
		PTE_PRESENT | PTE_USER | PTE_RW | PTE_PSE | PTE_PCD | PTE_PWT,
		PTE_PRESENT | PTE_AVAIL | PTE_SOFT,
		PTE_PRESENT | (1ULL << 59),
		PTE_AVAIL,
		0,
	};
	uint8_t how = take(b);

	if (how < 30)
		return 0;
	if (how > 250)
		return take_number(b);
	if (how > 180 && named) /* what is there, with one bit changed */
		return *named ^ 1ULL << (how < 220 ? 1 : take(b) % 64);
	return pick_frame(v, b) << PAGE_SHIFT | flags[how % ARRAY_SIZE(flags)];
}

static uint64_t pick_index(struct bytes *b)
{
	static const uint16_t indexes[] = {0,	1,   2,	  3,   4,   5,	 6,   7,
					   100, 101, 102, 255, 256, 271, 272, 511};

	return indexes[take(b) % ARRAY_SIZE(indexes)];
}

static uint64_t pick_address(struct vcpu *v, struct bytes *b)
{
	uint64_t n = pick_frame(v, b), index = pick_index(b);

	if (mfn_valid(mfn(n)) && mfn_frame(mfn(n))->owner)
		named = (uint64_t *)machine_map(mfn(n)) + index;
	return n << PAGE_SHIFT | index * 8;
}

static uint64_t pick_place(struct vcpu *v, struct bytes *b)
{
	uint8_t how = take(b);

	return pick_address(v, b) | (how < 200 ? how % 3 : how % 8);
}

static uint64_t pick_request(struct vcpu *v, struct bytes *b)
{
	static const uint8_t commands[] = {SHOJI_MMU_clear, SHOJI_MMU_protect, SHOJI_MMU_link,
					   SHOJI_MMU_set, SHOJI_MMU_keep_ad};
	uint8_t how = take(b);

	return pick_address(v, b) | (how < 230 ? commands[how % ARRAY_SIZE(commands)] : how % 8);
}

static uint64_t pick_virtual(struct vcpu *v, struct bytes *b)
{
	uint8_t how = take(b);

	if (how < 220) {
		uint64_t va = VA(how % 3, pick_index(b));
		mfn_t table;

		if (mm_walk_l1(v, va, &table))
			named = (uint64_t *)machine_map(table) + (va >> PAGE_SHIFT) % 512;
		return va + (how >= 190 ? take(b) * 8u : 0);
	}
	return how < 235 ? GUEST_BASE * take(b) : take_number(b);
}

/* Where a grant is mapped: by its address or by its entry's; often where one was before. */
static uint64_t pick_host(struct vcpu *v, struct bytes *b)
{
	uint8_t how = take(b);

	if (how < 160)
		return hosts[how % HOSTS];
	hosts[host++ % HOSTS] = how < 220 ? VA(0, how % 16) : pick_address(v, b);
	return hosts[(host - 1) % HOSTS];
}

static uint64_t pick_descriptor(struct bytes *b)
{
	static const uint64_t some[] = {0,
					0x00af9a000000ffff,
					0x00cff3000000ffff,
					0x0000890000000067,
					0x0000ec0000080000,
					0x00cf93000000ffff,
					0x0000e90000000067};

	return some[take(b) % ARRAY_SIZE(some)];
}

static uint64_t pick_gntmap(struct bytes *b)
{
	static const uint32_t some[] = {GNTMAP_host_map,
					GNTMAP_host_map | GNTMAP_readonly,
					GNTMAP_device_map,
					GNTMAP_host_map | GNTMAP_device_map,
					GNTMAP_host_map | GNTMAP_contains_pte,
					GNTMAP_host_map | GNTMAP_contains_pte | GNTMAP_readonly,
					GNTMAP_device_map | GNTMAP_readonly,
					0xffffffff};

	return some[take(b) % ARRAY_SIZE(some)];
}

static uint64_t pick_few(struct bytes *b, uint64_t below, uint64_t hostile)
{
	uint8_t how = take(b);

	if (how < 235)
		return how % below;
	return how < 245 ? hostile : take_number(b);
}

static uint64_t pick_uvmf(struct bytes *b)
{
	uint8_t how = take(b);

	if (how < 200)
		return how % 8;
	return (WINDOW_VA + WINDOW_BYTES - 64) | how % 8;
}

static uint64_t pick_time(struct bytes *b)
{
	uint8_t how = take(b);

	if (how < 180)
		return fake.now + (uint64_t)how * 1000000 - 40000000;
	return how < 220 ? 2000000 : take_number(b);
}

static uint64_t version(struct bytes *b, uint64_t right)
{
	return take(b) == 77 ? take_number(b) : right;
}

/* --- lists --- */

#define LIST_MAX 12

static uint64_t put_list(struct vcpu *v, struct bytes *b, enum kind kind, uint32_t size)
{
	uint64_t va = place(LIST_MAX * size);

	for (unsigned int i = 0; i < LIST_MAX; i++) {
		uint64_t n = grammar_pick(v, b, kind);

		put(va + i * size, &n, size);
	}
	return va;
}

static uint64_t put_traps(struct vcpu *v, struct bytes *b)
{
	uint64_t va = place(4 * sizeof(struct xen_trap_info)); /* the last one is an end */

	for (unsigned int i = 0; i < 3; i++) {
		struct xen_trap_info t = {take(b), take(b) & 7, 0xe033, grammar_pick(v, b, K_CODE)};

		put(va + i * sizeof(t), &t, sizeof(t));
	}
	return va;
}

static uint64_t put_e820(struct bytes *b)
{
	struct xen_e820_entry e = {take_number(b), take_number(b), XEN_E820_RAM};
	uint64_t va = place(2 * sizeof(e));

	put(va, &e, sizeof(e));
	return va;
}

static uint64_t put_leaves(struct bytes *b)
{
	struct xen_cpuid_leaf l = {.leaf = take(b), .a = take(b) > 200};
	uint64_t va = place(4 * sizeof(l));

	put(va, &l, sizeof(l));
	return va;
}

static uint64_t put_context(struct vcpu *v, struct bytes *b)
{
	static struct xen_vcpu_guest_context c;
	uint64_t va = place(sizeof(c)), root;
	uint8_t how = take(b), more = take(b) % 16; /* mostly none of what may be wrong */

	memset(&c, 0, sizeof(c));
	c.flags = take(b) & 0x3f;
	if (how & 3)
		c.flags |= VGCF_in_kernel;
	root = how < 200 && meant && meant->vcpu[0] ? meant->vcpu[0]->cr3_kernel.n
						    : grammar_pick(v, b, K_FRAME);
	c.ctrlreg[3] = root << PAGE_SHIFT;
	if (more == 1 || more == 2)
		c.ctrlreg[1] = grammar_pick(v, b, K_FRAME) << PAGE_SHIFT;
	if (more == 3 || more == 4)
		c.gdt_ents = grammar_pick(v, b, K_SMALL) * 200;
	for (unsigned int i = 0; i < 3; i++)
		c.gdt_frames[i] = grammar_pick(v, b, K_FRAME);
	if (more == 5)
		c.ldt_ents = take_number(b);
	c.ldt_base = VA(0, 0);
	if (more == 6)
		c.debugreg[take(b) % 8] = take_number(b);
	c.event_callback_eip = c.failsafe_callback_eip = grammar_pick(v, b, K_CODE);
	c.kernel_sp = WINDOW_VA + WINDOW_BYTES / 2;
	c.trap_ctxt[3].address = take(b) == 9 ? take_number(b) : 0;
	put(va, &c, sizeof(c));
	return va;
}

static uint64_t put_bytes(struct bytes *b, uint32_t bytes)
{
	uint64_t va = place(bytes);
	uint8_t some[16];

	for (unsigned int i = 0; i < sizeof(some); i++)
		some[i] = take(b);
	put(va, some, MIN(bytes, sizeof(some)));
	return va;
}

static uint64_t pick_list(struct vcpu *v, struct bytes *b, enum kind kind)
{
	switch (kind) {
	case K_FRAMES:
		return handle(v, b, put_list(v, b, K_FRAME, 8));
	case K_PFNS:
		return handle(v, b, put_list(v, b, K_SMALL, 8));
	case K_PORTS:
		return handle(v, b, put_list(v, b, K_PORT, 4));
	case K_TRAPS:
		return handle(v, b, put_traps(v, b));
	case K_E820:
		return handle(v, b, take(b) < 30 ? 0 : put_e820(b));
	case K_LEAVES:
		return handle(v, b, take(b) < 30 ? 0 : put_leaves(b));
	case K_CONTEXT:
		return handle(v, b, take(b) < 30 ? 0 : put_context(v, b));
	case K_MASK:
		return handle(v, b, put_bytes(b, 8));
	case K_ROOM:
		return handle(v, b, take(b) < 30 ? 0 : place(2048));
	case K_AREA:
		return handle(v, b, take(b) < 30 ? 0 : place(64));
	default:
		return handle(v, b, put_bytes(b, 64));
	}
}

uint64_t grammar_pick(struct vcpu *v, struct bytes *b, enum kind kind)
{
	switch (kind) {
	case K_ZERO:
		return take(b) < 245 ? 0 : take_number(b);
	case K_SMALL:
		return pick_few(b, 8, 65535);
	case K_NUMBER:
		return take_number(b);
	case K_BOOL:
		return take(b) & 1;
	case K_DOMAIN:
		return pick_domain(b);
	case K_FOREIGN:
		return take(b) < 200 ? pick_domain(b) : pick_domain(b) | (pick_domain(b) + 1) << 16;
	case K_VCPU:
		return pick_few(b, 3, 64);
	case K_FRAME:
		return pick_frame(v, b);
	case K_ENTRY:
		return pick_entry(v, b);
	case K_PLACE:
		return pick_place(v, b);
	case K_REQUEST:
		return pick_request(v, b);
	case K_RUN:
		return pick_few(b, 40, 513);
	case K_GO_ON:
		return take(b) < 200 ? 0 : (uint64_t)take(b) % 9 << 32 | take_number(b) >> 38;
	case K_FLUSH:
		return take(b) < 128 ? 0 : (pick_virtual(v, b) & ~0xfffULL) | take(b) % 4;
	case K_ADDRESS:
		return pick_address(v, b);
	case K_HOST:
		return pick_host(v, b);
	case K_DESCRIPTOR:
		return pick_descriptor(b);
	case K_VIRTUAL:
		return pick_virtual(v, b);
	case K_CODE:
		return take(b) < 220 ? WINDOW_VA : take_number(b);
	case K_ROOT:
		return pick_frame(v, b) << PAGE_SHIFT;
	case K_PORT:
		return pick_few(b, 10, 4095);
	case K_PIRQ:
		return pick_few(b, 12, 512);
	case K_VIRQ:
		return pick_few(b, 24, 24);
	case K_REF:
		return pick_few(b, 10, 511);
	case K_HANDLE:
		return pick_few(b, 8, 127);
	case K_GNTMAP:
		return pick_gntmap(b);
	case K_ORDER:
		return pick_few(b, 4, 9);
	case K_TIME:
		return pick_time(b);
	case K_UVMF:
		return pick_uvmf(b);
	case K_OFFSET:
		return take(b) < 128 ? take(b) * 16u : take_number(b);
	case K_CPUMASK_BITS:
		return pick_few(b, 65, 4097);
	case K_CPU:
		return pick_few(b, CPUS + 1, 64);
	case K_DOMCTL_VERSION:
		return version(b, XEN_DOMCTL_INTERFACE_VERSION);
	case K_SYSCTL_VERSION:
		return version(b, XEN_SYSCTL_INTERFACE_VERSION);
	case K_PLATFORM_VERSION:
		return version(b, XENPF_INTERFACE_VERSION);
	default:
		return pick_list(v, b, kind);
	}
}

/* --- calls --- */

static void put_fields(struct vcpu *v, struct bytes *b, const struct row *r, uint64_t va)
{
	uint8_t structure[256] = {0};

	for (const struct field *f = r->fields; f < r->fields + FIELDS_MAX && f->size; f++) {
		uint64_t n = f->kind == K_CMD ? r->cmd : grammar_pick(v, b, f->kind);

		memcpy(structure + f->offset, &n, MIN(f->size, sizeof(n)));
	}
	if (r->mend && take(b) < 230)
		r->mend(structure);
	put(va, structure, r->size);
}

/* The structures of a call: how many, and where. */
static uint64_t put_structures(struct vcpu *v, struct bytes *b, const struct row *r,
			       uint64_t *count)
{
	uint8_t how;
	uint64_t va;

	*count = 1;
	if (!r->size)
		return take_number(b);
	if (r->max)
		*count = 1 + take(b) % r->max;
	va = place((uint32_t)(*count * r->size));
	for (uint64_t i = 0; i < *count; i++)
		put_fields(v, b, r, va + i * r->size);
	how = r->max ? take(b) : 0;
	if (how > 245)
		*count = take_number(b);
	else if (how > 240) /* as many as there is memory: what is behind the list is zeroes */
		*count = (WINDOW_BYTES - (va - WINDOW_VA)) / r->size;
	return handle(v, b, va);
}

static void put_args(struct vcpu *v, struct bytes *b, const struct row *r, uint64_t *args)
{
	uint64_t count = 1, va = put_structures(v, b, r, &count), cmd = r->cmd;

	if (take(b) == 1)
		cmd = take_number(b);
	for (unsigned int i = 0; i < ARRAY_SIZE(r->args); i++) {
		uint8_t kind = r->args[i];

		if (kind == K_CMD)
			args[i] = cmd;
		else if (kind == K_LIST)
			args[i] = va;
		else if (kind == K_COUNT)
			args[i] = count;
		else if (kind == K_DONE)
			args[i] = take(b) < 60 ? 0 : handle(v, b, place(4));
		else
			args[i] = kind == K_END ? 0 : grammar_pick(v, b, kind);
	}
}

/* What the kept corpus says keeps its meaning: calls that came later have the upper values. */
static uint8_t call_of(uint8_t how)
{
	enum { LATER = 5, FIRST = ARRAY_SIZE(calls) - LATER, UPPER = 256 - 6 * LATER };

	return how >= UPPER ? calls[FIRST + how % LATER] : calls[how % FIRST];
}

static uint8_t pick_call(struct bytes *b)
{
	uint8_t how = take(b), n = call_of(how);

	for (unsigned int i = how & 3; i && !long_calls[n]; i--)
		n = call_of(how += 7);
	world_audited |= n == HYPERCALL_shoji_audit;
	return n;
}

/* The list of a multicall: calls, like any others. */
#define MULTICALLS_MAX 4

static void put_multicall(struct vcpu *v, struct bytes *b, uint64_t *args)
{
	unsigned int count = 1 + take(b) % MULTICALLS_MAX;
	uint64_t va = place(MULTICALLS_MAX * sizeof(struct xen_multicall_entry));

	for (unsigned int i = 0; i < count; i++) {
		struct xen_multicall_entry e = {.op = pick_call(b)};

		if (e.op != HYPERCALL_multicall) {
			put_args(v, b, find_row((uint8_t)e.op, take(b)), e.args);
		} else { /* a list that is its own entry */
			e.args[0] = va;
			e.args[1] = count;
		}
		put(va + i * sizeof(e), &e, sizeof(e));
	}
	args[0] = handle(v, b, va);
	args[1] = take(b) > 250 ? take_number(b) : count;
}

void grammar_call(struct vcpu *v, struct bytes *b, uint64_t *number, uint64_t args[CALL_ARGS])
{
	used = 0;
	memset(window, 0, WINDOW_BYTES / 2);
	memset(args, 0, CALL_ARGS * sizeof(args[0]));
	*number = pick_call(b);
	if (*number == HYPERCALL_multicall)
		put_multicall(v, b, args);
	else
		put_args(v, b, find_row((uint8_t)*number, take(b)), args);
	if (take(b) == 255)
		*number = take_number(b);
}
