/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The domain builder for dom0.
 *
 * Duty: memory, kernel, initrd, frame list, page tables, start_info and vCPUs of the control
 * domain. Its tables are written raw into its own frames and then validated like any guest's, by
 * pinning the L4. The layout is decided in dom0_layout.c; frames come in chunks that are remembered
 * until the end.
 */
#include "init/dom0_build.h"

#include "core/domain.h"
#include "core/frame.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/mm.h"
#include "core/preempt.h"
#include "init/dom0_layout.h"
#include "lib/elf_image.h"
#include "lib/string.h"
#include "shoji/errno.h"
#include "shoji/start_info.h"

#define CHUNK_ORDER_MAX 10
#define CHUNKS_ORDER	6 /* pages of the chunk list, as an order: room for 10,922 */
#define RESERVE_MAX	(128ULL << 20)
#define L1_FLAGS	(PTE_PRESENT | PTE_RW | PTE_USER | PTE_ACCESSED | PTE_DIRTY)

struct chunk {
	uint64_t pfn, mfn, count;
};

struct builder {
	struct domain *d;
	const struct boot_info *info;
	struct elf_image image;
	struct dom0_layout layout;
	uint64_t nr_pages;
	struct chunk *chunks;
	unsigned int chunk_count;
	uint64_t next_table; /* pfn for the next page table */
	uint64_t *l4;
};

static mfn_t pfn_mfn(const struct builder *b, uint64_t pfn)
{
	unsigned int low = 0, high = b->chunk_count;

	while (high - low > 1) {
		unsigned int middle = (low + high) / 2;

		if (b->chunks[middle].pfn <= pfn)
			low = middle;
		else
			high = middle;
	}
	return mfn(b->chunks[low].mfn + (pfn - b->chunks[low].pfn));
}

static void *pfn_map(const struct builder *b, uint64_t pfn)
{
	return machine_map(pfn_mfn(b, pfn));
}

/* --- memory --- */

static uint64_t choose_pages(const struct dom0_options *o)
{
	uint64_t available = frames_free(),
		 reserve = MIN(available / 16, RESERVE_MAX >> PAGE_SHIFT);
	uint64_t wanted = o->memory_bytes >> PAGE_SHIFT;

	if (!wanted || wanted > available - reserve)
		wanted = available - reserve;
	return wanted;
}

static void add_chunk(struct builder *b, uint64_t pfn, struct frame *f, unsigned int order)
{
	struct chunk *c = &b->chunks[b->chunk_count++];

	if (b->chunk_count > (PAGE_SIZE << CHUNKS_ORDER) / sizeof(*c))
		panic("dom0: memory is in too many pieces");
	*c = (struct chunk){pfn, frame_mfn(f).n, 1ULL << order};
	for (uint64_t i = 0; i < c->count; i++)
		m2p_set(mfn(c->mfn + i), pfn + i);
}

static void allocate_memory(struct builder *b)
{
	unsigned int order = CHUNK_ORDER_MAX;

	b->chunks = hv_alloc_pages(CHUNKS_ORDER);
	if (!b->chunks)
		panic("dom0: no memory for the builder");
	for (uint64_t pfn = 0; pfn < b->nr_pages;) {
		struct frame *f;

		while ((1ULL << order) > b->nr_pages - pfn)
			order--;
		f = domain_alloc_frames(b->d, order, 0);
		if (f) {
			add_chunk(b, pfn, f, order);
			pfn += 1ULL << order;
		} else if (order-- == 0) {
			panic("dom0: only %lu of %lu frames could be allocated", (unsigned long)pfn,
			      (unsigned long)b->nr_pages);
		}
	}
}

/* --- contents --- */

/* Copy to dom0's pseudo-physical memory; NULL: zeroes. */
static void fill(const struct builder *b, uint64_t phys, const char *from, uint64_t bytes)
{
	while (bytes) {
		uint64_t offset = phys % PAGE_SIZE, n = MIN(bytes, PAGE_SIZE - offset);
		char *to = (char *)pfn_map(b, phys >> PAGE_SHIFT) + offset;

		if (from)
			memcpy(to, from, n);
		else
			memset(to, 0, n);
		phys += n;
		from = from ? from + n : NULL;
		bytes -= n;
	}
}

static void load_kernel(const struct builder *b)
{
	const char *file = machine_map(mfn(b->info->dom0_kernel.phys >> PAGE_SHIFT));

	file += b->info->dom0_kernel.phys % PAGE_SIZE;
	for (unsigned int i = 0; i < b->image.segment_count; i++) {
		const struct elf_segment *s = &b->image.segments[i];

		fill(b, s->phys, file + s->file_offset, s->file_size);
		fill(b, s->phys + s->file_size, NULL, s->memory_size - s->file_size);
	}
}

