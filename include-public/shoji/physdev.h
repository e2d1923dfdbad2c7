/* SPDX-License-Identifier: MIT */
/*
 * physdev_op(PHYSDEVOP_…, handle): real devices, their interrupts and I/O ports. The control domain
 * unless said otherwise ("any": domains that were given the interrupt). A pirq is a domain's own
 * number for a physical interrupt. Errors: EPERM, EINVAL, EFAULT, ENODEV, ENOSYS, EBUSY.
 */
#ifndef SHOJI_PUBLIC_PHYSDEV_H
#define SHOJI_PUBLIC_PHYSDEV_H

#include "types.h"

#define PHYSDEVOP_IRQ_UNMASK_NOTIFY 4 /* old: ENOSYS */

/* Any: ask whether a pirq needs PHYSDEVOP_eoi. */
#define PHYSDEVOP_irq_status_query 5
struct xen_physdev_irq_status_query {
	uint32_t irq;	/* in: pirq */
	uint32_t flags; /* out: XENIRQSTAT_… */
};
SHOJI_ABI_SIZE(struct xen_physdev_irq_status_query, 8);
SHOJI_ABI_OFFSET(struct xen_physdev_irq_status_query, flags, 4);
#define XENIRQSTAT_needs_eoi (1u << 0)
#define XENIRQSTAT_shared    (1u << 1)

/* Any: the caller's I/O privilege level, 0..3. Levels below the ring trap and are checked. */
#define PHYSDEVOP_set_iopl 6
struct xen_physdev_set_iopl {
	uint32_t iopl; /* in */
};
SHOJI_ABI_SIZE(struct xen_physdev_set_iopl, 4);

/* Any: ports that user mode may use, a bit per port, 0 is allowed. */
#define PHYSDEVOP_set_iobitmap 7
struct xen_physdev_set_iobitmap {
	uint64_t bitmap;   /* in: handle of bytes; null: none */
	uint32_t nr_ports; /* in: at most 65536 */
};
SHOJI_ABI_SIZE(struct xen_physdev_set_iobitmap, 16);
SHOJI_ABI_OFFSET(struct xen_physdev_set_iobitmap, nr_ports, 8);

/* The I/O APIC's registers. Writes to redirection entries are filtered. */
#define PHYSDEVOP_apic_read  8
#define PHYSDEVOP_apic_write 9
struct xen_physdev_apic {
	uint64_t apic_physbase; /* in: which I/O APIC */
	uint32_t reg;		/* in: register index */
	uint32_t value;		/* in or out */
};
SHOJI_ABI_SIZE(struct xen_physdev_apic, 16);
SHOJI_ABI_OFFSET(struct xen_physdev_apic, value, 12);

/* Old and without effect: succeeds, the vector is the irq. */
#define PHYSDEVOP_alloc_irq_vector 10
#define PHYSDEVOP_free_irq_vector  11
struct xen_physdev_irq {
	uint32_t irq;	 /* in */
	uint32_t vector; /* out */
};
SHOJI_ABI_SIZE(struct xen_physdev_irq, 8);
SHOJI_ABI_OFFSET(struct xen_physdev_irq, vector, 4);

/* Any: the handler is done with a level-triggered interrupt. */
#define PHYSDEVOP_eoi 12
struct xen_physdev_eoi {
	uint32_t irq; /* in: pirq */
};
SHOJI_ABI_SIZE(struct xen_physdev_eoi, 4);

/* Makes an interrupt known to a domain. */
#define PHYSDEVOP_map_pirq 13
struct xen_physdev_map_pirq {
	xen_domid_t domid;   /* in */
	int32_t type;	     /* in: MAP_PIRQ_TYPE_… */
	int32_t index;	     /* in: GSI; negative for MSI */
	int32_t pirq;	     /* in: wanted, or negative: any; out */
	int32_t bus;	     /* in: PCI bus; segment << 16 with MSI_SEG and MULTI_MSI */
	int32_t devfn;	     /* in: device << 3 | function */
	int32_t entry_nr;    /* in: MSI-X entry; MULTI_MSI: count, out: count granted */
	uint64_t table_base; /* in: machine address of the MSI-X table; 0: MSI */
};
SHOJI_ABI_SIZE(struct xen_physdev_map_pirq, 40);
SHOJI_ABI_OFFSET(struct xen_physdev_map_pirq, type, 4);
SHOJI_ABI_OFFSET(struct xen_physdev_map_pirq, table_base, 32);
#define MAP_PIRQ_TYPE_MSI	0 /* segment 0 */
#define MAP_PIRQ_TYPE_GSI	1
#define MAP_PIRQ_TYPE_UNKNOWN	2
#define MAP_PIRQ_TYPE_MSI_SEG	3
#define MAP_PIRQ_TYPE_MULTI_MSI 4

#define PHYSDEVOP_unmap_pirq 14
struct xen_physdev_unmap_pirq {
	xen_domid_t domid; /* in */
	int32_t pirq;	   /* in */
};
SHOJI_ABI_SIZE(struct xen_physdev_unmap_pirq, 8);
SHOJI_ABI_OFFSET(struct xen_physdev_unmap_pirq, pirq, 4);

#define PHYSDEVOP_manage_pci_add    15 /* segment 0 forms of pci_device_add and _remove */
#define PHYSDEVOP_manage_pci_remove 16
struct xen_physdev_manage_pci {
	uint8_t bus;   /* in */
	uint8_t devfn; /* in */
};
SHOJI_ABI_SIZE(struct xen_physdev_manage_pci, 2);
SHOJI_ABI_OFFSET(struct xen_physdev_manage_pci, devfn, 1);

