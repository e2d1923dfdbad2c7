/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Putting a vCPU into a CPU and taking it off again, and the windows through which the CPU sees a
 * guest's descriptor tables.
 *
 * Slot 257 of a domain's top-level tables maps, for vCPU n, 256 KiB: 14 pages of the guest's GDT,
 * our own GDT page of the CPU it runs on, the vCPU's own page (struct vcpu_entry), its LDT, and the
 * page its vcpu_info is in. Entries are written by the CPU that runs the vCPU, or while it does not
 * run.
 */
#include "machine/context.h"

#include "core/frame.h"
#include "core/guest_access.h"
#include "core/mm.h"
#include "core/mm_companion.h"
#include "core/tlb.h"
#include "lib/string.h"
#include "machine/cpu_ops.h"
#include "machine/entry_layout.h"
#include "machine/fpu.h"
#include "machine/inject.h"
#include "machine/paging.h"
#include "machine/percpu.h"
#include "machine/segments.h"
#include "machine/spec.h"
#include "machine/traps.h"
#include "shoji/callback.h"
#include "shoji/errno.h"
#include "shoji/hypercalls.h"

#define WINDOW_PAGES	 64 /* per vCPU */
#define WINDOW_BYTES	 (WINDOW_PAGES * PAGE_SIZE)
#define WINDOW_ENTRY	 15 /* struct vcpu_entry; beyond the GDT's limit */
#define WINDOW_LDT	 16 /* where the LDT starts */
#define WINDOW_LDT_PAGES 16
#define WINDOW_INFO	 (WINDOW_LDT + WINDOW_LDT_PAGES)
#define TABLE_FLAGS	 (PTE_PRESENT | PTE_RW | PTE_ACCESSED)
#define DESCRIPTOR_FLAGS (PTE_PRESENT | PTE_ACCESSED | PTE_NX)
#define DATA_FLAGS	 (PTE_PRESENT | PTE_RW | PTE_ACCESSED | PTE_DIRTY | PTE_NX)
#define VCPUS_PER_TABLE	 (512 / WINDOW_PAGES)
#define DESC_LDT	 0x0000820000000000ULL
#define DR7_ENABLES	 0xffULL

static struct domain_machine *domain_machine(const struct domain *d)
{
	return d->machine_private;
}

/* --- domains --- */

int machine_domain_init(struct domain *d)
{
	struct domain_machine *m = hv_alloc(sizeof(*m));

	if (!m)
		return -XEN_ENOMEM;
	m->l3 = hv_alloc_pages(0);
	m->l2 = hv_alloc_pages(0);
	d->machine_private = m;
	if (!m->l3 || !m->l2) {
		machine_domain_destroy(d);
		return -XEN_ENOMEM;
	}
	m->l3[0] = paging_phys(m->l2) | TABLE_FLAGS;
	return 0;
}

static void free_table(uint64_t *table)
{
	if (table)
		hv_free_pages(table, 0);
}

void machine_domain_destroy(struct domain *d)
{
	struct domain_machine *m = domain_machine(d);

	if (!m)
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(m->l1); i++)
		free_table(m->l1[i]);
	free_table(m->l2);
	free_table(m->l3);
	if (m->cpuid)
		hv_free(m->cpuid);
	hv_free(m);
	d->machine_private = NULL;
}

void machine_init_l4(struct domain *d, uint64_t *l4)
{
	if (mm_isolation)
		paging_copy_entry_slots(l4);
	else
		paging_copy_slots(l4);
	l4[DOMAIN_SLOT] = paging_phys(domain_machine(d)->l3) | TABLE_FLAGS;
}

void machine_init_companion(struct domain *d, uint64_t *l4)
{
	paging_copy_slots(l4);
	l4[DOMAIN_SLOT] = paging_phys(domain_machine(d)->l3) | TABLE_FLAGS;
}

/* --- vCPUs --- */

static uint64_t window_address(const struct vcpu *v)
{
	return DOMAIN_WINDOW + v->id * WINDOW_BYTES;
}

static bool is_loaded(const struct vcpu *v)
{
	return this_cpu()->loaded == v || this_cpu()->current == v;
}

static void set_window(struct vcpu *v, unsigned int page, uint64_t entry)
{
	uint64_t *slot = &vcpu_machine(v)->window[page];

	if (*slot == entry)
		return;
	__atomic_store_n(slot, entry, __ATOMIC_RELAXED);
	if (is_loaded(v))
		cpu_invlpg(window_address(v) + page * PAGE_SIZE);
}

