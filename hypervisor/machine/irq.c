/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical interrupts: vectors, routing, delivery to dom0.
 *
 * One lock guards all. An edge or message is acknowledged and sent on as an event. A level
 * interrupt is masked at the I/O APIC, acknowledged, sent on, and unmasked when dom0 says that it
 * has dealt with the device (PHYSDEVOP_eoi). All go to the boot CPU.
 */
#include "machine/irq.h"

#include "core/evtchn.h"
#include "core/log.h"
#include "machine/acpi.h"
#include "machine/apic.h"
#include "machine/ioapic.h"
#include "machine/msi.h"
#include "machine/vectors.h"
#include "shoji/errno.h"
#include "shoji/physdev.h"

#define ISA_IRQS 16

enum kind { IRQ_NONE, IRQ_GSI, IRQ_MSI, IRQ_OURS };

struct irq {
	uint8_t kind;
	uint8_t vector; /* 0: none yet */
	bool mapped;	/* dom0 has asked for it */
	bool reserved;	/* a pirq that dom0 set aside */
	bool level, active_low;
	bool in_service;       /* level: masked until dom0's EOI */
	struct domain *domain; /* bound; NULL: not */
	uint32_t port;
	void (*handler)(void *);
	void *data;
	struct msi_entry msi;
};

static struct spinlock lock = SPINLOCK(LOCK_IRQ);
static struct irq irqs[PIRQS_MAX];
static uint16_t pirq_of_vector[256];
static uint8_t *eoi_map;

unsigned int irq_gsi_count(void)
{
	return MIN(MAX(ioapic_gsi_count(), (unsigned int)ISA_IRQS), PIRQS_MAX / 2u);
}

/* --- set-up --- */

static unsigned int isa_gsi(unsigned int isa_irq, bool *level, bool *active_low)
{
	*level = *active_low = false;
	for (unsigned int i = 0; i < acpi.override_count; i++) {
		if (acpi.override[i].irq != isa_irq)
			continue;
		*level = acpi.override[i].level;
		*active_low = acpi.override[i].active_low;
		return acpi.override[i].gsi;
	}
	return isa_irq;
}

/* PCI interrupts are level, active low; ISA's as the firmware says, else edge. */
static void init_gsi(unsigned int gsi)
{
	irqs[gsi].kind = ioapic_has(gsi) ? IRQ_GSI : IRQ_NONE;
	irqs[gsi].level = irqs[gsi].active_low = gsi >= ISA_IRQS;
}

void irq_init_bsp(void)
{
	ioapic_init();
	for (unsigned int gsi = 0; gsi < irq_gsi_count(); gsi++)
		init_gsi(gsi);
	for (unsigned int i = 0; i < ISA_IRQS; i++) {
		bool level, low;
		unsigned int gsi = isa_gsi(i, &level, &low);

		if (gsi < irq_gsi_count()) {
			irqs[gsi].level = level;
			irqs[gsi].active_low = low;
		}
	}
}

/* Vectors are never given back to another interrupt: there are enough, and none can arrive late. */
static int assign_vector(struct irq *q)
{
	static unsigned int next = VECTOR_DEVICE_FIRST;

	if (q->vector)
		return 0;
	if (next > VECTOR_DEVICE_LAST)
		return -XEN_ENOSPC;
	q->vector = (uint8_t)next++;
	pirq_of_vector[q->vector] = (uint16_t)(q - irqs);
	return 0;
}

static void route(const struct irq *q, bool masked)
{
	struct ioapic_route r = {
		.vector = q->vector,
		.apic_id = machine_cpu(0)->apic_id,
		.level = q->level,
		.active_low = q->active_low,
		.masked = masked,
	};

	ioapic_route((unsigned int)(q - irqs), &r);
}

static void set_mask(const struct irq *q, bool masked)
{
	if (q->kind == IRQ_MSI)
		msi_mask(&q->msi, masked);
	else
		ioapic_mask((unsigned int)(q - irqs), masked);
}

/* --- arrival --- */

