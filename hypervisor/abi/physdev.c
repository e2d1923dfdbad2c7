/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * physdev_op: interrupts of real devices, for the control domain's drivers, and the I/O privilege
 * level of any vCPU. Decodes and checks; the interrupts themselves are in machine/irq.c, so this
 * file speaks to the board directly: core has no part in it.
 *
 * We keep no list of PCI devices: what dom0 reports about them is accepted and not needed. A
 * program's I/O bitmap is accepted and has no effect.
 */
#include "abi/abi.h"
#include "core/frame.h"
#include "machine/ioapic.h"
#include "machine/irq.h"
#include "shoji/physdev.h"

#define READ_OR_FAIL(op, arg)               \
	do {                                \
		if (ABI_READ(&(op), arg))   \
			return -XEN_EFAULT; \
	} while (0)

static long done(int rc, uint64_t arg, const void *op, size_t bytes)
{
	if (!rc && guest_write(gva(arg), op, bytes))
		return -XEN_EFAULT;
	return rc;
}

#define DONE(rc, arg, op) done(rc, arg, &(op), sizeof(op))

/* --- any domain --- */

static long set_iopl(struct vcpu *v, uint64_t arg)
{
	struct xen_physdev_set_iopl op;

	READ_OR_FAIL(op, arg);
	if (op.iopl > 3)
		return -XEN_EINVAL;
	v->iopl = (uint8_t)op.iopl;
	return 0;
}

/* --- interrupts --- */

static long eoi(uint64_t arg)
{
	struct xen_physdev_eoi op;

	READ_OR_FAIL(op, arg);
	return irq_guest_eoi(op.irq);
}

static long irq_status(uint64_t arg)
{
	struct xen_physdev_irq_status_query op;

	READ_OR_FAIL(op, arg);
	return DONE(irq_guest_status(op.irq, &op.flags), arg, op);
}

static long setup_gsi(uint64_t arg)
{
	struct xen_physdev_setup_gsi op;

	READ_OR_FAIL(op, arg);
	if (op.gsi < 0 || op.triggering > 1 || op.polarity > 1)
		return -XEN_EINVAL;
	return irq_guest_setup_gsi((unsigned int)op.gsi, op.triggering, op.polarity);
}

static int map_gsi(struct xen_physdev_map_pirq *op)
{
	if (op->index < 0 || (op->pirq >= 0 && op->pirq != op->index))
		return -XEN_EINVAL;
	op->pirq = op->index;
	return irq_guest_map_gsi((unsigned int)op->index);
}

/* Segment 0 only; a function has one MSI, or as many MSI-X entries as its table. */
static int map_msi(struct xen_physdev_map_pirq *op)
{
	bool msix = op->table_base != 0;
	struct pci_function f = {(uint8_t)op->bus, (uint8_t)op->devfn};

	if (op->type != MAP_PIRQ_TYPE_MSI && (op->bus >> 16))
		return -XEN_ENODEV;
	if (op->entry_nr < 0 || (op->devfn & ~0xff))
		return -XEN_EINVAL;
	if (op->type == MAP_PIRQ_TYPE_MULTI_MSI && (msix || op->entry_nr != 1))
		return -XEN_EINVAL;
	return irq_guest_map_msi(f, msix, msix ? (unsigned int)op->entry_nr : 0, &op->pirq);
}

static bool is_caller(const struct domain *d, uint16_t id)
{
	return id == DOMID_SELF || id == d->id.id;
}

static long map_pirq(struct domain *d, uint64_t arg)
{
	struct xen_physdev_map_pirq op;
	int rc;

	READ_OR_FAIL(op, arg);
	if (!is_caller(d, op.domid))
		return -XEN_EPERM; /* no device is given away */
	switch (op.type) {
	case MAP_PIRQ_TYPE_GSI:
		rc = map_gsi(&op);
		break;
	case MAP_PIRQ_TYPE_MSI:
	case MAP_PIRQ_TYPE_MSI_SEG:
	case MAP_PIRQ_TYPE_MULTI_MSI:
		rc = map_msi(&op);
		break;
	default:
		return -XEN_EINVAL;
	}
	return DONE(rc, arg, op);
}

static long unmap_pirq(struct domain *d, uint64_t arg)
{
	struct xen_physdev_unmap_pirq op;

	READ_OR_FAIL(op, arg);
	if (!is_caller(d, op.domid))
		return -XEN_EPERM;
	return op.pirq < 0 ? -XEN_EINVAL : irq_guest_unmap((unsigned int)op.pirq);
}

