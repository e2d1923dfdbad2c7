/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine of a world: a few frames of memory, two CPUs, and TLBs that keep all they have seen
 * until they are flushed. Also the world's beginning, and how a state is kept and brought back.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/tlb.h"
#include "world.h"

struct cpu fake_cpus[MAX_CPUS];
__thread unsigned int fake_cpu_id;
uint64_t *m2p_table;
struct hv hv;

/* --- core/machine.h --- */

unsigned int machine_cpu_count(void)
{
	return 2;
}

struct cpu *machine_cpu(unsigned int cpu)
{
	return &fake_cpus[cpu];
}

void machine_relax(void)
{
	cpu_waits();
}

void *machine_map(mfn_t m)
{
	return ram + m.n * PAGE_SIZE;
}

mfn_t machine_unmap_addr(const void *va)
{
	return mfn((uint64_t)((const char *)va - ram) / PAGE_SIZE);
}

void machine_zero_frame(void *va)
{
	unsigned int f = frame_index(mfn_frame(machine_unmap_addr(va)));

	if (f == NONE) {
		memset(va, 0, PAGE_SIZE);
		return;
	}
	for (unsigned int i = 0; i < PLACES_MAX; i++)
		*frame_entry(f, i) = 0; /* nothing else is ever written */
	x.secret[f] = 0;
}

enum mmio_access machine_mmio_access(mfn_t m)
{
	(void)m;
	return MMIO_NONE;
}

void machine_init_l4(struct domain *d, uint64_t *l4)
{
	(void)d, (void)l4;
}

void machine_init_companion(struct domain *d, uint64_t *l4)
{
	(void)d;
	for (unsigned int i = HYPERVISOR_FIRST_SLOT; i <= HYPERVISOR_LAST_SLOT; i++)
		l4[i] = 0xc0ee0003;
}

size_t machine_copy_from_guest(void *dst, uint64_t guest_va, size_t bytes)
{
	(void)dst, (void)guest_va;
	return bytes;
}

size_t machine_copy_to_guest(uint64_t guest_va, const void *src, size_t bytes)
{
	(void)guest_va, (void)src;
	return bytes;
}

size_t machine_clear_guest(uint64_t guest_va, size_t bytes)
{
	(void)guest_va;
	return bytes;
}

void machine_flush_all(cpumask_t cpus)
{
	for (unsigned int i = 0; i < 2; i++)
		if (cpus >> i & 1)
			memset(x.tlb[i], 0, sizeof(x.tlb[i]));
}

void machine_flush_page(cpumask_t cpus, uint64_t va)
{
	(void)va;
	machine_flush_all(cpus);
}

nsec_t machine_now(void)
{
	return 0;
}

void machine_vcpu_reload_cr3(struct vcpu *v)
{
	(void)v;
}

void machine_vcpu_user_cr3_changed(struct vcpu *v)
{
	(void)v;
}

void machine_vcpu_reload_gdt(struct vcpu *v)
{
	(void)v;
}

void machine_vcpu_reload_ldt(struct vcpu *v)
{
	(void)v;
}

void machine_map_ldt(struct vcpu *v, unsigned int page, mfn_t m)
{
	(void)v, (void)page, (void)m;
}

mfn_t machine_ldt_frame(struct vcpu *v, unsigned int page)
{
	(void)v, (void)page;
	return INVALID_MFN;
}

/* --- the rest of the hypervisor --- */

void log_line(enum log_level level, const char *fmt, ...)
{
	(void)level, (void)fmt;
}

void panic(const char *fmt, ...)
{
	va_list args;
	char text[150];

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	check_failed("%s", text);
	cpu_broken();
}

void domain_ref(struct domain *d)
{
	d->references++;
}

void domain_put(struct domain *d)
{
	d->references--;
}

struct domain *domain_get(domid_t id)
{
	struct domain *d = id.id == 1 || id.id == 2 ? doms[id.id - 1] : NULL;

	if (!d || d->dying != DOMAIN_ALIVE)
		return NULL;
	domain_ref(d);
	return d;
}

struct domain *domain_resolve(struct domain *caller, uint16_t id)
{
	(void)caller;
	return domain_get(domid(id));
}

bool descriptor_check(uint64_t *d)
{
	(void)d;
	return true;
}
