/* SPDX-License-Identifier: MIT */
/*
 * platform_op(handle of struct xen_platform_op): the machine as the control domain's kernel needs
 * it: wall clock, firmware, sleep, processors. Control domain only. Errors: EPERM, EACCES wrong
 * interface_version, EFAULT, EINVAL, ENOENT, ENOSYS.
 */
#ifndef SHOJI_PUBLIC_PLATFORM_H
#define SHOJI_PUBLIC_PLATFORM_H

#include "start_info.h"
#include "types.h"

#define XENPF_INTERFACE_VERSION 0x03000001

#define XENPF_settime32		   17
#define XENPF_add_memtype	   31 /* MTRRs: ENOSYS */
#define XENPF_del_memtype	   32
#define XENPF_read_memtype	   33
#define XENPF_microcode_update	   35
#define XENPF_platform_quirk	   39
#define XENPF_get_cpu_version	   48
#define XENPF_efi_runtime_call	   49
#define XENPF_firmware_info	   50
#define XENPF_enter_acpi_sleep	   51
#define XENPF_change_freq	   52
#define XENPF_getidletime	   53
#define XENPF_set_processor_pminfo 54
#define XENPF_get_cpuinfo	   55
#define XENPF_cpu_online	   56
#define XENPF_cpu_offline	   57
#define XENPF_cpu_hotadd	   58
#define XENPF_mem_hotadd	   59
#define XENPF_core_parking	   60
#define XENPF_resource_op	   61
#define XENPF_settime64		   62
#define XENPF_get_symbol	   63
#define XENPF_get_dom0_console	   64 /* newer than 4.17: returns the size of u.dom0_console */

/* The wall clock: it was secs.nsecs UTC when system time was system_time. */
struct xen_pf_settime32 {
	uint32_t secs;	      /* in */
	uint32_t nsecs;	      /* in: below 10^9 */
	uint64_t system_time; /* in: ns */
};
SHOJI_ABI_SIZE(struct xen_pf_settime32, 16);
SHOJI_ABI_OFFSET(struct xen_pf_settime32, system_time, 8);
struct xen_pf_settime64 {
	uint64_t secs;
	uint32_t nsecs;
	uint32_t mbz; /* 0, else EOPNOTSUPP */
	uint64_t system_time;
};
SHOJI_ABI_SIZE(struct xen_pf_settime64, 24);
SHOJI_ABI_OFFSET(struct xen_pf_settime64, system_time, 16);

struct xen_pf_microcode_update {
	uint64_t data;	 /* in: handle of bytes */
	uint32_t length; /* in */
};
SHOJI_ABI_SIZE(struct xen_pf_microcode_update, 16);
SHOJI_ABI_OFFSET(struct xen_pf_microcode_update, length, 8);

