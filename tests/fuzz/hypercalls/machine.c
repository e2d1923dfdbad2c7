/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rest of the machine (core/machine.h, machine/irq.h): what tests/fake leaves open. Where the
 * real machine layer checks what a guest gives it, this does, too; what would be hardware is a
 * variable.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/boot_info.h"
#include "core/guest_access.h"
#include "core/log.h"
#include "core/tlb.h"
#include "machine/ioapic.h"
#include "machine/irq.h"
#include "machine.h"
#include "shoji/errno.h"
#include "shoji/hypercalls.h"
#include "world.h"

#define LDT_PAGES  16
#define GSIS	   8
#define PIRQS	   16
#define CLOCK_LOST 200000000 /* ns */

struct machine_vcpu {
	mfn_t ldt[LDT_PAGES];
	char fpu[512];
};

bool machine_kicked[CPUS];
nsec_t machine_alarm[CPUS];

/* --- CPUs --- */

void machine_kick(unsigned int cpu)
{
	if (cpu != fake_cpu_id)
		machine_kicked[cpu] = true;
}

void machine_timer_arm(nsec_t deadline)
{
	machine_alarm[fake_cpu_id] = deadline;
}

void machine_halt(bool reboot)
{
	(void)reboot;
	world_stopped();
	abort();
}

int machine_sleep(unsigned int state, uint16_t pm1a, uint16_t pm1b)
{
	(void)pm1a, (void)pm1b;
	if (state == 5)
		world_stopped();
	return -XEN_EINVAL;
}

void machine_flush_caches(bool all_cpus)
{
	(void)all_cpus;
}

/* --- domains and vCPUs --- */

int machine_domain_init(struct domain *d)
{
	d->machine_private = hv_alloc(64);
	return d->machine_private ? 0 : -XEN_ENOMEM;
}

void machine_domain_destroy(struct domain *d)
{
	hv_free(d->machine_private);
}

int machine_vcpu_init(struct vcpu *v)
{
	struct machine_vcpu *m = hv_alloc(sizeof(*m));

	if (!m)
		return -XEN_ENOMEM;
	for (unsigned int i = 0; i < LDT_PAGES; i++)
		m->ldt[i] = INVALID_MFN;
	v->machine_private = m;
	return 0;
}

void machine_vcpu_destroy(struct vcpu *v)
{
	hv_free(v->machine_private);
}

static void load_tables(void)
{
	tlb_note_reload();
	guest_tlb_clear(fake_cpu_id);
}

void machine_load_idle(void)
{
	load_tables();
}

void machine_vcpu_save(struct vcpu *v)
{
	struct cpu *c = this_cpu();

	if (c->loaded != v)
		return;
	load_tables();
	__atomic_fetch_and(&v->domain->dirty_cpus, ~(1ULL << c->id), __ATOMIC_SEQ_CST);
}

void machine_vcpu_load(struct vcpu *v)
{
	__atomic_fetch_or(&v->domain->dirty_cpus, 1ULL << fake_cpu_id, __ATOMIC_SEQ_CST);
	load_tables();
}

void machine_vcpu_set_fpu(struct vcpu *v, const void *fxsave)
{
	struct machine_vcpu *m = v->machine_private;

	if (fxsave)
		memcpy(m->fpu, fxsave, sizeof(m->fpu));
	else
		memset(m->fpu, 0, sizeof(m->fpu));
}

void machine_vcpu_get_fpu(struct vcpu *v, void *fxsave)
{
	memcpy(fxsave, ((struct machine_vcpu *)v->machine_private)->fpu, 512);
}

void machine_vcpu_reload_cr3(struct vcpu *v)
{
	if (this_cpu()->loaded == v)
		load_tables();
}

void machine_vcpu_reload_gdt(struct vcpu *v)
{
	(void)v;
}

void machine_vcpu_reload_ldt(struct vcpu *v)
{
	struct machine_vcpu *m = v->machine_private;

	for (unsigned int i = 0; i < LDT_PAGES; i++)
		m->ldt[i] = INVALID_MFN;
}

void machine_map_ldt(struct vcpu *v, unsigned int page, mfn_t n)
{
	((struct machine_vcpu *)v->machine_private)->ldt[page] = n;
}

mfn_t machine_ldt_frame(struct vcpu *v, unsigned int page)
{
	return ((struct machine_vcpu *)v->machine_private)->ldt[page];
}

void machine_vcpu_handlers_changed(struct vcpu *v)
{
	(void)v;
}

void machine_vcpu_assists_changed(struct vcpu *v)
{
	(void)v;
}

void machine_set_segment_base(struct vcpu *v, unsigned int which, uint64_t base)
{
	if (which == SEGBASE_FS)
		v->fs_base = base;
}

