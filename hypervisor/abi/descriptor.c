/* SPDX-License-Identifier: GPL-2.0-only */
/* set_gdt and update_descriptor. */
#include "core/descriptor.h"

#include "abi/abi.h"
#include "core/mm.h"

long abi_set_gdt(uint64_t frames, uint64_t entries)
{
	uint64_t numbers[FIRST_RESERVED_GDT_PAGE];
	unsigned int n = (unsigned int)((entries + 511) / 512);
	int rc;

	if (entries > FIRST_RESERVED_GDT_ENTRY)
		return -XEN_EINVAL;
	if (guest_read(numbers, gva(frames), n * sizeof(numbers[0])))
		return -XEN_EFAULT;
	rc = mm_set_gdt(current_vcpu(), numbers, (unsigned int)entries);
	return rc == -XEN_ERESTART ? abi_continue(frames, entries, 0, 0) : rc;
}

long abi_update_descriptor(uint64_t machine_address, uint64_t value)
{
	int rc = descriptor_write(current_vcpu()->domain, machine_address, value);

	return rc == -XEN_ERESTART ? abi_continue(machine_address, value, 0, 0) : rc;
}