/* A call of a UEFI run-time service. */
#define XEN_EFI_get_time		      1
#define XEN_EFI_set_time		      2
#define XEN_EFI_get_wakeup_time		      3
#define XEN_EFI_set_wakeup_time		      4
#define XEN_EFI_get_next_high_monotonic_count 5
#define XEN_EFI_get_variable		      6
#define XEN_EFI_set_variable		      7
#define XEN_EFI_get_next_variable_name	      8
#define XEN_EFI_query_variable_info	      9
#define XEN_EFI_query_capsule_capabilities    10
#define XEN_EFI_update_capsule		      11
struct xen_pf_efi_time {
	uint16_t year;
	uint8_t month;
	uint8_t day;
	uint8_t hour;
	uint8_t min;
	uint8_t sec;
	uint32_t ns;
	int16_t tz; /* minutes from UTC */
	uint8_t daylight;
};
SHOJI_ABI_SIZE(struct xen_pf_efi_time, 16);
SHOJI_ABI_OFFSET(struct xen_pf_efi_time, ns, 8);
SHOJI_ABI_OFFSET(struct xen_pf_efi_time, daylight, 14);
struct xen_pf_efi_guid {
	uint32_t data1;
	uint16_t data2;
	uint16_t data3;
	uint8_t data4[8];
};
SHOJI_ABI_SIZE(struct xen_pf_efi_guid, 16);
SHOJI_ABI_OFFSET(struct xen_pf_efi_guid, data4, 8);
struct xen_pf_efi_variable {
	uint64_t name; /* in: handle of UCS-2 characters, ends with 0 */
	uint64_t size; /* in/out: bytes of data */
	uint64_t data; /* in: handle */
	struct xen_pf_efi_guid vendor_guid;
};
SHOJI_ABI_SIZE(struct xen_pf_efi_variable, 40);
SHOJI_ABI_OFFSET(struct xen_pf_efi_variable, vendor_guid, 24);
struct xen_pf_efi_runtime_call {
	uint32_t function; /* in: XEN_EFI_… */
	uint32_t misc;	   /* in/out: flags and attributes of the function */
	uint64_t status;   /* out: EFI_STATUS */
	union {
		struct {
			struct xen_pf_efi_time time; /* out */
			uint32_t resolution;	     /* out */
			uint32_t accuracy;	     /* out */
		} get_time;			     /* misc out: XEN_EFI_GET_TIME_SET_CLEARS_NS */
		struct xen_pf_efi_time set_time;     /* in */
		struct xen_pf_efi_time get_wakeup_time;	 /* out; misc: _ENABLED, _PENDING */
		struct xen_pf_efi_time set_wakeup_time;	 /* in; misc: _ENABLE, _ENABLE_ONLY */
		struct xen_pf_efi_variable get_variable; /* misc out: XEN_EFI_VARIABLE_… */
		struct xen_pf_efi_variable set_variable; /* misc in: XEN_EFI_VARIABLE_… */
		struct {
			uint64_t size;			    /* in/out: bytes of name */
			uint64_t name;			    /* in: handle; in/out its contents */
			struct xen_pf_efi_guid vendor_guid; /* in/out */
		} get_next_variable_name;
		struct {
			uint32_t attr;		 /* in */
			uint64_t max_store_size; /* out, bytes, all three */
			uint64_t remain_store_size;
			uint64_t max_size;
		} query_variable_info; /* misc in: XEN_EFI_VARINFO_BOOT_SNAPSHOT */
		struct {
			uint64_t capsule_header_array; /* in: handle */
			uint64_t capsule_count;	       /* in */
			uint64_t max_capsule_size;     /* out */
			uint32_t reset_type;	       /* out */
		} query_capsule_capabilities;
		struct {
			uint64_t capsule_header_array; /* in: handle */
			uint64_t capsule_count;	       /* in */
			uint64_t sg_list;	       /* in: machine address */
		} update_capsule;
	} u;
};
SHOJI_ABI_SIZE(struct xen_pf_efi_runtime_call, 56);
SHOJI_ABI_OFFSET(struct xen_pf_efi_runtime_call, u, 16);
#define XEN_EFI_GET_TIME_SET_CLEARS_NS	    1
#define XEN_EFI_GET_WAKEUP_TIME_ENABLED	    1
#define XEN_EFI_GET_WAKEUP_TIME_PENDING	    2
#define XEN_EFI_SET_WAKEUP_TIME_ENABLE	    1
#define XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY 2
#define XEN_EFI_VARIABLE_NON_VOLATILE	    1
#define XEN_EFI_VARIABLE_BOOTSERVICE_ACCESS 2
#define XEN_EFI_VARIABLE_RUNTIME_ACCESS	    4
#define XEN_EFI_VARINFO_BOOT_SNAPSHOT	    1