int machine_set_debugreg(struct vcpu *v, unsigned int reg, uint64_t value)
{
	if (reg > 7 || reg == 4 || reg == 5 || (reg < 4 && !guest_code_ok(value)))
		return -XEN_EINVAL;
	v->debugreg[reg] = value;
	return 0;
}

void machine_set_ts(bool on)
{
	(void)on;
}

/* --- into and out of the guest's kernel --- */

void machine_enter_kernel(struct vcpu *v)
{
	if (!v->entry->user_mode)
		return;
	v->entry->user_mode = 0;
	machine_vcpu_reload_cr3(v);
}

static void bounce(struct vcpu *v)
{
	uint64_t frame[7] = {0},
		 sp = (v->entry->user_mode ? v->kernel_sp : vcpu_regs(v)->rsp) & ~15ULL;

	machine_enter_kernel(v);
	v->info->evtchn_upcall_mask = 1;
	if (guest_write(gva(sp - sizeof(frame)), frame, sizeof(frame)))
		domain_crash(v->domain, "vCPU %u: no kernel stack", v->id);
}

void machine_inject_event(struct vcpu *v)
{
	if (v->callback_event)
		bounce(v);
}

void machine_inject_nmi(struct vcpu *v)
{
	v->nmi_pending = false;
	if (v->nmi_callback)
		bounce(v);
}

/* The frame's CS says which mode it goes back to. */
long abi_iret(void)
{
	struct vcpu *v = current_vcpu();
	struct xen_iret_context c;

	if (guest_read(&c, gva(vcpu_regs(v)->rsp), sizeof(c))) {
		domain_crash(v->domain, "vCPU %u: iret without a frame", v->id);
		return 0;
	}
	if ((c.cs & 3) == 3 && v->cr3_user.n) {
		v->entry->user_mode = 1;
		machine_vcpu_reload_cr3(v);
	}
	v->info->evtchn_upcall_mask = 0;
	return (long)c.rax;
}

/* --- CPUID, time, board --- */

unsigned int machine_cpu_policy(const struct domain *d, struct xen_cpuid_leaf *out,
				unsigned int room)
{
	(void)d;
	if (room)
		out[0] = (struct xen_cpuid_leaf){.leaf = 1, .subleaf = XEN_CPUID_NO_SUBLEAF};
	return MIN(room, 1u);
}

int machine_set_cpu_policy(struct domain *d, const struct xen_cpuid_leaf *leaves,
			   unsigned int count, uint32_t *bad_leaf, uint32_t *bad_subleaf)
{
	(void)d;
	for (unsigned int i = 0; i < count; i++)
		if (leaves[i].a) {
			*bad_leaf = leaves[i].leaf;
			*bad_subleaf = leaves[i].subleaf;
			return -XEN_EINVAL;
		}
	return 0;
}

void machine_cpu_features(uint32_t words[8])
{
	for (unsigned int i = 0; i < 8; i++)
		words[i] = i;
}

const struct tsc_scale *machine_tsc_scale(void)
{
	static struct tsc_scale scale = {0x80000000, 1, false, 1000000};

	scale.stable = machine_good_clock;
	return &scale;
}

/* The TSC goes wrong in the middle of some programs. */
bool machine_good_clock;

bool machine_clock_check(void)
{
	bool lost = machine_good_clock && fake.now > CLOCK_LOST;

	if (lost)
		machine_good_clock = false;
	return lost;
}

void machine_tsc_stamp(uint64_t *tsc, nsec_t *now)
{
	*tsc = *now = fake.now;
}

uint64_t machine_wallclock_boot(void)
{
	return 1000000000ULL * 1700000000;
}

const struct boot_info *machine_boot_info(void)
{
	static struct boot_info info = {
		.efi_vendor = {'S', 'h', 'o', 'j', 'i'},
		.memory = {{0x10000, 0x100000, BOOT_MEMORY_RAM, 0},
			   {0x200000, 0x1000, BOOT_MEMORY_RUNTIME, 0},
			   {0x300000, 0x1000, BOOT_MEMORY_ACPI, 0},
			   {0x400000, 0x1000, BOOT_MEMORY_NVS, 0},
			   {0x500000, 0x1000, BOOT_MEMORY_UNUSABLE, 0},
			   {0x600000, 0x1000, BOOT_MEMORY_MMIO, 0},
			   {0x700000, 0x1000, BOOT_MEMORY_RESERVED, 0}},
		.memory_count = 7,
	};

	info.efi_enabled = !machine_bios;
	return &info;
}

bool machine_bios;

uint32_t machine_cpu_acpi_id(unsigned int cpu)
{
	return cpu;
}

