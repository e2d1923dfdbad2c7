/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A walk through our own tables, once all mappings of boot are made: none is writable and
 * executable, and what guests can see they can only read. Those that come later (devices, a CPU's
 * stub) are made by the same few lines of paging.c.
 */
#include "core/log.h"
#include "core/mm.h"
#include "machine/paging.h"

#define LEVELS 4

struct rights {
	bool write, execute, user;
};

struct walk {
	unsigned long pages, executable;
};

static struct rights narrowed(struct rights r, uint64_t e)
{
	return (struct rights){
		.write = r.write && (e & PTE_RW),
		.execute = r.execute && !(e & PTE_NX),
		.user = r.user && (e & PTE_USER),
	};
}

static void check_page(struct walk *w, uint64_t va, struct rights r)
{
	w->pages++;
	w->executable += r.execute;
	if (r.write && r.execute)
		panic("paging: %lx is writable and executable", (unsigned long)va);
	if (r.user && (r.write || r.execute))
		panic("paging: guests can do more than read %lx", (unsigned long)va);
}

/* At most LEVELS deep, over tables that we made. */
static void check_table(struct walk *w, const uint64_t *table, unsigned int level, uint64_t va,
			struct rights r)
{
	for (uint64_t i = 0; i < 512; i++) {
		uint64_t e = table[i], here = va | i << (12 + 9 * (level - 1));

		if (!(e & PTE_PRESENT))
			continue;
		if (level == LEVELS && i >= 256)
			here |= 0xffffULL << 48;
		if (level == 1 || (e & PTE_PSE))
			check_page(w, here, narrowed(r, e));
		else
			check_table(w, paging_virt(e & PTE_FRAME), level - 1, here, narrowed(r, e));
	}
}

void paging_check(void)
{
	struct walk w = {0};

	check_table(&w, paging_root_table(), LEVELS, 0, (struct rights){true, true, true});
	log_info("paging: %lu mappings, %lu of them code; none is writable and executable", w.pages,
		 w.executable);
}
