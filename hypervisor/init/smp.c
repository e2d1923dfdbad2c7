/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starting the other CPUs (Intel SDM volume 3, 9.4.4): INIT, then start-up messages that name the
 * page of the trampoline.
 *
 * One at a time, since they share the trampoline's parameters. A CPU that does not come within a
 * second is put back into INIT and left out, with a warning. Runs once, on the boot CPU, before
 * dom0.
 */
#include "init/smp.h"

#include "core/log.h"
#include "init/main.h"
#include "lib/string.h"
#include "machine/acpi.h"
#include "machine/apic.h"
#include "machine/cpu_ops.h"
#include "machine/paging.h"
#include "machine/percpu.h"
#include "machine/time.h"

#define INIT_WAIT_US	10000
#define STARTUP_WAIT_US 300
#define ONLINE_WAIT_MS	1000

extern const char trampoline[], trampoline_end[], trampoline_parameters[];

struct trampoline_parameters {
	uint64_t cr3, stack, cpu, entry;
	uint32_t long_jump, long_jump_selector;
	uint16_t gdt_limit;
	uint32_t gdt_base;
} __attribute__((packed));

static struct trampoline_parameters *parameters(void)
{
	char *page = paging_virt(smp_trampoline);

	return (void *)(page + (trampoline_parameters - trampoline));
}

static void place_trampoline(void)
{
	memcpy(paging_virt(smp_trampoline), trampoline, (size_t)(trampoline_end - trampoline));
	parameters()->cr3 = paging_root();
	parameters()->entry = (uint64_t)ap_main;
	parameters()->long_jump += (uint32_t)smp_trampoline;
	parameters()->gdt_base += (uint32_t)smp_trampoline;
	paging_identity_map(smp_trampoline);
}

static bool came_on_line(unsigned int id, unsigned int microseconds)
{
	for (unsigned int waited = 0; machine_cpu_count() <= id; waited += 100) {
		if (waited >= microseconds)
			return false;
		time_udelay(100);
	}
	return true;
}

static bool send_startup(unsigned int id, uint32_t apic)
{
	uint8_t page = (uint8_t)(smp_trampoline >> PAGE_SHIFT);

	apic_send_init(apic);
	time_udelay(INIT_WAIT_US);
	apic_send_startup(apic, page);
	if (came_on_line(id, STARTUP_WAIT_US))
		return true;
	apic_send_startup(apic, page);
	return came_on_line(id, ONLINE_WAIT_MS * 1000);
}

static bool start_cpu(unsigned int id, uint32_t apic)
{
	struct cpu *c = percpu_alloc(id, apic);

	if (!c) {
		log_warn("CPU with APIC id %u: no memory for it", apic);
		return false;
	}
	parameters()->stack = (uint64_t)percpu_stack_top((struct percpu *)c);
	parameters()->cpu = (uint64_t)c;
	if (!send_startup(id, apic)) {
		/* Its block is given up: nobody knows what the CPU does. */
		log_warn("CPU with APIC id %u does not start", apic);
		apic_send_init(apic);
		return false;
	}
	time_warp_test_bsp(id);
	return true;
}

unsigned int smp_start_all(unsigned int maximum)
{
	unsigned int limit = maximum && maximum < MAX_CPUS ? maximum : MAX_CPUS;

	if (acpi.cpu_count < 2 || limit < 2)
		return machine_cpu_count();
	if (!smp_trampoline) {
		log_warn("no free memory below 1 MiB: the other CPUs cannot be started");
		return machine_cpu_count();
	}
	place_trampoline();
	for (unsigned int i = 0; i < acpi.cpu_count && machine_cpu_count() < limit; i++)
		if (acpi.apic_id[i] != apic_id())
			start_cpu(machine_cpu_count(), acpi.apic_id[i]);
	paging_identity_unmap(smp_trampoline);
	return machine_cpu_count();
}