/*
 * Any: a frame of the caller with a bit per pirq that needs PHYSDEVOP_eoi, kept up to date by the
 * hypervisor. With v1 unmasking the event does the eoi as well.
 */
#define PHYSDEVOP_pirq_eoi_gmfn_v1 17
#define PHYSDEVOP_pirq_eoi_gmfn_v2 28
struct xen_physdev_pirq_eoi_gmfn {
	xen_pfn_t gmfn; /* in */
};
SHOJI_ABI_SIZE(struct xen_physdev_pirq_eoi_gmfn, 8);

#define PHYSDEVOP_restore_msi 19 /* write MSI registers anew after a reset or sleep; segment 0 */
struct xen_physdev_restore_msi {
	uint8_t bus;   /* in */
	uint8_t devfn; /* in */
};
SHOJI_ABI_SIZE(struct xen_physdev_restore_msi, 2);
SHOJI_ABI_OFFSET(struct xen_physdev_restore_msi, devfn, 1);

#define PHYSDEVOP_manage_pci_add_ext 20 /* segment 0 */
struct xen_physdev_manage_pci_ext {
	uint8_t bus;
	uint8_t devfn;
	uint32_t is_extfn;
	uint32_t is_virtfn;
	struct {
		uint8_t bus;
		uint8_t devfn;
	} physfn;
};
SHOJI_ABI_SIZE(struct xen_physdev_manage_pci_ext, 16);
SHOJI_ABI_OFFSET(struct xen_physdev_manage_pci_ext, is_extfn, 4);
SHOJI_ABI_OFFSET(struct xen_physdev_manage_pci_ext, physfn, 12);

/* Tells trigger and polarity of a GSI, from the ACPI tables. EEXIST: set up already. */
#define PHYSDEVOP_setup_gsi 21
struct xen_physdev_setup_gsi {
	int32_t gsi;	    /* in */
	uint8_t triggering; /* in: 0 edge, 1 level */
	uint8_t polarity;   /* in: 0 active high, 1 active low */
};
SHOJI_ABI_SIZE(struct xen_physdev_setup_gsi, 8);
SHOJI_ABI_OFFSET(struct xen_physdev_setup_gsi, polarity, 5);

#define PHYSDEVOP_get_free_pirq 23
struct xen_physdev_get_free_pirq {
	int32_t type;  /* in: MAP_PIRQ_TYPE_… */
	uint32_t pirq; /* out */
};
SHOJI_ABI_SIZE(struct xen_physdev_get_free_pirq, 8);
SHOJI_ABI_OFFSET(struct xen_physdev_get_free_pirq, pirq, 4);

/* The PCI configuration space of these buses is (or is not) reserved in the memory map. */
#define PHYSDEVOP_pci_mmcfg_reserved 24
struct xen_physdev_pci_mmcfg_reserved {
	uint64_t address; /* in: machine address */
	uint16_t segment;
	uint8_t start_bus;
	uint8_t end_bus;
	uint32_t flags; /* in: XEN_PCI_MMCFG_RESERVED or 0 */
};
SHOJI_ABI_SIZE(struct xen_physdev_pci_mmcfg_reserved, 16);
SHOJI_ABI_OFFSET(struct xen_physdev_pci_mmcfg_reserved, flags, 12);
#define XEN_PCI_MMCFG_RESERVED 1

#define PHYSDEVOP_pci_device_add 25
struct xen_physdev_pci_device_add {
	uint16_t seg;	/* in */
	uint8_t bus;	/* in */
	uint8_t devfn;	/* in */
	uint32_t flags; /* in: XEN_PCI_DEV_… */
	struct {
		uint8_t bus;
		uint8_t devfn;
	} physfn;	   /* in: with VIRTFN */
	uint32_t optarr[]; /* in: [0] is the proximity domain, with PXM */
};
SHOJI_ABI_SIZE(struct xen_physdev_pci_device_add, 12);
SHOJI_ABI_OFFSET(struct xen_physdev_pci_device_add, optarr, 12);
#define XEN_PCI_DEV_EXTFN  1 /* an extended function */
#define XEN_PCI_DEV_VIRTFN 2 /* a virtual function of physfn */
#define XEN_PCI_DEV_PXM	   4

/* struct xen_physdev_pci_device each */
#define PHYSDEVOP_pci_device_remove 26
#define PHYSDEVOP_restore_msi_ext   27
#define PHYSDEVOP_prepare_msix	    30 /* take over the MSI-X table of a device to be passed on */
#define PHYSDEVOP_release_msix	    31
struct xen_physdev_pci_device {
	uint16_t seg;  /* in */
	uint8_t bus;   /* in */
	uint8_t devfn; /* in */
};
SHOJI_ABI_SIZE(struct xen_physdev_pci_device, 4);
SHOJI_ABI_OFFSET(struct xen_physdev_pci_device, devfn, 3);

/* A reset of the USB controller that carries the debug console begins or has ended. */
#define PHYSDEVOP_dbgp_op 29
struct xen_physdev_dbgp_op {
	uint8_t op;  /* in: PHYSDEVOP_DBGP_RESET_… */
	uint8_t bus; /* in: PHYSDEVOP_DBGP_BUS_… */
	union {
		struct xen_physdev_pci_device pci;
	} u;
};
SHOJI_ABI_SIZE(struct xen_physdev_dbgp_op, 6);
SHOJI_ABI_OFFSET(struct xen_physdev_dbgp_op, u, 2);
#define PHYSDEVOP_DBGP_RESET_PREPARE 1
#define PHYSDEVOP_DBGP_RESET_DONE    2
#define PHYSDEVOP_DBGP_BUS_UNKNOWN   0
#define PHYSDEVOP_DBGP_BUS_PCI	     1

#endif
