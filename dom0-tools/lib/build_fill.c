/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build_fill.c: the bytes of a new guest: kernel, initrd, page tables.
 *
 * Mappings of the guest stay until the process ends (see build.h), except those of page tables:
 * the hypervisor accepts a frame as a page table only when nobody can write it.
 */
#include "build_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WHAT "fill the guest's memory"

void *build_map(struct build *b, const uint64_t *pfns, size_t count)
{
	uint64_t *frames = malloc(count * sizeof(*frames));
	void *at = NULL;

	for (size_t i = 0; frames && i < count; i++)
		frames[i] = b->mfns[pfns[i]];
	if (frames)
		at = xa_foreignmem_map(b->fm, b->result->domid, true, count, frames, NULL);
	free(frames);
	if (!at)
		fail_errno(b->f, FAIL_HYPERVISOR, WHAT, b->def->name, NULL);
	return at;
}

void *build_map_run(struct build *b, uint64_t pfn, uint64_t count)
{
	void *at = xa_foreignmem_map(b->fm, b->result->domid, true, count, b->mfns + pfn, NULL);

	if (!at)
		fail_errno(b->f, FAIL_HYPERVISOR, WHAT, b->def->name, NULL);
	return at;
}

/* Lists the pfns of one kind; returns how many. */
static size_t list_kind(const uint8_t *kinds, uint64_t first, uint64_t count,
			enum build_page_kind kind, uint64_t *pfns)
{
	size_t found = 0;

	for (uint64_t i = 0; i < count; i++)
		if (kinds[i] == kind)
			pfns[found++] = first + i;
	return found;
}

/* Lets the hypervisor zero what needs nothing else and is not zero yet; if it will not, those pages
 * are filled by us like the others. */
static void clear_pages(struct build *b, uint8_t *kinds, uint64_t first, uint64_t count,
			uint64_t *scratch)
{
	size_t zeroes;

	if (hv_memory_is_zeroed(b->hv))
		return;
	zeroes = list_kind(kinds, first, count, BUILD_ZERO, scratch);
	for (size_t i = 0; i < zeroes; i++)
		scratch[i] = b->mfns[scratch[i]];
	if (!hv_memory_clear(b->hv, b->result->domid, scratch, (unsigned int)zeroes))
		return;
	for (uint64_t i = 0; i < count; i++)
		if (kinds[i] == BUILD_ZERO)
			kinds[i] = BUILD_COPY;
}

static int copy_pages(struct build *b, const uint8_t *kinds, uint64_t first, uint64_t count,
		      uint64_t *scratch)
{
	size_t copies = list_kind(kinds, first, count, BUILD_COPY, scratch);
	uint8_t *at = copies ? build_map(b, scratch, copies) : NULL;

	if (copies && !at)
		return -1;
	for (size_t i = 0; i < copies; i++)
		build_load_page(&b->kernel.image, scratch[i], at + i * BUILD_PAGE);
	return 0;
}

int build_fill_kernel(struct build *b)
{
	uint64_t first = b->kernel.wishes.kernel_begin / BUILD_PAGE;
	uint64_t count = BUILD_PAGES(b->kernel.wishes.kernel_end) - first;
	uint8_t *kinds = malloc(count);
	uint64_t *scratch = malloc(count * sizeof(*scratch));
	int rc = -1;

	if (kinds && scratch) {
		build_load_plan(&b->kernel.image, first, count, kinds);
		clear_pages(b, kinds, first, count, scratch);
		rc = copy_pages(b, kinds, first, count, scratch);
	} else {
		fail_set(b->f, FAIL_GENERAL, WHAT, b->def->name, NULL, "out of memory");
	}
	free(kinds);
	free(scratch);
	return rc;
}

int build_fill_initrd(struct build *b)
{
	uint64_t pages = b->layout.initrd_pages, size = b->initrd.size;
	uint8_t *at;

	if (!pages)
		return 0;
	at = build_map_run(b, b->layout.initrd_pfn, pages);
	if (!at)
		return -1;
	build_copy(at, b->initrd.data, size);
	build_zero(at + size, pages * BUILD_PAGE - size);
	return 0;
}

static int fill_run(struct build *b, uint64_t pfn, uint64_t count)
{
	uint8_t *at = build_map_run(b, pfn, count);

	if (!at)
		return -1;
	for (uint64_t i = 0; i < count; i++)
		build_layout_fill_table(&b->layout, pfn + i, b->mfns,
					(uint64_t *)(at + i * BUILD_PAGE));
	if (xa_foreignmem_unmap(b->fm, at, count))
		return fail_errno(b->f, FAIL_HYPERVISOR, WHAT, b->def->name, NULL);
	return 0;
}

int build_fill_tables(struct build *b)
{
	const struct build_layout *l = &b->layout;

	if (fill_run(b, l->l4_pfn, l->table_count))
		return -1;
	return l->p2m_table_count ? fill_run(b, l->p2m.l3_pfn, l->p2m_table_count) : 0;
}
