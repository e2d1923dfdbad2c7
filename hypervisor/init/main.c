/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order in which the machine comes up. Each step may use what the earlier ones made:
 * console, exceptions, memory, firmware tables, time, interrupts, other CPUs, dom0.
 */
#include "init/main.h"

#include "core/audit.h"
#include "core/build_info.h"
#include "core/domain.h"
#include "core/frame.h"
#include "core/log.h"
#include "core/memory_map.h"
#include "core/sched.h"
#include "init/dom0_build.h"
#include "init/isolation.h"
#include "init/leftovers.h"
#include "init/smp.h"
#include "lib/string.h"
#include "machine/acpi.h"
#include "machine/apic.h"
#include "machine/backtrace.h"
#include "machine/board.h"
#include "machine/console.h"
#include "machine/cpu_ops.h"
#include "machine/irq.h"
#include "machine/options.h"
#include "machine/paging.h"
#include "machine/percpu.h"
#include "machine/release.h"
#include "machine/smap.h"
#include "machine/spec.h"
#include "machine/time.h"
#include "machine/traps.h"

#define LOW_RAM_END 0x9f000ULL

extern uint64_t __stack_chk_guard; /* machine/panic.c */
paddr_t smp_trampoline;

#define CPUID1_ECX_RDRAND (1u << 30)

/* What the processor's generator has, if there is one and it answers. */
static always_inline uint64_t cpu_random(void)
{
	uint32_t r[4];
	uint64_t v = 0;

	cpu_cpuid(1, 0, r);
	if (r[2] & CPUID1_ECX_RDRAND)
		__asm__ volatile("rdrand %0" : "=r"(v) : : "cc");
	return v;
}

/* No caller of this may return: the guard changes under it. */
static __attribute__((noinline, optimize("no-stack-protector"))) void choose_guard(void)
{
	__stack_chk_guard ^= cpu_rdtsc() * 0x9e3779b97f4a7c15ULL ^ cpu_random();
	__stack_chk_guard &= ~0xffULL; /* a zero byte stops runaway strings */
}

/* The highest free page below the extended BIOS data. */
static paddr_t find_trampoline(const struct boot_info *info)
{
	paddr_t best = 0;

	for (unsigned int i = 0; i < info->memory_count; i++) {
		const struct boot_memory *m = &info->memory[i];
		paddr_t end = ROUND_DOWN(MIN(m->base + m->size, LOW_RAM_END), PAGE_SIZE);

		if (m->type == BOOT_MEMORY_RAM && end >= m->base + PAGE_SIZE && end > PAGE_SIZE)
			best = MAX(best, end - PAGE_SIZE);
	}
	return best;
}

static void check_boot_info(const struct boot_info *info)
{
	if (info->magic != BOOT_INFO_MAGIC || info->version != BOOT_INFO_VERSION)
		panic("the boot program speaks another version (%u)", info->version);
}

static void keep_boot_info(const struct boot_info *info)
{
	backtrace_init = &symbols_init;
	memcpy(&boot_info, info, sizeof(boot_info));
	paging_set_image(boot_info.hypervisor.phys);
	options_parse(boot_info.cmdline, &options);
	audit_plant_allowed = options.audit_plant;
}

static void init_boot_cpu(void)
{
	uint32_t leaf7[4];

	percpu_init((struct percpu *)boot_cpu_block, 0, 0, &boot_cpu_area);
	idt_init();
	percpu_load_tables(this_percpu());
	cpu_cpuid(7, 0, leaf7);
	smap_init(leaf7[1] >> 20 & 1);
	spec_init();
	percpu_online(this_cpu());
}

static void init_board(void)
{
	acpi_init(boot_info.rsdp);
	time_init_bsp();
	apic_init_bsp();
	this_cpu()->apic_id = apic_id();
	irq_init_bsp();
	console_init_irq();
}

static void start_cpus(void)
{
	smp_trampoline = find_trampoline(&boot_info);
	log_info("%u of %u CPUs on line", smp_start_all(options.maxcpus), acpi.cpu_count);
}

/* The map as dom0 is to see it: what we use ourselves is RAM like any other. */
static uint32_t e820_type(uint32_t type)
{
	if (boot_memory_is_ram(type))
		return XEN_E820_RAM;
	switch (type) {
	case BOOT_MEMORY_ACPI:
		return XEN_E820_ACPI;
	case BOOT_MEMORY_NVS:
		return XEN_E820_NVS;
	case BOOT_MEMORY_UNUSABLE:
		return XEN_E820_UNUSABLE;
	default:
		return XEN_E820_RESERVED;
	}
}

static void fill_memory_map(const struct boot_info *info)
{
	struct memory_map *m = &machine_memory;

	for (unsigned int i = 0; i < info->memory_count; i++) {
		const struct boot_memory *b = &info->memory[i];
		struct xen_e820_entry *last = m->count ? &m->entries[m->count - 1] : NULL;
		uint32_t type = e820_type(b->type);

		if (last && last->type == type && last->addr + last->size == b->base)
			last->size += b->size;
		else
			m->entries[m->count++] = (struct xen_e820_entry){b->base, b->size, type};
	}
}

static void start_dom0(void)
{
	struct dom0_options o = {
		.memory_bytes = options.dom0_mem,
		.max_bytes = options.dom0_mem_max,
		.vcpus = options.dom0_max_vcpus,
	};

	hv.cmdline = boot_info.cmdline;
	hv.dom_io = domain_create_owner(domid(DOMID_IO));
	hv.dom_xen = domain_create_owner(domid(DOMID_XEN));
	fill_memory_map(&boot_info);
	dom0_build(&boot_info, &o);
	paging_free_loader(&boot_info);
}

void init_main(const struct boot_info *info)
{
	choose_guard();
	keep_boot_info(info);
	init_boot_cpu();
	console_init();
	options_log_unknown(&options);
	check_boot_info(info);
	log_info("Shoji %s (%s)", SHOJI_VERSION, build_changeset);
	log_info("started by %s; options: %s", boot_info.loader, boot_info.cmdline);
	spec_log();
	isolation_init();
	paging_init(&boot_info);
	percpu_load(this_percpu());
	init_board();
	sched_static = options.sched_static;
	sched_init_cpu(this_cpu(), &this_percpu()->slice_timer);
	log_info("memory: %lu MiB", (unsigned long)(frames_total() >> 8));
	start_cpus();
	paging_check();
	isolation_log();
	start_dom0();
	leftovers_check();
	stack_restart(release_init);
}

void ap_main(struct cpu *c)
{
	struct percpu *p = (struct percpu *)c;

	percpu_load(p);
	time_init_ap();
	apic_init_ap();
	sched_init_cpu(c, &p->slice_timer);
	percpu_online(c);
	time_warp_test_ap();
	stack_restart(release_other);
}
