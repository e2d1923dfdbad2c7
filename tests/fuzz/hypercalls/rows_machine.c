/* SPDX-License-Identifier: GPL-2.0-only */
/* The grammar of the control domain's calls about the machine: sysctl, platform, interrupts. */
#include "grammar.h"
#include "shoji/extension.h"
#include "shoji/hypercalls.h"
#include "shoji/physdev.h"
#include "shoji/platform.h"
#include "shoji/sysctl.h"

#define SYSCTL(command, ...)                                                                     \
	{                                                                                        \
		.number = HYPERCALL_sysctl, .cmd = (command), .size = sizeof(struct xen_sysctl), \
		.args = {K_LIST}, .fields = {                                                    \
			F(cmd, K_CMD),                                                           \
			F(interface_version, K_SYSCTL_VERSION),                                  \
			__VA_ARGS__                                                              \
		}                                                                                \
	}
#define PLATFORM(command, ...)                                                        \
	{                                                                             \
		.number = HYPERCALL_platform_op, .cmd = (command),                    \
		.size = sizeof(struct xen_platform_op), .args = {K_LIST}, .fields = { \
			F(cmd, K_CMD),                                                \
			F(interface_version, K_PLATFORM_VERSION),                     \
			__VA_ARGS__                                                   \
		}                                                                     \
	}

