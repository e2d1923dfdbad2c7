/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build_start.c: what a guest finds when it wakes up, besides its kernel: the start-info page, the
 * list of its frames, empty rings for console and store, and two grants that let the console and
 * store daemons map those rings like any other, without the rights of a builder.
 */
#include "build_internal.h"

#include <errno.h>
#include <string.h>

#include "shoji/grant_table.h"
#include "shoji/memory.h"
#include "shoji/shared_info.h"
#include "shoji/start_info.h"

#define WHAT "prepare the guest's start"

static void write_start_info(const struct build *b, struct xen_start_info *si)
{
	const struct build_layout *l = &b->layout;

	build_zero(si, BUILD_PAGE);
	strcpy(si->magic, XEN_START_MAGIC);
	si->nr_pages = l->pages;
	si->shared_info = b->shared_info_mfn * BUILD_PAGE;
	si->store_mfn = b->result->store_mfn;
	si->store_evtchn = b->result->store_port;
	si->console.domU.mfn = b->result->console_mfn;
	si->console.domU.evtchn = b->result->console_port;
	si->pt_base = build_layout_virt(l, l->l4_pfn);
	si->nr_pt_frames = l->table_count;
	si->mfn_list = l->p2m.pages ? l->p2m.virt : build_layout_virt(l, l->p2m_pfn);
	if (l->p2m.pages) {
		si->first_p2m_pfn = l->p2m_pfn;
		si->nr_p2m_frames = l->p2m_pages + l->p2m_table_count;
	}
	si->mod_len = b->initrd.size;
	if (l->initrd_pages && !l->initrd_mapped) {
		si->mod_start = l->initrd_pfn;
		si->flags |= SIF_MOD_START_PFN;
	} else if (l->initrd_pages) {
		si->mod_start = build_layout_virt(l, l->initrd_pfn);
	}
	strncpy(si->cmd_line, b->def->cmdline, sizeof(si->cmd_line) - 1);
}

/* start_info, store ring and console ring are neighbours. */
static int fill_special_pages(struct build *b)
{
	uint8_t *at = build_map_run(b, b->layout.start_info_pfn, 3);

	if (!at)
		return -1;
	b->result->store_mfn = b->mfns[b->layout.store_pfn];
	b->result->console_mfn = b->mfns[b->layout.console_pfn];
	write_start_info(b, (struct xen_start_info *)at);
	build_zero(at + BUILD_PAGE, 2 * BUILD_PAGE);
	return 0;
}

static int fill_frame_list(struct build *b)
{
	uint64_t pages = b->layout.p2m_pages, used = b->layout.pages * sizeof(uint64_t);
	uint8_t *at = build_map_run(b, b->layout.p2m_pfn, pages);

	if (!at)
		return -1;
	build_copy(at, b->mfns, used);
	memset(at + used, 0xff, pages * BUILD_PAGE - used);
	return 0;
}

/* Until the guest has handlers, every vCPU keeps its upcalls off. */
static int fill_shared_info(struct build *b)
{
	struct xen_shared_info *shared =
		xa_foreignmem_map(b->fm, b->result->domid, true, 1, &b->shared_info_mfn, NULL);

	if (!shared)
		return fail_errno(b->f, FAIL_HYPERVISOR, WHAT, b->def->name, NULL);
	for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		shared->vcpu_info[i].evtchn_upcall_mask = 1;
	return 0;
}

static void grant(struct xen_grant_entry_v1 *entry, uint64_t mfn)
{
	entry->domid = 0;
	entry->frame = (uint32_t)mfn;
	__atomic_store_n(&entry->flags, GTF_permit_access, __ATOMIC_RELEASE);
}

static int seed_grants(struct build *b)
{
	void *table = NULL;

	if (!xa_foreignmem_map_resource(b->fm, b->result->domid, XENMEM_resource_grant_table,
					XENMEM_resource_grant_table_id_shared, 0, 1, true, &table))
		return fail_errno(b->f, FAIL_HYPERVISOR, "map the guest's grant table",
				  b->def->name, NULL);
	grant((struct xen_grant_entry_v1 *)table + GNTTAB_RESERVED_CONSOLE, b->result->console_mfn);
	grant((struct xen_grant_entry_v1 *)table + GNTTAB_RESERVED_XENSTORE, b->result->store_mfn);
	return 0;
}

int build_fill_start(struct build *b)
{
	if (fill_special_pages(b) || fill_frame_list(b) || fill_shared_info(b))
		return -1;
	return seed_grants(b);
}