static uint64_t *window_of(struct vcpu *v)
{
	struct domain_machine *m = domain_machine(v->domain);
	unsigned int table = v->id / VCPUS_PER_TABLE;

	if (!m->l1[table]) {
		m->l1[table] = hv_alloc_pages(0);
		if (!m->l1[table])
			return NULL;
		m->l2[table] = paging_phys(m->l1[table]) | TABLE_FLAGS;
	}
	return m->l1[table] + v->id % VCPUS_PER_TABLE * WINDOW_PAGES;
}

static void map_entry(struct vcpu *v)
{
	set_window(v, WINDOW_ENTRY, paging_phys(v->entry) | DATA_FLAGS);
	v->entry_window = window_address(v) + WINDOW_ENTRY * PAGE_SIZE;
	v->entry->vcpu = v;
}

/* Where entry code finds v->info: in v's own page, or in the window's last. */
void machine_vcpu_info_moved(struct vcpu *v)
{
	uint64_t phys = paging_phys(v->info), at = window_address(v) + WINDOW_INFO * PAGE_SIZE;

	set_window(v, WINDOW_INFO, (phys & PTE_FRAME) | DATA_FLAGS);
	v->entry->info = (struct xen_vcpu_info *)(at + phys % PAGE_SIZE);
}

int machine_vcpu_init(struct vcpu *v)
{
	static uint64_t last_serial;
	struct vcpu_machine *m = hv_alloc(sizeof(*m));

	if (!m)
		return -XEN_ENOMEM;
	v->machine_private = m;
	m->serial = __atomic_add_fetch(&last_serial, 1, __ATOMIC_RELAXED);
	m->xcr0 = XCR0_X87;
	m->window = window_of(v);
	m->fpu = hv_alloc(fpu_area_bytes());
	if (!m->window || !m->fpu) {
		machine_vcpu_destroy(v);
		return -XEN_ENOMEM;
	}
	fpu_reset(m->fpu);
	v->debugreg[6] = 0xffff0ff0;
	v->debugreg[7] = 0x400;
	map_entry(v);
	machine_vcpu_info_moved(v);
	return 0;
}

void machine_vcpu_destroy(struct vcpu *v)
{
	struct vcpu_machine *m = vcpu_machine(v);

	if (m && m->fpu)
		hv_free(m->fpu);
	if (m)
		hv_free(m);
	v->machine_private = NULL;
}

/* --- descriptor tables --- */

static void map_guest_gdt(struct vcpu *v)
{
	unsigned int pages = (v->gdt_entries + 511) / 512;

	for (unsigned int i = 0; i < FIRST_RESERVED_GDT_PAGE; i++)
		set_window(v, i,
			   i < pages ? v->gdt_frames[i].n << PAGE_SHIFT | DESCRIPTOR_FLAGS : 0);
}

void machine_vcpu_reload_gdt(struct vcpu *v)
{
	map_guest_gdt(v);
}

