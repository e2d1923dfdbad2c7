/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may stand in a guest's descriptor table: code and data segments of ring 3. Gates and system
 * segments are refused: whoever could load one could leave the guest. Base and limit do not
 * matter in 64-bit mode; page tables are the wall.
 */
#include "core/descriptor.h"

#include "core/machine.h"
#include "core/mm.h"
#include "shoji/errno.h"

/* Both kernel and user of a guest run in ring 3. Accessed is set now, so that loading the segment
 * need not write to the table. */
bool descriptor_check(uint64_t *d)
{
	if (!(*d & DESC_PRESENT))
		return true;
	if (!(*d & DESC_S))
		return false;
	*d |= DESC_DPL | DESC_ACCESSED;
	return true;
}

int descriptor_write(struct domain *d, uint64_t machine_address, uint64_t value)
{
	unsigned int index = (unsigned int)(machine_address % PAGE_SIZE / sizeof(value));
	mfn_t m = mfn(machine_address >> PAGE_SHIFT);
	struct frame *f;
	int rc;

	if (machine_address % sizeof(value) || !descriptor_check(&value))
		return -XEN_EINVAL;
	f = frame_get_mfn(m, d);
	if (!f)
		return -XEN_EINVAL;
	rc = frame_get_type(f, frame_type_now(f) == FRAME_SEGDESC ? FRAME_SEGDESC : FRAME_WRITABLE);
	if (!rc) {
		__atomic_store_n((uint64_t *)machine_map(m) + index, value, __ATOMIC_RELEASE);
		frame_put_type_final(f);
	}
	frame_put(f);
	return rc;
}