/* What the firmware said at boot. ENOENT: no such item. */
#define XEN_FW_DISK_INFO	    1 /* BIOS disk, by index: EDD */
#define XEN_FW_DISK_MBR_SIGNATURE   2
#define XEN_FW_VBEDDC_INFO	    3
#define XEN_FW_EFI_INFO		    4 /* index: XEN_FW_EFI_… */
#define XEN_FW_KBD_SHIFT_FLAGS	    5
#define XEN_FW_EFI_VERSION	    0 /* UEFI specification: version */
#define XEN_FW_EFI_CONFIG_TABLE	    1 /* cfg */
#define XEN_FW_EFI_VENDOR	    2 /* vendor */
#define XEN_FW_EFI_MEM_INFO	    3 /* mem: the descriptor that holds mem.addr */
#define XEN_FW_EFI_RT_VERSION	    4 /* run-time services: version */
#define XEN_FW_EFI_PCI_ROM	    5 /* pci_rom */
#define XEN_FW_EFI_APPLE_PROPERTIES 6 /* apple_properties */
union xen_pf_efi_info {
	uint32_t version; /* out */
	struct {
		uint64_t addr; /* out: machine address of the configuration tables */
		uint32_t nent; /* out */
	} cfg;
	struct {
		uint32_t revision; /* out */
		uint32_t bufsz;	   /* in: bytes */
		uint64_t name;	   /* in: handle; out UCS-2, ends with 0 */
	} vendor;
	struct {
		uint64_t addr; /* in: machine address; out: start of the region */
		uint64_t size; /* in: at least; out: bytes */
		uint64_t attr; /* out: EFI memory attributes */
		uint32_t type; /* out: EFI memory type */
	} mem;
	struct {
		uint16_t segment; /* in */
		uint8_t bus;	  /* in */
		uint8_t devfn;	  /* in */
		uint16_t vendor;  /* in */
		uint16_t devid;	  /* in */
		uint64_t address; /* out */
		uint64_t size;	  /* out */
	} pci_rom;
	struct {
		uint64_t address; /* out */
		uint64_t size;	  /* out */
	} apple_properties;
};
SHOJI_ABI_SIZE(union xen_pf_efi_info, 32);
struct xen_pf_firmware_info {
	uint32_t type;	/* in: XEN_FW_… */
	uint32_t index; /* in */
	union {
		struct {
			uint8_t device;
			uint8_t version;
			uint16_t interface_support;
			uint16_t legacy_max_cylinder;
			uint8_t legacy_max_head;
			uint8_t legacy_sectors_per_track;
			uint64_t edd_params; /* in: handle */
		} disk_info;
		struct {
			uint8_t device;
			uint32_t mbr_signature;
		} disk_mbr_signature;
		struct {
			uint8_t capabilities;
			uint8_t edid_transfer_time;
			uint64_t edid; /* in: handle of 128 bytes */
		} vbeddc_info;
		union xen_pf_efi_info efi_info;
		uint8_t kbd_shift_flags;
	} u;
};
SHOJI_ABI_SIZE(struct xen_pf_firmware_info, 40);
SHOJI_ABI_OFFSET(struct xen_pf_firmware_info, u, 8);

/* Sleep, or power off with S5. Returns after waking up. */
struct xen_pf_enter_acpi_sleep {
	uint16_t val_a;	      /* in: PM1a control value (or sleep type) */
	uint16_t val_b;	      /* in: PM1b control value */
	uint32_t sleep_state; /* in: 1..5 */
	uint32_t flags; /* in: XENPF_ACPI_SLEEP_EXTENDED: the val_* are for the sleep registers */
};
SHOJI_ABI_SIZE(struct xen_pf_enter_acpi_sleep, 12);
SHOJI_ABI_OFFSET(struct xen_pf_enter_acpi_sleep, flags, 8);
#define XENPF_ACPI_SLEEP_EXTENDED 1

struct xen_pf_getidletime {
	uint64_t cpumap_bitmap;	 /* in: handle of a bit map of processors; out: those that exist */
	uint32_t cpumap_nr_cpus; /* in: its length */
	uint64_t idletime;	 /* in: handle of uint64_t[], out: ns */
	uint64_t now;		 /* out: system time */
};
SHOJI_ABI_SIZE(struct xen_pf_getidletime, 32);
SHOJI_ABI_OFFSET(struct xen_pf_getidletime, idletime, 16);
SHOJI_ABI_OFFSET(struct xen_pf_getidletime, now, 24);