static long free_pirq(uint64_t arg)
{
	struct xen_physdev_get_free_pirq op;
	int pirq, rc;

	READ_OR_FAIL(op, arg);
	rc = irq_guest_free_pirq(&pirq);
	op.pirq = (uint32_t)pirq;
	return DONE(rc, arg, op);
}

static long alloc_vector(uint64_t arg)
{
	struct xen_physdev_irq op;

	READ_OR_FAIL(op, arg);
	op.vector = op.irq;
	return DONE(0, arg, op);
}

/* The frame stays referenced for ever: dom0 cannot die, and the board writes to it at any time. */
static long set_eoi_map(struct domain *d, uint64_t arg)
{
	struct xen_physdev_pirq_eoi_gmfn op;
	struct frame *f;

	READ_OR_FAIL(op, arg);
	if (d->pirq_eoi_mfn)
		return -XEN_EBUSY;
	f = frame_get_mfn(mfn(op.gmfn), d);
	if (!f)
		return -XEN_EINVAL;
	if (frame_get_type(f, FRAME_WRITABLE)) {
		frame_put(f);
		return -XEN_EINVAL;
	}
	d->pirq_eoi_mfn = op.gmfn;
	return irq_guest_set_eoi_map(machine_map(mfn(op.gmfn)));
}

/* --- boards and devices --- */

static long apic_read(uint64_t arg)
{
	struct xen_physdev_apic op;

	READ_OR_FAIL(op, arg);
	if (!ioapic_read_register(op.apic_physbase, op.reg, &op.value))
		return -XEN_EINVAL;
	return DONE(0, arg, op);
}

/* add and remove of every form: is it a device that we could know? */
static long device_report(uint64_t arg)
{
	struct xen_physdev_pci_device op;

	READ_OR_FAIL(op, arg);
	return op.seg ? -XEN_ENODEV : 0;
}

static long restore(struct xen_physdev_pci_device op)
{
	struct pci_function f = {op.bus, op.devfn};

	return op.seg ? -XEN_ENODEV : irq_guest_restore_msi(f);
}

static long restore_msi(uint64_t arg)
{
	struct xen_physdev_restore_msi op;

	READ_OR_FAIL(op, arg);
	return restore((struct xen_physdev_pci_device){0, op.bus, op.devfn});
}

static long restore_msi_ext(uint64_t arg)
{
	struct xen_physdev_pci_device op;

	READ_OR_FAIL(op, arg);
	return restore(op);
}

static long control_domain(struct domain *d, uint64_t cmd, uint64_t arg)
{
	switch (cmd) {
	case PHYSDEVOP_map_pirq:
		return map_pirq(d, arg);
	case PHYSDEVOP_unmap_pirq:
		return unmap_pirq(d, arg);
	case PHYSDEVOP_setup_gsi:
		return setup_gsi(arg);
	case PHYSDEVOP_eoi:
		return eoi(arg);
	case PHYSDEVOP_irq_status_query:
		return irq_status(arg);
	case PHYSDEVOP_get_free_pirq:
		return free_pirq(arg);
	case PHYSDEVOP_alloc_irq_vector:
		return alloc_vector(arg);
	case PHYSDEVOP_pirq_eoi_gmfn_v2:
		return set_eoi_map(d, arg);
	case PHYSDEVOP_apic_read:
		return apic_read(arg);
	case PHYSDEVOP_pci_device_add:
	case PHYSDEVOP_pci_device_remove:
	case PHYSDEVOP_prepare_msix:
	case PHYSDEVOP_release_msix:
		return device_report(arg);
	case PHYSDEVOP_restore_msi:
		return restore_msi(arg);
	case PHYSDEVOP_restore_msi_ext:
		return restore_msi_ext(arg);
	case PHYSDEVOP_apic_write: /* the redirection entries are ours */
	case PHYSDEVOP_free_irq_vector:
	case PHYSDEVOP_manage_pci_add:
	case PHYSDEVOP_manage_pci_add_ext:
	case PHYSDEVOP_manage_pci_remove:
	case PHYSDEVOP_pci_mmcfg_reserved:
	case PHYSDEVOP_dbgp_op:
		return 0;
	default:
		return abi_unknown("physdev_op", cmd);
	}
}

long abi_physdev_op(uint64_t cmd, uint64_t arg)
{
	struct vcpu *v = current_vcpu();

	if (cmd == PHYSDEVOP_set_iopl)
		return set_iopl(v, arg);
	if (cmd == PHYSDEVOP_set_iobitmap)
		return 0;
	return v->domain->privileged ? control_domain(v->domain, cmd, arg) : -XEN_EPERM;
}
