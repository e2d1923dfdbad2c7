/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing up a CPU: its block, its descriptor tables, and the control registers it runs with.
 *
 * A CPU counts as on line from percpu_online(); nobody addresses it before.
 */
#include "machine/percpu.h"

#include "core/frame.h"
#include "core/log.h"
#include "lib/string.h"
#include "machine/cpu_ops.h"
#include "machine/fpu.h"
#include "machine/paging.h"
#include "machine/smap.h"
#include "machine/spec.h"

/* 64-bit code and flat data segments, Accessed set (Intel SDM volume 3, 3.4.5). */
#define DESC_HV_CODE	0x00af9b000000ffffULL
#define DESC_HV_DATA	0x00cf93000000ffffULL
#define DESC_GUEST_C32	0x00cffb000000ffffULL
#define DESC_GUEST_DATA 0x00cff3000000ffffULL
#define DESC_GUEST_CODE 0x00affb000000ffffULL
#define DESC_TSS	0x0000890000000000ULL

#define SYSCALL_CLEARS \
	(RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC)

extern const char stub_code[], stub_syscall[], stub_syscall32[], entry_syscall[], entry_syscall32[];

/* A system descriptor of 16 bytes: TSS. */
static void set_system(uint64_t *slot, uint64_t base, uint64_t limit, uint64_t type)
{
	slot[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | type | (base >> 24 & 0xff) << 56;
	slot[1] = base >> 32;
}

static void fill_gdt(struct percpu *p)
{
	uint64_t *g = p->gdt;

	g[(SEL_HV_CS - GDT_PAGE_BASE) / 8] = DESC_HV_CODE;
	g[(SEL_HV_SS - GDT_PAGE_BASE) / 8] = DESC_HV_DATA;
	g[(SEL_GUEST_C32 - GDT_PAGE_BASE) / 8] = DESC_GUEST_C32;
	g[(SEL_GUEST_SS - GDT_PAGE_BASE) / 8] = DESC_GUEST_DATA;
	g[(SEL_GUEST_CS - GDT_PAGE_BASE) / 8] = DESC_GUEST_CODE;
	set_system(&g[(SEL_TSS - GDT_PAGE_BASE) / 8],
		   p->area_address + offsetof(struct entry_area, tss), sizeof(struct tss) - 1,
		   DESC_TSS);
}

/* The area is used at `address` from now on, and exceptions go on in tables `root`. */
static void place_area(struct percpu *p, uint64_t address, uint64_t root)
{
	struct tss *tss = &p->area->tss;
	char *stacks = (char *)p + PERCPU_DATA_BYTES;

	p->area_address = address;
	for (unsigned int i = 0; i < IST_COUNT; i++) {
		struct entry_stack *s = &p->area->stacks[i];

		s->stack = (uint64_t)stacks + (i + 1) * IST_STACK_BYTES;
		s->root = root;
		tss->ist[i + 1] = address + ((uint64_t)&s->stack - (uint64_t)p->area);
	}
	tss->rsp[0] = (uint64_t)percpu_stack_top(p);
	tss->iomap = sizeof(*tss); /* none */
}

void percpu_init(struct percpu *p, unsigned int id, uint32_t apic_id, struct entry_area *area)
{
	memset(p, 0, sizeof(*p));
	p->cpu.id = id;
	p->cpu.apic_id = apic_id;
	p->cpu.machine_private = p;
	p->gdt_phys = paging_phys(p->gdt);
	p->area = area;
	place_area(p, (uint64_t)area, cpu_read_cr3());
}

struct cpu *percpu_alloc(unsigned int id, uint32_t apic_id)
{
	struct percpu *p = hv_alloc_pages(4);
	struct entry_area *area = hv_alloc_pages(1);

	if (!p || !area) {
		if (p)
			hv_free_pages(p, 4);
		if (area)
			hv_free_pages(area, 1);
		return NULL;
	}
	percpu_init(p, id, apic_id, area);
	return &p->cpu;
}

/* GDTR such that our page is found at its usual selectors. */
static void load_gdt(struct percpu *p)
{
	struct table_pointer gdtr = {GDT_LIMIT, (uint64_t)p->gdt - GDT_PAGE_BASE};

	fill_gdt(p); /* anew: LTR refuses a busy TSS */
	__asm__ volatile("lgdt %0\n\t"
			 "pushq %1\n\t"
			 "lea 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "lretq\n"
			 "1:\tmov %2, %%ss\n\t"
			 "mov %3, %%ds\n\tmov %3, %%es\n\tmov %3, %%fs\n\tmov %3, %%gs\n\t"
			 "lldt %w3\n\t"
			 "ltr %w4"
			 :
			 : "m"(gdtr), "i"(SEL_HV_CS), "r"(SEL_HV_SS), "r"(0), "r"(SEL_TSS)
			 : "rax", "memory");
}

static void load_syscall(struct percpu *p)
{
	uint64_t base = paging_stub(p->cpu.id);
	struct stub_data *stub = &p->area->stub;

	stub->entry = (uint64_t)entry_syscall;
	stub->entry32 = (uint64_t)entry_syscall32;
	stub->frame = p->area->tss.rsp[0];
	cpu_wrmsr(MSR_STAR, (uint64_t)SEL_GUEST_C32 << 48 | (uint64_t)SEL_HV_CS << 32);
	cpu_wrmsr(MSR_LSTAR, base + (uint64_t)(stub_syscall - stub_code));
	cpu_wrmsr(MSR_CSTAR, base + (uint64_t)(stub_syscall32 - stub_code));
	cpu_wrmsr(MSR_SYSCALL_MASK, SYSCALL_CLEARS);
	cpu_wrmsr(MSR_EFER, cpu_rdmsr(MSR_EFER) | EFER_SCE | EFER_NXE);
}

static void load_control_registers(void)
{
	uint32_t leaf7[4] = {0};
	uint64_t cr4 = CR4_PAE | CR4_PGE | CR4_MCE | CR4_DE | CR4_OSFXSR | CR4_OSXMMEXCPT;

	cpu_cpuid(7, 0, leaf7);
	if (leaf7[1] & (1u << 7))
		cr4 |= CR4_SMEP;
	if (leaf7[1] & (1u << 20))
		cr4 |= CR4_SMAP;
	if (leaf7[2] & (1u << 2))
		cr4 |= CR4_UMIP;
	cpu_write_cr4(cr4);
	cpu_write_cr0((cpu_read_cr0() | CR0_WP | CR0_NE | CR0_MP) & ~(CR0_TS | CR0_EM));
	cpu_wrmsr(MSR_PAT, 0x050100070406ULL); /* as PV Linux expects: WB WT UC- UC WC WP */
}

/* SYSENTER is not offered: its code segment of 0 makes it fault. */
static void load_sysenter(void)
{
	cpu_wrmsr(0x174, 0);
}

void percpu_load_tables(struct percpu *p)
{
	load_gdt(p);
	idt_load();
}

void percpu_load(struct percpu *p)
{
	paging_map_stub(p->cpu.id, stub_code, p->area);
	place_area(p, paging_stub(p->cpu.id) + PAGE_SIZE, paging_root());
	percpu_load_tables(p);
	load_control_registers();
	spec_init_cpu();
	fpu_init_cpu(p);
	load_syscall(p);
	load_sysenter();
	cpu_write_dr7(0x400);
	p->dr7 = 0x400;
	p->cr3 = cpu_read_cr3();
}