/* What ACPI says about a processor's power states; kept or ignored. */
#define XEN_PM_CX  0
#define XEN_PM_PX  1
#define XEN_PM_TX  2
#define XEN_PM_PDC 3
#define XEN_PX_PCT 1 /* parts of performance that are valid: flags */
#define XEN_PX_PSS 2
#define XEN_PX_PPC 4
#define XEN_PX_PSD 8
struct xen_power_register {
	uint32_t space_id;
	uint32_t bit_width;
	uint32_t bit_offset;
	uint32_t access_size;
	uint64_t address;
};
SHOJI_ABI_SIZE(struct xen_power_register, 24);
SHOJI_ABI_OFFSET(struct xen_power_register, address, 16);
struct xen_processor_csd {
	uint32_t domain;
	uint32_t coord_type;
	uint32_t num;
};
SHOJI_ABI_SIZE(struct xen_processor_csd, 12);
SHOJI_ABI_OFFSET(struct xen_processor_csd, num, 8);
struct xen_processor_cx {
	struct xen_power_register reg;
	uint8_t type;	  /* C state */
	uint32_t latency; /* us */
	uint32_t power;	  /* mW */
	uint32_t dpcnt;
	uint64_t dp; /* handle of struct xen_processor_csd[dpcnt] */
};
SHOJI_ABI_SIZE(struct xen_processor_cx, 48);
SHOJI_ABI_OFFSET(struct xen_processor_cx, latency, 28);
SHOJI_ABI_OFFSET(struct xen_processor_cx, dp, 40);
struct xen_processor_power {
	uint32_t count;
	uint32_t flags;	 /* bits: bm_control, bm_check, has_cst, setup_done, bm_rld_set */
	uint64_t states; /* handle of struct xen_processor_cx[count] */
};
SHOJI_ABI_SIZE(struct xen_processor_power, 16);
SHOJI_ABI_OFFSET(struct xen_processor_power, states, 8);
struct xen_pct_register {
	uint8_t descriptor;
	uint16_t length;
	uint8_t space_id;
	uint8_t bit_width;
	uint8_t bit_offset;
	uint8_t reserved;
	uint64_t address;
};
SHOJI_ABI_SIZE(struct xen_pct_register, 16);
SHOJI_ABI_OFFSET(struct xen_pct_register, length, 2);
SHOJI_ABI_OFFSET(struct xen_pct_register, address, 8);
struct xen_processor_px {
	uint64_t core_frequency;     /* MHz */
	uint64_t power;		     /* mW */
	uint64_t transition_latency; /* us */
	uint64_t bus_master_latency; /* us */
	uint64_t control;
	uint64_t status;
};
SHOJI_ABI_SIZE(struct xen_processor_px, 48);
SHOJI_ABI_OFFSET(struct xen_processor_px, status, 40);
struct xen_psd_package {
	uint64_t num_entries;
	uint64_t revision;
	uint64_t domain;
	uint64_t coord_type;
	uint64_t num_processors;
};
SHOJI_ABI_SIZE(struct xen_psd_package, 40);
SHOJI_ABI_OFFSET(struct xen_psd_package, num_processors, 32);
struct xen_processor_performance {
	uint32_t flags; /* XEN_PX_… */
	uint32_t platform_limit;
	struct xen_pct_register control_register;
	struct xen_pct_register status_register;
	uint32_t state_count;
	uint64_t states; /* handle of struct xen_processor_px[state_count] */
	struct xen_psd_package domain_info;
	uint32_t shared_type; /* XEN_CPUPERF_SHARED_TYPE_… */
};
SHOJI_ABI_SIZE(struct xen_processor_performance, 104);
SHOJI_ABI_OFFSET(struct xen_processor_performance, states, 48);
SHOJI_ABI_OFFSET(struct xen_processor_performance, shared_type, 96);
#define XEN_CPUPERF_SHARED_TYPE_HW  1
#define XEN_CPUPERF_SHARED_TYPE_ALL 2
#define XEN_CPUPERF_SHARED_TYPE_ANY 3
struct xen_pf_set_processor_pminfo {
	uint32_t id;   /* in: ACPI id of the processor */
	uint32_t type; /* in: XEN_PM_… */
	union {
		struct xen_processor_power power;      /* CX */
		struct xen_processor_performance perf; /* PX */
		uint64_t pdc;			       /* PDC: handle of uint32_t[], in/out */
	} u;
};
SHOJI_ABI_SIZE(struct xen_pf_set_processor_pminfo, 112);
SHOJI_ABI_OFFSET(struct xen_pf_set_processor_pminfo, u, 8);

/* XENPF_get_cpuinfo: a processor. Unknown numbers give XEN_PCPU_FLAGS_INVALID. */
struct xen_pf_pcpuinfo {
	uint32_t xen_cpuid;   /* in */
	uint32_t max_present; /* out: highest number */
	uint32_t flags;	      /* out: XEN_PCPU_FLAGS_… */
	uint32_t apic_id;     /* out */
	uint32_t acpi_id;     /* out */
};
SHOJI_ABI_SIZE(struct xen_pf_pcpuinfo, 20);
SHOJI_ABI_OFFSET(struct xen_pf_pcpuinfo, acpi_id, 16);
#define XEN_PCPU_FLAGS_ONLINE  1
#define XEN_PCPU_FLAGS_INVALID 2