static void write_ldt_descriptor(struct percpu *p, uint64_t base, uint64_t limit)
{
	uint64_t *slot = &p->gdt[(SEL_LDT - GDT_PAGE_BASE) / 8];

	slot[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | DESC_LDT |
		  (limit >> 16 & 0xf) << 48 | (base >> 24 & 0xff) << 56;
	slot[1] = base >> 32;
}

static void load_ldt(struct vcpu *v)
{
	uint16_t selector = 0;

	if (v->ldt_entries) {
		write_ldt_descriptor(this_percpu(), window_address(v) + WINDOW_LDT * PAGE_SIZE,
				     v->ldt_entries * 8 - 1);
		selector = SEL_LDT;
	}
	__asm__ volatile("lldt %w0" ::"r"((uint32_t)selector));
}

/* LDT pages are mapped when first used (machine_map_ldt); a new LDT starts with none. */
void machine_vcpu_reload_ldt(struct vcpu *v)
{
	for (unsigned int i = WINDOW_LDT; i < WINDOW_INFO; i++)
		set_window(v, i, 0);
	if (is_loaded(v))
		load_ldt(v);
}

void machine_map_ldt(struct vcpu *v, unsigned int page, mfn_t m)
{
	set_window(v, WINDOW_LDT + page, m.n << PAGE_SHIFT | DESCRIPTOR_FLAGS);
}

mfn_t machine_ldt_frame(struct vcpu *v, unsigned int page)
{
	uint64_t entry = vcpu_machine(v)->window[WINDOW_LDT + page];

	return entry ? mfn((entry & PTE_FRAME) >> PAGE_SHIFT) : INVALID_MFN;
}

bool context_is_ldt_address(const struct vcpu *v, uint64_t va, unsigned int *page)
{
	uint64_t start = window_address(v) + WINDOW_LDT * PAGE_SIZE;

	if (va < start || va - start >= (uint64_t)WINDOW_LDT_PAGES * PAGE_SIZE)
		return false;
	*page = (unsigned int)((va - start) >> PAGE_SHIFT);
	return true;
}

bool context_is_gdt_address(const struct vcpu *v, uint64_t va, uint16_t *offset)
{
	uint64_t start = window_address(v);

	*offset = (uint16_t)(va - start);
	return va >= start && va - start < FIRST_RESERVED_GDT_BYTE;
}

static void load_gdt(struct vcpu *v)
{
	struct percpu *p = this_percpu();
	struct table_pointer gdtr = {GDT_LIMIT, window_address(v)};

	set_window(v, FIRST_RESERVED_GDT_PAGE, p->gdt_phys | DESCRIPTOR_FLAGS);
	__asm__ volatile("lgdt %0" ::"m"(gdtr));
}

static void load_own_gdt(struct percpu *p)
{
	struct table_pointer gdtr = {GDT_LIMIT, (uint64_t)p->gdt - GDT_PAGE_BASE};

	__asm__ volatile("lldt %w1\n\tlgdt %0" ::"m"(gdtr), "r"(0));
}

/* --- page tables --- */

static void load_cr3(uint64_t root)
{
	this_percpu()->cr3 = root;
	tlb_note_reload();
	cpu_write_cr3(root);
}

void machine_load_idle(void)
{
	struct percpu *p = this_percpu();

	if (p->cr3 == paging_root())
		return;
	load_own_gdt(p);
	load_cr3(paging_root());
}

static void set_root(struct vcpu_entry *e, unsigned int mode, mfn_t m)
{
	e->root[mode] = m.n << PAGE_SHIFT;
	e->full_root[mode] = m.n ? (uint64_t)mfn_frame(m)->companion << PAGE_SHIFT : 0;
}

static void set_roots(struct vcpu *v)
{
	set_root(v->entry, 0, v->cr3_kernel);
	set_root(v->entry, 1, v->cr3_user);
}

/* The tables for C. */
static uint64_t root_of(const struct vcpu *v)
{
	const struct vcpu_entry *e = v->entry;

	return mm_isolation ? e->full_root[e->user_mode] : e->root[e->user_mode];
}

void machine_vcpu_reload_cr3(struct vcpu *v)
{
	set_roots(v);
	if (is_loaded(v))
		load_cr3(root_of(v));
}

void machine_vcpu_user_cr3_changed(struct vcpu *v)
{
	set_roots(v);
}

void context_toggle_mode(struct vcpu *v)
{
	v->entry->user_mode ^= 1;
	cpu_swapgs();
	load_cr3(root_of(v));
}

/* --- debug registers --- */

static void load_debug_registers(struct vcpu *v)
{
	struct percpu *p = this_percpu();

	if (v->debugreg[7] & DR7_ENABLES) {
		cpu_write_dr0(v->debugreg[0]);
		cpu_write_dr1(v->debugreg[1]);
		cpu_write_dr2(v->debugreg[2]);
		cpu_write_dr3(v->debugreg[3]);
	}
	if (p->dr7 != v->debugreg[7])
		cpu_write_dr7(v->debugreg[7]);
	p->dr7 = v->debugreg[7];
}

static void disarm_debug_registers(struct percpu *p)
{
	if (p->dr7 & DR7_ENABLES) {
		cpu_write_dr7(0x400);
		p->dr7 = 0x400;
	}
}

#define DR7_RESERVED_ONE 0x400ULL
#define DR7_GD		 (1ULL << 13)
#define DR7_WRITABLE	 0xffff03ffULL

/* No I/O breakpoints (CR4.DE makes type 2 that), no general detect. */
static bool dr7_ok(uint64_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		if ((value >> (16 + 4 * i) & 3) == 2)
			return false;
	return !(value >> 32) && !(value & DR7_GD);
}

int machine_set_debugreg(struct vcpu *v, unsigned int reg, uint64_t value)
{
	switch (reg) {
	case 0 ... 3:
		if (!guest_code_ok(value))
			return -XEN_EPERM;
		v->debugreg[reg] = value;
		break;
	case 4:
	case 6:
		if (value >> 32)
			return -XEN_EINVAL;
		v->debugreg[6] = (value & 0xe00f) | 0xffff0ff0;
		break;
	case 5:
	case 7:
		if (!dr7_ok(value))
			return -XEN_EPERM;
		v->debugreg[7] = (value & DR7_WRITABLE) | DR7_RESERVED_ONE;
		break;
	default:
		return -XEN_EINVAL;
	}
	if (v == current_vcpu() && (v->debugreg[7] & DR7_ENABLES || reg == 7 || reg == 5))
		load_debug_registers(v);
	return 0;
}

/* --- on and off --- */

static void save_segments(struct vcpu *v)
{
	struct xen_cpu_user_regs *r = vcpu_regs(v);
	uint64_t active = cpu_rdmsr(MSR_GS_BASE), other = cpu_rdmsr(MSR_KERNEL_GS_BASE);

	segments_read(r);
	v->fs_base = cpu_rdmsr(MSR_FS_BASE);
	v->gs_base_user = v->entry->user_mode ? active : other;
	v->gs_base_kernel = v->entry->user_mode ? other : active;
}

/* Bases come after selectors, which overwrite them. */
static bool load_segments(struct vcpu *v)
{
	bool ok = segments_load(vcpu_regs(v));

	cpu_wrmsr(MSR_FS_BASE, v->fs_base);
	cpu_wrmsr(MSR_GS_BASE, v->entry->user_mode ? v->gs_base_user : v->gs_base_kernel);
	cpu_wrmsr(MSR_KERNEL_GS_BASE, v->entry->user_mode ? v->gs_base_kernel : v->gs_base_user);
	return ok;
}

void machine_vcpu_save(struct vcpu *v)
{
	struct cpu *c = this_cpu();

	if (c->loaded != v)
		return;
	machine_set_ts(false);
	fpu_save(vcpu_machine(v)->fpu);
	save_segments(v);
	disarm_debug_registers(this_percpu());
	machine_load_idle();
	__atomic_fetch_and(&v->domain->dirty_cpus, ~(1ULL << c->id), __ATOMIC_SEQ_CST);
}

/* Where a frame of so many bytes goes on the kernel's stack; 0: nowhere. */
static uint64_t frame_place(const struct vcpu *v, uint64_t bytes)
{
	uint64_t sp = (v->kernel_sp & ~15ULL) - bytes;

	return guest_range_ok(gva(sp), bytes) ? sp : 0;
}

void machine_vcpu_handlers_changed(struct vcpu *v)
{
	const struct xen_trap_info *fault = &v->traps[VECTOR_PAGE_FAULT];
	struct vcpu_entry *e = v->entry;

	e->syscall_handler = v->callback_syscall;
	e->syscall_masks = v->callback_mask >> CALLBACKTYPE_syscall & 1;
	e->syscall_sp = e->syscall_handler ? frame_place(v, SYSCALL_FRAME_BYTES) : 0;
	e->fault_handler = fault->address;
	e->fault_masks = fault->flags & TRAP_MASKS_EVENTS ? 1 : 0;
	e->fault_sp = e->fault_handler ? frame_place(v, FAULT_FRAME_BYTES) : 0;
}

/* C puts the IOPL that such a guest wants to see into its frames. */
void machine_vcpu_assists_changed(struct vcpu *v)
{
	uint64_t assists = __atomic_load_n(&v->domain->vm_assist, __ATOMIC_SEQ_CST);

	v->entry->slow = assists >> VMASST_TYPE_architectural_iopl & 1;
}

void machine_vcpu_load(struct vcpu *v)
{
	struct percpu *p = this_percpu();

	spec_switch_to(v);
	__atomic_fetch_or(&v->domain->dirty_cpus, 1ULL << p->cpu.id, __ATOMIC_SEQ_CST);
	machine_vcpu_handlers_changed(v);
	machine_vcpu_assists_changed(v);
	set_roots(v);
	load_cr3(root_of(v));
	load_gdt(v);
	load_ldt(v);
	v->entry->cpu_stack = (uint64_t)percpu_stack_top(p);
	p->area->tss.rsp[0] = v->entry_window + E_END;
	p->area->stub.frame = v->entry_window + E_END;
	machine_set_ts(false);
	fpu_restore(vcpu_machine(v)->fpu);
	if (p->xcr0 && p->xcr0 != vcpu_machine(v)->xcr0)
		(void)fpu_set_xcr0(v, vcpu_machine(v)->xcr0);
	machine_set_ts(v->fpu_taskswitch);
	load_debug_registers(v);
	if (!load_segments(v))
		inject_failsafe(v);
}

void machine_set_segment_base(struct vcpu *v, unsigned int which, uint64_t base)
{
	switch (which) {
	case SEGBASE_FS:
		cpu_wrmsr(MSR_FS_BASE, base);
		break;
	case SEGBASE_GS_USER:
		cpu_wrmsr(MSR_KERNEL_GS_BASE, base);
		break;
	case SEGBASE_GS_KERNEL:
		cpu_wrmsr(MSR_GS_BASE, base);
		break;
	case SEGBASE_GS_USER_SEL:
		cpu_swapgs();
		segments_load_gs((uint16_t)base);
		cpu_swapgs();
		break;
	}
	(void)v;
}
