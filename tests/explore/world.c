/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world's beginning, how a state is kept and brought back, and when two states are the same:
 * when whatever happens in one can happen in the other. Times of the TLB clock are compared only
 * with each other, so only their order is looked at; what will be written before it is read is not
 * looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tlb.h"
#include "world.h"

#define REGIONS 48

const struct setup *setup;
struct extra x;
struct domain *doms[2];
struct vcpu *vcpus[2];
struct frame *frames[FRAMES_MAX];
unsigned int frame_count;
const unsigned int places[PLACES_MAX] = {0, 64, 128}; /* a run of entries of its own each */
char *ram;
static struct region {
	void *at;
	size_t bytes;
} regions[REGIONS];
static unsigned int region_count;
extern uint64_t *m2p_table;			      /* of the machine */
static unsigned int index_of[RAM_FIRST + RAM_FRAMES]; /* by frame number; 0: none, or index + 1 */

unsigned int frame_index(const struct frame *f)
{
	size_t n = (size_t)(f - frame_table);

	return n < RAM_FIRST + RAM_FRAMES && index_of[n] ? index_of[n] - 1 : NONE;
}

unsigned int dom_index(const struct domain *d)
{
	return d == doms[0] ? 0 : d == doms[1] ? 1 : NONE;
}

/* May frames change hands? */
static bool memory_moves(void)
{
	return (setup->ops[0] | setup->ops[1]) & (OP(BALLOON) | OP(KILL) | OP(END));
}

static bool grants_used(void)
{
	return (setup->ops[0] | setup->ops[1]) & (OP(SETREF) | OP(KILL) | OP(END));
}

/* --- kept and brought back --- */

static void keep(void *at, size_t bytes)
{
	if (region_count == REGIONS)
		abort();
	regions[region_count++] = (struct region){at, bytes};
}

size_t state_save(char *to)
{
	char *at = to;

	for (unsigned int i = 0; i < region_count; i++) {
		memcpy(at, regions[i].at, regions[i].bytes);
		at += regions[i].bytes;
	}
	for (unsigned int f = 0; f < frame_count; f++)
		for (unsigned int i = 0; i < PLACES_MAX; i++, at += 8)
			memcpy(at, frame_entry(f, i), 8);
	return (size_t)(at - to);
}

size_t state_load(const char *from)
{
	const char *at = from;

	for (unsigned int i = 0; i < region_count; i++) {
		memcpy(regions[i].at, at, regions[i].bytes);
		at += regions[i].bytes;
	}
	for (unsigned int f = 0; f < frame_count; f++)
		for (unsigned int i = 0; i < PLACES_MAX; i++, at += 8)
			memcpy(frame_entry(f, i), at, 8);
	return (size_t)(at - from);
}

/* --- the same or not --- */

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product =
		(unsigned __int128)(a ^ 0x9e3779b97f4a7c15ULL) * (b ^ 0xd6e8feb86659fd93ULL);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t bytes_hash(const void *at, size_t bytes, uint64_t seed)
{
	const unsigned char *p = at;
	uint64_t h = seed, g = bytes, w[4];

	for (; bytes >= sizeof(w); p += sizeof(w), bytes -= sizeof(w)) {
		memcpy(w, p, sizeof(w));
		h = mix(h ^ w[0], w[1]);
		g = mix(g ^ w[2], w[3]);
	}
	memset(w, 0, sizeof(w));
	memcpy(w, p, bytes);
	return mix(mix(h ^ w[0], w[1]) ^ mix(g ^ w[2], w[3]), h);
}

/* A stamp matters only as long as nobody has a type that will stamp it anew. */
static uint8_t stamp_says(const struct frame *f, unsigned int first)
{
	if ((f->type & FRAME_TYPE_COUNT) && !(f->type & FRAME_TYPE_PARTIAL))
		return 9;
	return (uint8_t)((f->flush_stamp != 0) | (fake_cpus[first].tlb_seen < f->flush_stamp) << 1 |
			 (fake_cpus[!first].tlb_seen < f->flush_stamp) << 2);
}

struct frame_view {
	uint64_t count, type, lines, entries[PLACES_MAX];
	uint16_t partial;
	uint8_t owner, flags, order, stamp;
};

