/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests, and the parts of the machine and of other files that their hypercalls need. After
 * each test the audit counts all references again, both guests die, and no frame may be missing.
 */
#include "mmu_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"

struct guest *g, *other;
struct frame *held[64];
unsigned int held_count;

/* --- the machine's and other files' parts --- */

mfn_t ldt[16];

void machine_vcpu_reload_cr3(struct vcpu *v)
{
	(void)v;
	fake.flushes++;
}

void machine_vcpu_reload_gdt(struct vcpu *v)
{
	(void)v;
}

void machine_vcpu_reload_ldt(struct vcpu *v)
{
	(void)v;
	for (unsigned int i = 0; i < 16; i++)
		ldt[i] = INVALID_MFN;
}

void machine_map_ldt(struct vcpu *v, unsigned int page, mfn_t m)
{
	(void)v;
	ldt[page] = m;
}

mfn_t machine_ldt_frame(struct vcpu *v, unsigned int page)
{
	(void)v;
	return ldt[page];
}

void machine_flush_caches(bool all_cpus)
{
	(void)all_cpus;
}

struct domain *domain_resolve(struct domain *caller, uint16_t id)
{
	struct domain *d = id == DOMID_SELF || id == caller->id.id ? caller : NULL;

	if (!d && caller->privileged)
		d = id == g->d->id.id ? g->d : id == other->d->id.id ? other->d : NULL;
	if (d)
		domain_ref(d);
	return d;
}

uint64_t again[4];
bool continued;

long abi_continue(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	memcpy(again, (uint64_t[]){a1, a2, a3, a4}, sizeof(again));
	continued = true;
	return -XEN_ERESTART;
}

/* --- building --- */

uint64_t entry(const struct frame *f, uint64_t flags)
{
	return frame_mfn(f).n << PAGE_SHIFT | flags;
}

uint64_t *table(const struct frame *f)
{
	return machine_map(frame_mfn(f));
}

uint64_t address(const struct frame *f, unsigned int index)
{
	return (frame_mfn(f).n << PAGE_SHIFT) + index * 8;
}

struct frame *new_frame(struct domain *d)
{
	struct frame *f = domain_alloc_frames(d, 0, ALLOC_ZERO);

	assert_non_null(f);
	return f;
}

static struct guest *new_guest(uint16_t id)
{
	struct guest *n = calloc(1, sizeof(*n));

	n->d = fake_domain(id, RAM);
	n->d->max_vcpus = 1;
	n->v = fake_vcpu(n->d);
	n->l4 = new_frame(n->d);
	n->l3 = new_frame(n->d);
	n->l2 = new_frame(n->d);
	n->spare = new_frame(n->d);
	for (unsigned int i = 0; i < DATA; i++)
		n->data[i] = new_frame(n->d);
	table(n->l4)[0] = entry(n->l3, RW);
	table(n->l3)[0] = entry(n->l2, RW);
	for (unsigned int i = 0; i < 3; i++) {
		n->l1[i] = new_frame(n->d);
		table(n->l2)[i] = entry(n->l1[i], RW);
		for (unsigned int k = 0; k < DATA; k++)
			table(n->l1[i])[k] = entry(n->data[k], i ? P : RW);
	}
	for (unsigned int i = 0; i < 3; i++)
		table(n->l1[0])[100 + i] = entry(n->l1[i], P);
	return n;
}

void hold(struct frame *f)
{
	held[held_count++] = f;
}

void audit(void)
{
	assert_int_equal(fake_audit(held, held_count), 0);
}

static void end_guest(struct guest *n)
{
	n->d->dying = DOMAIN_DYING;
	mm_drop_vcpu(n->v);
	while (mm_relinquish(n->d))
		this_cpu()->budget = 1000;
	assert_int_equal(n->d->page_count, 0);
	domain_put(n->d);
	free(n);
}

int mmu_start(void **state)
{
	(void)state;
	fake_start(RAM, 2);
	held_count = 0;
	machine_vcpu_reload_ldt(NULL);
	g = new_guest(1);
	other = new_guest(2);
	this_cpu()->current = g->v;
	assert_int_equal(mm_set_cr3(g->v, frame_mfn(g->l4)), 0);
	hold(g->l4);
	continued = false;
	return 0;
}

int mmu_stop(void **state)
{
	(void)state;
	this_cpu()->budget = INT64_MAX / 2;
	audit();
	end_guest(g);
	end_guest(other);
	assert_int_equal(frames_free(), RAM);
	fake_stop();
	return 0;
}