static void load_initrd(const struct builder *b)
{
	const char *file = machine_map(mfn(b->info->initrd.phys >> PAGE_SHIFT));

	file += b->info->initrd.phys % PAGE_SIZE;
	fill(b, b->layout.initrd.first << PAGE_SHIFT, file, b->info->initrd.size);
}

static void write_p2m(const struct builder *b)
{
	for (unsigned int i = 0; i < b->chunk_count; i++) {
		const struct chunk *c = &b->chunks[i];

		for (uint64_t n = 0; n < c->count; n++) {
			uint64_t pfn = c->pfn + n, per_page = PAGE_SIZE / 8;
			uint64_t *page = pfn_map(b, b->layout.p2m.first + pfn / per_page);

			page[pfn % per_page] = c->mfn + n;
		}
	}
}

/* --- page tables --- */

static uint64_t *next_level(struct builder *b, uint64_t *table, unsigned int index)
{
	if (!(table[index] & PTE_PRESENT)) {
		mfn_t m = pfn_mfn(b, b->next_table++);

		machine_zero_frame(machine_map(m));
		table[index] = m.n << PAGE_SHIFT | L1_FLAGS;
	}
	return machine_map(mfn((table[index] & PTE_FRAME) >> PAGE_SHIFT));
}

static void map_page(struct builder *b, uint64_t virt, uint64_t pfn, bool writable)
{
	uint64_t *l3 = next_level(b, b->l4, virt >> 39 & 511);
	uint64_t *l2 = next_level(b, l3, virt >> 30 & 511);
	uint64_t *l1 = next_level(b, l2, virt >> 21 & 511);

	l1[virt >> 12 & 511] =
		pfn_mfn(b, pfn).n << PAGE_SHIFT | (L1_FLAGS & ~(writable ? 0 : PTE_RW));
}

static bool in_range(struct pfn_range r, uint64_t pfn)
{
	return pfn >= r.first && pfn - r.first < r.count;
}

static void build_tables(struct builder *b)
{
	const struct dom0_layout *l = &b->layout;

	b->next_table = l->tables.first;
	b->l4 = pfn_map(b, b->next_table++);
	machine_zero_frame(b->l4);
	for (uint64_t i = b->next_table; i < l->tables.first + l->tables.count; i++)
		machine_zero_frame(pfn_map(b, i));
	for (uint64_t pfn = 0; pfn < l->mapped_end; pfn++)
		map_page(b, l->virt_base + (pfn << PAGE_SHIFT), pfn, !in_range(l->tables, pfn));
	b->next_table = l->p2m_tables.first;
	for (uint64_t i = 0; l->p2m_tables.count && i < l->p2m.count; i++)
		map_page(b, l->p2m_virt + (i << PAGE_SHIFT), l->p2m.first + i, true);
}

static void pin_tables(struct builder *b)
{
	int rc;

	do {
		preempt_start();
		rc = mm_pin_table(b->d, pfn_mfn(b, b->layout.tables.first), FRAME_L4);
	} while (rc == -XEN_ERESTART);
	if (rc)
		panic("dom0: its own page tables are refused (%d)", rc);
}

/* --- start_info --- */

static uint64_t virt_of(const struct builder *b, struct pfn_range r)
{
	return b->layout.virt_base + (r.first << PAGE_SHIFT);
}

/* The screen, for dom0's frame-buffer console; it lies behind start_info in the same page. */
static void write_screen(const struct builder *b, struct xen_start_info *si)
{
	const struct boot_framebuffer *fb = &b->info->framebuffer;
	struct xen_dom0_vga_console_info *v = (void *)(si + 1);

	if (!fb->base)
		return;
	v->video_type = b->info->efi_enabled ? XEN_VGATYPE_EFI_LFB : XEN_VGATYPE_VESA_LFB;
	v->u.vesa_lfb.width = (uint16_t)fb->width;
	v->u.vesa_lfb.height = (uint16_t)fb->height;
	v->u.vesa_lfb.bytes_per_line = (uint16_t)fb->pitch;
	v->u.vesa_lfb.bits_per_pixel = (uint16_t)fb->bpp;
	v->u.vesa_lfb.lfb_base = (uint32_t)fb->base;
	v->u.vesa_lfb.ext_lfb_base = (uint32_t)(fb->base >> 32);
	v->u.vesa_lfb.lfb_size = (uint32_t)(fb->size >> 16);
	v->u.vesa_lfb.red_pos = fb->red_pos, v->u.vesa_lfb.red_size = fb->red_size;
	v->u.vesa_lfb.green_pos = fb->green_pos, v->u.vesa_lfb.green_size = fb->green_size;
	v->u.vesa_lfb.blue_pos = fb->blue_pos, v->u.vesa_lfb.blue_size = fb->blue_size;
	si->console.dom0.info_off = sizeof(*si);
	si->console.dom0.info_size = sizeof(*v);
}