static void view_frame(struct frame_view *v, unsigned int n, unsigned int first)
{
	const struct frame *f = frames[n];

	v->count = f->count;
	v->type = f->type;
	for (unsigned int i = 0; i < PLACES_MAX; i++)
		v->entries[i] = *frame_entry(n, i);
	v->partial = f->type & FRAME_TYPE_PARTIAL ? f->partial : 0;
	v->lines = f->type & (FRAME_TYPE_COUNT | FRAME_TYPE_PARTIAL) ? f->lines : 0;
	v->owner = (uint8_t)dom_index(f->owner);
	v->flags = f->flags;
	v->order = f->owner ? 0 : f->order;
	v->stamp = stamp_says(f, first);
}

struct domain_view {
	uint64_t page_count, partial_root, grant_entry;
	uint32_t references, maptrack_used, maptrack_free, cursor, granted;
	uint32_t readers, writers, grant_to;
	struct maptrack handles[2];
	uint8_t dying, pages[FRAMES_MAX + 1];
};

static void view_domain(struct domain_view *v, unsigned int n, unsigned int first)
{
	struct domain *d = doms[n];
	struct grant_table *t = d->grants;
	const struct active *a = grant_active(n);
	struct frame *f;
	unsigned int i = 0;

	v->page_count = d->page_count;
	v->partial_root = vcpus[n ^ first]->partial_root.n;
	memcpy(&v->grant_entry, &t->shared[0][GRANT_REF], 8);
	v->references = d->references;
	v->maptrack_used = t->maptrack_used;
	v->maptrack_free = t->maptrack_free;
	v->cursor = t->cursor;
	v->readers = a->readers;
	v->writers = a->writers;
	v->granted = a->frame ? frame_index(a->frame) : NONE;
	v->grant_to = a->readers || a->writers ? a->user.id : 0;
	memcpy(v->handles, t->maptrack[0], sizeof(v->handles));
	v->dying = (uint8_t)d->dying;
	list_for_each(f, &d->pages, link) v->pages[i++ % FRAMES_MAX] =
		(uint8_t)(frame_index(f) + 1);
}

static uint64_t tlb_bits(unsigned int first)
{
	uint64_t bits = 0;

	for (unsigned int n = 0; n < frame_count; n++)
		bits = bits << 6 | (uint64_t)(x.tlb[first][n] << 3 | x.tlb[!first][n]);
	return bits;
}

/* `first`: the CPU that counts as number 0. */
static uint64_t view_hash(unsigned int first)
{
	struct {
		struct frame_view f[FRAMES_MAX];
		struct domain_view d[2];
		struct hold hold[2];
		uint32_t handle;
		uint8_t kill_step[2], mapped, heap[4 * FRAMES_MAX];
	} all;

	memset(&all, 0, sizeof(all));
	for (unsigned int n = 0; n < frame_count; n++)
		view_frame(&all.f[n], n, first);
	for (unsigned int n = 0; n < 2; n++)
		view_domain(&all.d[n], n, first);
	all.hold[0] = x.hold[first];
	all.hold[1] = x.hold[!first];
	memcpy(all.kill_step, x.kill_step, sizeof(all.kill_step));
	all.mapped = x.mapped;
	all.handle = x.mapped ? x.handle : 0;
	if (memory_moves())
		(void)heap_listed(all.heap, sizeof(all.heap));
	return bytes_hash(&all, sizeof(all), 0);
}

/* Two vCPUs of one domain that can do the same are not told apart. */
uint64_t state_hash(uint64_t *tlb)
{
	uint64_t one = view_hash(0), other;

	*tlb = tlb_bits(0);
	if (!setup->one_domain || setup->ops[0] != setup->ops[1])
		return one;
	other = view_hash(1);
	if (other < one || (other == one && tlb_bits(1) < *tlb))
		*tlb = tlb_bits(1);
	return MIN(one, other);
}

/* --- the beginning --- */