/* --- physical interrupts --- */

static struct pirq {
	const struct domain *domain;
	bool mapped;
} pirqs[PIRQS];

int machine_irq_bind(struct domain *d, uint32_t pirq, uint32_t port, bool share)
{
	(void)port, (void)share;
	if (pirq >= PIRQS || !pirqs[pirq].mapped)
		return -XEN_EINVAL;
	if (pirqs[pirq].domain)
		return -XEN_EBUSY;
	pirqs[pirq].domain = d;
	return 0;
}

void machine_irq_unbind(struct domain *d, uint32_t pirq)
{
	if (pirq >= PIRQS || pirqs[pirq].domain != d)
		failure("pirq %u is given back by who has not got it", pirq);
	pirqs[pirq].domain = NULL;
}

int irq_guest_setup_gsi(unsigned int gsi, bool level, bool active_low)
{
	(void)level, (void)active_low;
	return gsi < GSIS ? 0 : -XEN_EINVAL;
}

int irq_guest_map_gsi(unsigned int gsi)
{
	if (gsi >= GSIS)
		return -XEN_EINVAL;
	pirqs[gsi].mapped = true;
	return 0;
}

static int choose_pirq(int *pirq)
{
	for (int i = GSIS; i < PIRQS; i++)
		if (!pirqs[i].mapped) {
			*pirq = i;
			return 0;
		}
	return -XEN_ENOSPC;
}

int irq_guest_map_msi(struct pci_function f, bool msix, unsigned int index, int *pirq)
{
	(void)f, (void)msix, (void)index;
	if (*pirq < 0 && choose_pirq(pirq))
		return -XEN_ENOSPC;
	if (*pirq < GSIS || *pirq >= PIRQS)
		return -XEN_EINVAL;
	pirqs[*pirq].mapped = true;
	return 0;
}

int irq_guest_unmap(unsigned int pirq)
{
	if (pirq >= PIRQS || !pirqs[pirq].mapped || pirqs[pirq].domain)
		return -XEN_EINVAL;
	pirqs[pirq].mapped = false;
	return 0;
}

int irq_guest_eoi(unsigned int pirq)
{
	return pirq < PIRQS ? 0 : -XEN_EINVAL;
}

int irq_guest_status(unsigned int pirq, uint32_t *flags)
{
	*flags = 0;
	return pirq < PIRQS ? 0 : -XEN_EINVAL;
}

int irq_guest_free_pirq(int *pirq)
{
	*pirq = -1;
	return choose_pirq(pirq);
}

int irq_guest_set_eoi_map(uint8_t *page)
{
	page[0] = 0;
	return 0;
}

int irq_guest_restore_msi(struct pci_function f)
{
	(void)f;
	return 0;
}

bool ioapic_read_register(paddr_t at, uint32_t reg, uint32_t *value)
{
	*value = 0;
	return at == 0xfec00000 && reg < 2;
}

/* --- the log --- */

#define LOG_BYTES 1024
static char ring[LOG_BYTES];
static uint64_t logged;

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[200];
	va_list args;
	int n;

	(void)level;
	va_start(args, fmt);
	n = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	for (int i = 0; i < n && i < (int)sizeof(line) - 1; i++)
		ring[logged++ % LOG_BYTES] = line[i];
	if (machine_talks)
		fprintf(stderr, "log: %s\n", line);
}

bool machine_talks;

size_t log_ring_read(char *text, size_t room, uint64_t *index)
{
	size_t n = 0;

	if (logged - *index > LOG_BYTES)
		*index = logged > LOG_BYTES ? logged - LOG_BYTES : 0;
	while (n < room && *index < logged)
		text[n++] = ring[(*index)++ % LOG_BYTES];
	return n;
}

void log_ring_clear(void)
{
	logged = 0;
}

size_t console_write(const char *text, size_t bytes)
{
	volatile char sum = 0;

	for (size_t i = 0; i < bytes; i++)
		sum = (char)(sum + text[i]);
	return bytes;
}

size_t console_read(char *text, size_t room)
{
	size_t n = MIN(room, 1000UL); /* somebody has typed a lot */

	memset(text, 'x', n);
	return n;
}

void panic(const char *fmt, ...)
{
	va_list args;

	if (!strcmp(fmt, "dom0 has crashed")) /* its own fault, and the end of the machine */
		machine_halt(false);
	fputs("panic: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

void machine_reset(void)
{
	memset(machine_kicked, 0, sizeof(machine_kicked));
	memset(machine_alarm, 0, sizeof(machine_alarm));
	memset(pirqs, 0, sizeof(pirqs));
	logged = 0;
	machine_bios = false;
	machine_good_clock = true;
}