struct xen_pf_pcpu_version {
	uint32_t xen_cpuid;   /* in */
	uint32_t max_present; /* out */
	char vendor_id[12];   /* out: no zero byte at the end */
	uint32_t family;      /* out, and the rest */
	uint32_t model;
	uint32_t stepping;
};
SHOJI_ABI_SIZE(struct xen_pf_pcpu_version, 32);
SHOJI_ABI_OFFSET(struct xen_pf_pcpu_version, stepping, 28);

/* XENPF_cpu_online, XENPF_cpu_offline */
struct xen_pf_cpu_ol {
	uint32_t cpuid; /* in */
};
SHOJI_ABI_SIZE(struct xen_pf_cpu_ol, 4);

/* How many processors to leave idle. */
#define XEN_CORE_PARKING_SET 1
#define XEN_CORE_PARKING_GET 2
struct xen_pf_core_parking {
	uint32_t type;	    /* in */
	uint32_t idle_nums; /* in or out */
};
SHOJI_ABI_SIZE(struct xen_pf_core_parking, 8);
SHOJI_ABI_OFFSET(struct xen_pf_core_parking, idle_nums, 4);

/* MSR access on a processor, from a short white-list. Returns the entries done. */
#define XEN_RESOURCE_OP_MSR_READ  0
#define XEN_RESOURCE_OP_MSR_WRITE 1
struct xen_pf_resource_entry {
	union {
		uint32_t cmd; /* in */
		int32_t ret;  /* out */
	} u;
	uint32_t rsvd;
	uint64_t idx; /* in: MSR */
	uint64_t val; /* in or out */
};
SHOJI_ABI_SIZE(struct xen_pf_resource_entry, 24);
SHOJI_ABI_OFFSET(struct xen_pf_resource_entry, val, 16);
struct xen_pf_resource_op {
	uint32_t nr_entries; /* in */
	uint32_t cpu;	     /* in */
	uint64_t entries;    /* in: handle of struct xen_pf_resource_entry[] */
};
SHOJI_ABI_SIZE(struct xen_pf_resource_op, 16);
SHOJI_ABI_OFFSET(struct xen_pf_resource_op, entries, 8);

/* The hypervisor's symbols, one at a time; ends when name is empty. */
struct xen_pf_symdata {
	uint32_t namelen; /* in: room; out: length with the zero byte */
	uint32_t symnum;  /* in: which; out: the next */
	uint64_t name;	  /* in: handle of char[] */
	uint64_t address; /* out */
	char type;	  /* out: as nm prints it */
};
SHOJI_ABI_SIZE(struct xen_pf_symdata, 32);
SHOJI_ABI_OFFSET(struct xen_pf_symdata, type, 24);

struct xen_platform_op {
	uint32_t cmd;		    /* in: XENPF_… */
	uint32_t interface_version; /* in: XENPF_INTERFACE_VERSION */
	union {
		struct xen_pf_settime32 settime32;
		struct xen_pf_settime64 settime64;
		struct xen_pf_microcode_update microcode;
		struct xen_pf_efi_runtime_call efi_runtime_call;
		struct xen_pf_firmware_info firmware_info;
		struct xen_pf_enter_acpi_sleep enter_acpi_sleep;
		struct xen_pf_getidletime getidletime;
		struct xen_pf_set_processor_pminfo set_pminfo;
		struct xen_pf_pcpuinfo pcpu_info;
		struct xen_pf_pcpu_version pcpu_version;
		struct xen_pf_cpu_ol cpu_ol;
		struct xen_pf_core_parking core_parking;
		struct xen_pf_resource_op resource_op;
		struct xen_pf_symdata symdata;
		struct xen_dom0_vga_console_info dom0_console;
		uint8_t pad[128];
	} u;
};
SHOJI_ABI_SIZE(struct xen_platform_op, 136);
SHOJI_ABI_OFFSET(struct xen_platform_op, u, 8);

#endif