static void keep_domain(unsigned int i)
{
	struct domain *d = doms[i];
	struct grant_table *t = d->grants;

	keep(&fake_cpus[i].tlb_seen, sizeof(uint64_t));
	keep(&fake_cpus[i].lock_depth, 16);
	keep(&vcpus[i]->partial_root, sizeof(vcpus[i]->partial_root));
	keep(&d->references, sizeof(d->references));
	if (memory_moves()) {
		keep(&d->dying, sizeof(d->dying));
		keep(&d->page_lock,
		     offsetof(struct domain, xen_page_count) - offsetof(struct domain, page_lock));
	}
	if (!grants_used())
		return;
	keep(&t->lock, sizeof(t->lock));
	keep(&t->maptrack_used, sizeof(*t) - offsetof(struct grant_table, maptrack_used));
	keep(&t->shared[0][GRANT_REF], sizeof(*t->shared[0]));
	keep(grant_active(i), sizeof(struct active));
	keep(t->maptrack[0], 2 * sizeof(*t->maptrack[0]));
}

static void keep_all(void)
{
	size_t bytes;
	void *heap = heap_state(&bytes);

	region_count = 0;
	keep(&x, sizeof(x));
	if (memory_moves())
		keep(heap, bytes);
	keep(&tlb_clock, sizeof(tlb_clock));
	keep_domain(0);
	keep_domain(1);
	for (unsigned int i = 0; i < frame_count; i++)
		keep(frames[i], sizeof(*frames[i]));
}

static void make_domain(unsigned int i)
{
	struct domain *d = calloc(1, sizeof(*d));
	struct vcpu *v = aligned_alloc(64, ROUND_UP(sizeof(*v), 64));
	uint32_t handle;

	memset(v, 0, sizeof(*v));
	d->id = domid((uint16_t)(i + 1));
	d->references = 100; /* ours */
	d->max_pages = FRAMES_MAX;
	d->max_vcpus = 1;
	d->dirty_cpus = setup->one_domain ? 3 : 1ULL << i;
	spin_init(&d->page_lock, LOCK_DOMPAGES);
	spin_init(&d->lock, LOCK_DOMAIN);
	list_init(&d->pages);
	doms[i] = d;
	vcpus[i] = v;
	v->domain = doms[slot_dom(i)];
	v->partial_root = INVALID_MFN;
	v->domain->vcpu[i] = v;
	if (setup->one_domain)
		v->domain->max_vcpus = i + 1;
	if (grant_init(d, 1, 1) || grant_grow(d, 1) || maptrack_new(d, &handle))
		abort();
	maptrack_release(d, handle);
}

static void make_frames(void)
{
	frame_count = 0;
	memset(index_of, 0, sizeof(index_of));
	for (unsigned int i = 0; i < 2; i++)
		for (unsigned int n = 0; n < setup->frames[i]; n++) {
			struct frame *f = domain_alloc_frames(doms[i], 0, ALLOC_ZERO);

			frames[frame_count++] = f;
			index_of[frame_mfn(f).n] = frame_count;
		}
	for (unsigned int n = 0; n < frame_count; n++)
		if ((setup->pinned >> n & 1) &&
		    mm_pin_table(frames[n]->owner, frame_mfn(frames[n]), FRAME_L1))
			abort();
	while (hv_alloc_pages(0)) /* nothing is free but what they give back */
		;
}

void world_start(const struct setup *s)
{
	uint64_t end = RAM_FIRST + RAM_FRAMES;

	setup = s;
	ram = calloc(end, PAGE_SIZE);
	m2p_table = calloc(end, sizeof(*m2p_table));
	memset(&x, 0, sizeof(x));
	memset(fake_cpus, 0, sizeof(struct cpu) * 2);
	for (unsigned int i = 0; i < 2; i++) {
		fake_cpus[i].id = i;
		fake_cpus[i].budget = BUDGET_PLENTY;
		x.hold[i].frame = NONE;
	}
	tlb_clock = 0;
	fake_cpu_id = 0;
	frames_init(end, calloc(end, sizeof(struct frame)));
	frames_add_range(mfn(RAM_FIRST), RAM_FRAMES);
	make_domain(0);
	make_domain(1);
	make_frames();
	fake_cpus[0].current = vcpus[0];
	fake_cpus[1].current = vcpus[1];
	keep_all();
	cpus_clear();
}
