/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platform_op's firmware_info: what dom0's kernel would have asked the firmware itself. UEFI's
 * items come from the boot program's notes; where there was a BIOS, its items are unknown.
 */
#include "abi/platform.h"

#include "abi/abi.h"
#include "boot/boot_info.h"

#define EFI_MEMORY_WB	   8ULL
#define EFI_MEMORY_RUNTIME (1ULL << 63)

/* A type of UEFI's that says the same about the memory (UEFI specification, 7.2). */
static uint32_t efi_type(uint32_t boot_type)
{
	switch (boot_type) {
	case BOOT_MEMORY_RAM:
	case BOOT_MEMORY_LOADER:
	case BOOT_MEMORY_HYPERVISOR:
		return 7; /* conventional */
	case BOOT_MEMORY_ACPI:
		return 9;
	case BOOT_MEMORY_NVS:
		return 10;
	case BOOT_MEMORY_UNUSABLE:
		return 8;
	case BOOT_MEMORY_MMIO:
		return 11;
	case BOOT_MEMORY_RUNTIME:
		return 6; /* data of run-time services */
	default:
		return 0; /* reserved */
	}
}

static long memory_info(const struct boot_info *b, union xen_pf_efi_info *e)
{
	for (unsigned int i = 0; i < b->memory_count; i++) {
		const struct boot_memory *m = &b->memory[i];
		uint64_t offset = e->mem.addr - m->base;

		if (e->mem.addr < m->base || offset >= m->size)
			continue;
		if (e->mem.size > m->size - offset)
			return -XEN_EINVAL;
		e->mem.addr = m->base;
		e->mem.size = m->size;
		e->mem.attr =
			EFI_MEMORY_WB | (m->type == BOOT_MEMORY_RUNTIME ? EFI_MEMORY_RUNTIME : 0);
		e->mem.type = efi_type(m->type);
		return 0;
	}
	return -XEN_EINVAL;
}

static long vendor(const struct boot_info *b, union xen_pf_efi_info *e)
{
	const size_t room = e->vendor.bufsz / sizeof(uint16_t);
	const uint16_t end = 0;
	size_t n = 0;

	if (!room)
		return -XEN_EINVAL;
	while (n < room - 1 && n < ARRAY_SIZE(b->efi_vendor) && b->efi_vendor[n])
		n++;
	if (guest_write(gva(e->vendor.name), b->efi_vendor, n * sizeof(uint16_t)) ||
	    guest_write_at(gva(e->vendor.name), n, &end, sizeof(end)))
		return -XEN_EFAULT;
	e->vendor.revision = b->efi_firmware_revision;
	return 0;
}

static long efi_info(const struct boot_info *b, uint32_t index, union xen_pf_efi_info *e)
{
	switch (index) {
	case XEN_FW_EFI_VERSION:
	case XEN_FW_EFI_RT_VERSION:
		e->version = b->efi_revision;
		return 0;
	case XEN_FW_EFI_CONFIG_TABLE:
		e->cfg.addr = b->efi_config_table;
		e->cfg.nent = (uint32_t)b->efi_config_count;
		return 0;
	case XEN_FW_EFI_VENDOR:
		return vendor(b, e);
	case XEN_FW_EFI_MEM_INFO:
		return memory_info(b, e);
	default:
		return -XEN_ENOENT;
	}
}

long platform_firmware_info(struct xen_pf_firmware_info *op)
{
	const struct boot_info *b = machine_boot_info();

	switch (op->type) {
	case XEN_FW_EFI_INFO:
		return b->efi_enabled ? efi_info(b, op->index, &op->u.efi_info) : -XEN_EOPNOTSUPP;
	case XEN_FW_KBD_SHIFT_FLAGS:
		if (b->efi_enabled || op->index)
			return -XEN_ENOENT;
		op->u.kbd_shift_flags = 0;
		return 0;
	case XEN_FW_DISK_INFO:
	case XEN_FW_DISK_MBR_SIGNATURE:
	case XEN_FW_VBEDDC_INFO:
		return -XEN_ENOENT;
	default:
		return -XEN_EINVAL;
	}
}