static void deliver(struct irq *q)
{
	if (q->kind == IRQ_OURS) {
		q->handler(q->data);
		return;
	}
	if (!q->domain)
		return;
	if (q->kind == IRQ_GSI && q->level) {
		set_mask(q, true);
		q->in_service = true;
	}
	evtchn_raise_pirq(q->domain, q->port);
}

void irq_handle(unsigned int vector)
{
	spin_lock(&lock);
	deliver(&irqs[pirq_of_vector[vector]]);
	spin_unlock(&lock);
	apic_eoi();
}

int irq_claim_isa(unsigned int isa_irq, void (*handler)(void *), void *data)
{
	bool level, low;
	unsigned int gsi = isa_gsi(isa_irq, &level, &low);
	struct irq *q;
	int rc;

	if (gsi >= irq_gsi_count() || irqs[gsi].kind != IRQ_GSI)
		return -XEN_ENODEV;
	q = &irqs[gsi];
	spin_lock(&lock);
	rc = assign_vector(q);
	if (!rc) {
		q->kind = IRQ_OURS;
		q->handler = handler;
		q->data = data;
		route(q, false);
	}
	spin_unlock(&lock);
	return rc;
}

/* --- dom0 --- */

static struct irq *find(unsigned int pirq)
{
	return pirq < PIRQS_MAX && irqs[pirq].mapped ? &irqs[pirq] : NULL;
}

int irq_guest_setup_gsi(unsigned int gsi, bool level, bool active_low)
{
	struct irq *q = &irqs[gsi];

	if (gsi >= irq_gsi_count() || q->kind != IRQ_GSI)
		return -XEN_EINVAL;
	spin_lock(&lock);
	if (!q->domain) {
		q->level = level;
		q->active_low = active_low;
	}
	spin_unlock(&lock);
	return 0;
}

int irq_guest_map_gsi(unsigned int gsi)
{
	if (gsi >= irq_gsi_count())
		return -XEN_EINVAL;
	if (irqs[gsi].kind == IRQ_OURS)
		return -XEN_EBUSY;
	irqs[gsi].mapped = true;
	return 0;
}

/* Locked. */
static int choose_pirq(int *pirq)
{
	if (*pirq >= 0) {
		struct irq *q = &irqs[*pirq];

		return *pirq < (int)irq_gsi_count() || *pirq >= PIRQS_MAX || q->mapped ? -XEN_EINVAL
										       : 0;
	}
	for (unsigned int i = irq_gsi_count(); i < PIRQS_MAX; i++)
		if (!irqs[i].mapped && !irqs[i].reserved) {
			*pirq = (int)i;
			return 0;
		}
	return -XEN_ENOSPC;
}

/* The same entry is mapped at most once. */
static bool msi_in_use(struct pci_function f, bool msix, unsigned int index)
{
	for (unsigned int i = irq_gsi_count(); i < PIRQS_MAX; i++) {
		const struct msi_entry *e = &irqs[i].msi;

		if (irqs[i].mapped && e->f.bus == f.bus && e->f.devfn == f.devfn &&
		    e->msix == msix && e->index == index)
			return true;
	}
	return false;
}

static int map_msi(struct irq *q, struct pci_function f, bool msix, unsigned int index)
{
	struct msi_entry e;
	int rc = msi_open(&e, f, msix, index);

	if (!rc)
		rc = assign_vector(q);
	if (rc)
		return rc;
	q->kind = IRQ_MSI;
	q->msi = e;
	q->mapped = true;
	q->reserved = false;
	msi_mask(&q->msi, true);
	msi_write(&q->msi, machine_cpu(0)->apic_id, q->vector);
	return 0;
}

int irq_guest_map_msi(struct pci_function f, bool msix, unsigned int index, int *pirq)
{
	int rc = -XEN_EEXIST;

	spin_lock(&lock);
	if (!msi_in_use(f, msix, index))
		rc = choose_pirq(pirq);
	if (!rc)
		rc = map_msi(&irqs[*pirq], f, msix, index);
	spin_unlock(&lock);
	return rc;
}