static void write_start_info(const struct builder *b)
{
	const struct dom0_layout *l = &b->layout;
	struct xen_start_info *si = pfn_map(b, l->start_info.first);

	machine_zero_frame(si);
	strlcpy(si->magic, XEN_START_MAGIC, sizeof(si->magic));
	si->nr_pages = b->nr_pages;
	si->shared_info = machine_unmap_addr(b->d->shared_info).n << PAGE_SHIFT;
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
	si->pt_base = virt_of(b, l->tables);
	si->nr_pt_frames = l->tables.count;
	si->mfn_list = l->p2m_virt;
	if (l->p2m_tables.count) {
		si->first_p2m_pfn = l->p2m.first;
		si->nr_p2m_frames = l->p2m.count + l->p2m_tables.count;
	}
	if (b->info->initrd.size) {
		si->mod_len = b->info->initrd.size;
		si->mod_start = l->initrd_unmapped ? l->initrd.first : virt_of(b, l->initrd);
		si->flags |= l->initrd_unmapped ? SIF_MOD_START_PFN : 0;
	}
	strlcpy(si->cmd_line, b->info->dom0_cmdline, sizeof(si->cmd_line));
	write_screen(b, si);
}

/* --- vCPUs --- */

static void create_vcpus(struct domain *d)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (!vcpu_create(d, i))
			panic("dom0: no memory for vCPU %u", i);
}

static void set_boot_vcpu(const struct builder *b)
{
	struct vcpu *v = b->d->vcpu[0];
	struct xen_cpu_user_regs *r = vcpu_regs(v);
	int rc;

	do {
		preempt_start();
		rc = mm_set_cr3(v, pfn_mfn(b, b->layout.tables.first));
	} while (rc == -XEN_ERESTART);
	if (rc)
		panic("dom0: its top-level table is refused (%d)", rc);
	r->rip = b->image.entry;
	r->rsp = virt_of(b, b->layout.stack) + PAGE_SIZE;
	r->rsi = virt_of(b, b->layout.start_info);
	r->rflags = vcpu_clean_rflags(0);
	r->cs = FLAT_KERNEL_CS;
	r->ss = FLAT_KERNEL_SS;
	v->kernel_ss = FLAT_KERNEL_SS;
	v->kernel_sp = r->rsp;
	machine_vcpu_set_fpu(v, NULL);
	v->is_initialised = true;
}

static void parse_kernel(struct builder *b)
{
	uint64_t phys = b->info->dom0_kernel.phys;
	const char *file = (const char *)machine_map(mfn(phys >> PAGE_SHIFT)) + phys % PAGE_SIZE;
	const char *why = elf_image_parse(file, b->info->dom0_kernel.size, &b->image);

	if (!why)
		why = elf_image_check_pv(&b->image);
	if (why)
		panic("dom0 kernel: %s", why);
}

static void create_domain(struct builder *b, const struct dom0_options *o)
{
	struct domain_limits limits = {.grant_frames = 64};
	unsigned int vcpus =
		o->vcpus ? MIN(o->vcpus, (unsigned int)MAX_VCPUS) : machine_cpu_count();

	if (domain_create(domid(0), vcpus, &limits, &b->d))
		panic("dom0: cannot be created");
	b->d->privileged = true;
	b->d->max_pages = o->max_bytes ? o->max_bytes >> PAGE_SHIFT : UINT32_MAX;
	hv.dom0 = b->d;
	create_vcpus(b->d);
}

void dom0_build(const struct boot_info *info, const struct dom0_options *options)
{
	struct builder b = {.info = info};
	const char *why;

	parse_kernel(&b);
	create_domain(&b, options);
	b.nr_pages = choose_pages(options);
	why = dom0_layout_compute(&b.image, info->initrd.size, b.nr_pages, &b.layout);
	if (why)
		panic("dom0 kernel: %s", why);
	if (b.layout.needed > b.nr_pages)
		panic("dom0: needs at least %lu MiB of memory, has %lu MiB",
		      (unsigned long)(b.layout.needed >> 8), (unsigned long)(b.nr_pages >> 8));
	allocate_memory(&b);
	load_kernel(&b);
	load_initrd(&b);
	write_p2m(&b);
	build_tables(&b);
	write_start_info(&b);
	pin_tables(&b);
	set_boot_vcpu(&b);
	hv_free_pages(b.chunks, CHUNKS_ORDER);
	log_info("dom0: %lu MiB, %u vCPUs, kernel %s", (unsigned long)(b.nr_pages >> 8),
		 b.d->max_vcpus, b.image.guest_os);
	vcpu_up(b.d->vcpu[0]);
}