static const struct row rows[] = {
/* --- sysctl --- */
#define T struct xen_sysctl
	SYSCTL(XEN_SYSCTL_readconsole, F(u.readconsole.clear, K_ZERO),
	       F(u.readconsole.incremental, K_BOOL), F(u.readconsole.index, K_NUMBER),
	       F(u.readconsole.buffer, K_ROOM), F(u.readconsole.count, K_NUMBER)),
	SYSCTL(XEN_SYSCTL_physinfo, {0}),
	SYSCTL(XEN_SYSCTL_sched_id, {0}),
	SYSCTL(XEN_SYSCTL_getdomaininfolist, F(u.getdomaininfolist.first_domain, K_SMALL),
	       F(u.getdomaininfolist.max_domains, K_SMALL), F(u.getdomaininfolist.buffer, K_ROOM)),
	SYSCTL(XEN_SYSCTL_debug_keys, F(u.debug_keys.keys, K_BYTES),
	       F(u.debug_keys.nr_keys, K_SMALL)),
	SYSCTL(XEN_SYSCTL_getcpuinfo, F(u.getcpuinfo.max_cpus, K_SMALL),
	       F(u.getcpuinfo.info, K_ROOM)),
	SYSCTL(XEN_SYSCTL_availheap, F(u.availheap.node, K_ZERO)),
	SYSCTL(XEN_SYSCTL_cputopoinfo, F(u.cputopoinfo.num_cpus, K_SMALL),
	       F(u.cputopoinfo.cputopo, K_ROOM)),
	SYSCTL(XEN_SYSCTL_numainfo, F(u.numainfo.num_nodes, K_SMALL), F(u.numainfo.meminfo, K_ROOM),
	       F(u.numainfo.distance, K_ROOM)),
	SYSCTL(XEN_SYSCTL_cpupool_op, F(u.cpupool_op.op, K_SMALL),
	       F(u.cpupool_op.cpupool_id, K_ZERO), F(u.cpupool_op.cpumap.bitmap, K_MASK),
	       F(u.cpupool_op.cpumap.nr_bits, K_CPUMASK_BITS)),
	SYSCTL(XEN_SYSCTL_scheduler_op, F(u.scheduler_op.sched_id, K_SMALL),
	       F(u.scheduler_op.cmd, K_BOOL), F(u.scheduler_op.cpupool_id, K_ZERO)),
	SYSCTL(XEN_SYSCTL_pcitopoinfo, F(u.pcitopoinfo.num_devs, K_SMALL),
	       F(u.pcitopoinfo.devs, K_ROOM), F(u.pcitopoinfo.nodes, K_ROOM)),
	SYSCTL(XEN_SYSCTL_get_cpu_levelling_caps, {0}),
	SYSCTL(XEN_SYSCTL_get_cpu_featureset, F(u.cpu_featureset.index, K_SMALL),
	       F(u.cpu_featureset.nr_features, K_NUMBER), F(u.cpu_featureset.features, K_ROOM)),
	SYSCTL(XEN_SYSCTL_get_cpu_policy, F(u.cpu_policy.index, K_SMALL),
	       F(u.cpu_policy.nr_leaves, K_SMALL), F(u.cpu_policy.leaves, K_LEAVES)),
	SYSCTL(XEN_SYSCTL_tbuf_op, {0}),
#undef T
/* --- platform_op --- */
#define T struct xen_platform_op
	PLATFORM(XENPF_settime32, F(u.settime32.secs, K_NUMBER), F(u.settime32.nsecs, K_NUMBER),
		 F(u.settime32.system_time, K_TIME)),
	PLATFORM(XENPF_settime64, F(u.settime64.secs, K_NUMBER), F(u.settime64.nsecs, K_NUMBER),
		 F(u.settime64.mbz, K_ZERO), F(u.settime64.system_time, K_TIME)),
	PLATFORM(XENPF_firmware_info, F(u.firmware_info.type, K_SMALL),
		 F(u.firmware_info.index, K_SMALL),
		 F(u.firmware_info.u.efi_info.vendor.bufsz, K_OFFSET),
		 F(u.firmware_info.u.efi_info.vendor.name, K_ROOM)),
	PLATFORM(XENPF_firmware_info, F(u.firmware_info.type, K_SMALL),
		 F(u.firmware_info.index, K_SMALL), F(u.firmware_info.u.efi_info.mem.addr, K_ROOT),
		 F(u.firmware_info.u.efi_info.mem.size, K_NUMBER)),
	PLATFORM(XENPF_enter_acpi_sleep, F(u.enter_acpi_sleep.sleep_state, K_SMALL),
		 F(u.enter_acpi_sleep.flags, K_BOOL)),
	PLATFORM(XENPF_get_cpuinfo, F(u.pcpu_info.xen_cpuid, K_CPU)),
	PLATFORM(XENPF_set_processor_pminfo, F(u.set_pminfo.type, K_SMALL)),
	PLATFORM(XENPF_core_parking, F(u.core_parking.type, K_SMALL)),
	PLATFORM(XENPF_cpu_online, F(u.cpu_ol.cpuid, K_CPU)),
	PLATFORM(XENPF_add_memtype, {0}),
#undef T
/* --- physdev_op --- */
#define T struct xen_physdev_irq_status_query
	OP(physdev_op, PHYSDEVOP_irq_status_query, F(irq, K_PIRQ)),
#undef T
#define T struct xen_physdev_set_iopl
	OP(physdev_op, PHYSDEVOP_set_iopl, F(iopl, K_SMALL)),
#undef T
#define T struct xen_physdev_set_iobitmap
	OP(physdev_op, PHYSDEVOP_set_iobitmap, F(nr_ports, K_NUMBER)),
#undef T
#define T struct xen_physdev_apic
	OP(physdev_op, PHYSDEVOP_apic_read, F(apic_physbase, K_NUMBER), F(reg, K_SMALL)),
	OP(physdev_op, PHYSDEVOP_apic_write, F(reg, K_SMALL)),
#undef T
#define T struct xen_physdev_irq
	OP(physdev_op, PHYSDEVOP_alloc_irq_vector, F(irq, K_PIRQ)),
#undef T
#define T struct xen_physdev_eoi
	OP(physdev_op, PHYSDEVOP_eoi, F(irq, K_PIRQ)),
#undef T
#define T struct xen_physdev_map_pirq
	OP(physdev_op, PHYSDEVOP_map_pirq, F(domid, K_DOMAIN), F(type, K_SMALL), F(index, K_PIRQ),
	   F(pirq, K_NUMBER), F(bus, K_ZERO), F(devfn, K_SMALL), F(entry_nr, K_BOOL),
	   F(table_base, K_ZERO)),
#undef T
#define T struct xen_physdev_unmap_pirq
	OP(physdev_op, PHYSDEVOP_unmap_pirq, F(domid, K_DOMAIN), F(pirq, K_PIRQ)),
#undef T
#define T struct xen_physdev_pirq_eoi_gmfn
	OP(physdev_op, PHYSDEVOP_pirq_eoi_gmfn_v2, F(gmfn, K_FRAME)),
#undef T
#define T struct xen_physdev_restore_msi
	OP(physdev_op, PHYSDEVOP_restore_msi, F(devfn, K_SMALL)),
#undef T
#define T struct xen_physdev_setup_gsi
	OP(physdev_op, PHYSDEVOP_setup_gsi, F(gsi, K_PIRQ), F(triggering, K_BOOL),
	   F(polarity, K_BOOL)),
#undef T
#define T struct xen_physdev_get_free_pirq
	OP(physdev_op, PHYSDEVOP_get_free_pirq, F(type, K_SMALL)),
#undef T
#define T struct xen_physdev_pci_device
	OP(physdev_op, PHYSDEVOP_pci_device_add, F(seg, K_ZERO)),
	OP(physdev_op, PHYSDEVOP_restore_msi_ext, F(seg, K_ZERO)),
#undef T
	/* --- console_io, shoji_audit, shoji_limits --- */
	{.number = HYPERCALL_console_io,
	 .cmd = CONSOLEIO_write,
	 .args = {K_CMD, K_NUMBER, K_BYTES}},
	{.number = HYPERCALL_console_io, .cmd = CONSOLEIO_read, .args = {K_CMD, K_NUMBER, K_ROOM}},
#define T struct shoji_audit
	{.number = HYPERCALL_shoji_audit,
	 .cmd = SHOJI_AUDIT_run,
	 .size = sizeof(T),
	 .args = {K_CMD, K_LIST, K_ZERO},
	 .fields = {F(findings, K_ROOM), F(room, K_SMALL)}},
#undef T
#define T struct shoji_audit_plant
	OP(shoji_audit, SHOJI_AUDIT_plant, F(kind, K_SMALL), F(undo, K_BOOL)),
#undef T
	CALL(shoji_limits, K_DOMAIN, K_ROOM),
};

const struct rows rows_machine = {rows, ARRAY_SIZE(rows)};