int irq_guest_unmap(unsigned int pirq)
{
	struct irq *q = find(pirq);
	int rc = -XEN_EINVAL;

	if (!q)
		return rc;
	spin_lock(&lock);
	if (!q->domain) {
		q->mapped = false;
		if (q->kind == IRQ_MSI)
			q->kind = IRQ_NONE;
		rc = 0;
	}
	spin_unlock(&lock);
	return q->domain ? -XEN_EBUSY : rc;
}

int irq_guest_eoi(unsigned int pirq)
{
	struct irq *q = find(pirq);

	if (!q)
		return -XEN_EINVAL;
	spin_lock(&lock);
	if (q->in_service) {
		q->in_service = false;
		if (q->domain)
			set_mask(q, false);
	}
	spin_unlock(&lock);
	return 0;
}

static bool needs_eoi(const struct irq *q)
{
	return q->kind == IRQ_GSI && q->level;
}

int irq_guest_status(unsigned int pirq, uint32_t *flags)
{
	if (pirq >= PIRQS_MAX)
		return -XEN_EINVAL;
	*flags = needs_eoi(&irqs[pirq]) ? XENIRQSTAT_needs_eoi : 0;
	return 0;
}

int irq_guest_free_pirq(int *pirq)
{
	int rc;

	spin_lock(&lock);
	*pirq = -1;
	rc = choose_pirq(pirq);
	if (!rc)
		irqs[*pirq].reserved = true;
	spin_unlock(&lock);
	return rc;
}

static void show_eoi(const struct irq *q)
{
	unsigned int pirq = (unsigned int)(q - irqs);
	uint8_t bit = (uint8_t)(1u << pirq % 8);

	if (!eoi_map)
		return;
	if (needs_eoi(q))
		__atomic_fetch_or(&eoi_map[pirq / 8], bit, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&eoi_map[pirq / 8], (uint8_t)~bit, __ATOMIC_SEQ_CST);
}

int irq_guest_set_eoi_map(uint8_t *page)
{
	spin_lock(&lock);
	eoi_map = page;
	for (unsigned int i = 0; i < PIRQS_MAX; i++)
		show_eoi(&irqs[i]);
	spin_unlock(&lock);
	return 0;
}

int irq_guest_restore_msi(struct pci_function f)
{
	spin_lock(&lock);
	for (unsigned int i = irq_gsi_count(); i < PIRQS_MAX; i++) {
		struct irq *q = &irqs[i];

		if (q->mapped && q->kind == IRQ_MSI && q->msi.f.bus == f.bus &&
		    q->msi.f.devfn == f.devfn) {
			msi_write(&q->msi, machine_cpu(0)->apic_id, q->vector);
			msi_mask(&q->msi, !q->domain);
		}
	}
	spin_unlock(&lock);
	return 0;
}

/* --- binding (core/machine.h); the domain's event-channel lock is held --- */

static int bind_locked(struct irq *q, struct domain *d, uint32_t port)
{
	int rc = q->domain || q->kind == IRQ_OURS || q->kind == IRQ_NONE ? -XEN_EBUSY
									 : assign_vector(q);

	if (rc)
		return rc;
	q->domain = d;
	q->port = port;
	q->in_service = false;
	show_eoi(q);
	if (q->kind == IRQ_GSI)
		route(q, false);
	else
		set_mask(q, false);
	return 0;
}

int machine_irq_bind(struct domain *d, uint32_t pirq, uint32_t port, bool share)
{
	struct irq *q = find(pirq);
	int rc;

	(void)share; /* one owner: dom0 shares among its drivers itself */
	if (!d->privileged)
		return -XEN_EPERM;
	if (!q)
		return -XEN_EINVAL;
	spin_lock(&lock);
	rc = bind_locked(q, d, port);
	spin_unlock(&lock);
	return rc;
}

void machine_irq_unbind(struct domain *d, uint32_t pirq)
{
	struct irq *q = find(pirq);

	if (!q || q->domain != d)
		return;
	spin_lock(&lock);
	set_mask(q, true);
	q->domain = NULL;
	q->in_service = false;
	spin_unlock(&lock);
}
