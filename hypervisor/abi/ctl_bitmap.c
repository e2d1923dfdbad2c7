/* SPDX-License-Identifier: GPL-2.0-only */
/* Bitmaps between the tools (any number of bits, by handle) and our 64-bit masks. */
#include "abi/domctl.h"

#include "lib/string.h"

#define BITS_MAX 4096

/* Bits beyond 64 name nothing here, and are ignored. */
int ctl_bitmap_read(const struct xen_ctl_bitmap *from, uint64_t *out)
{
	unsigned int bytes = MIN((from->nr_bits + 7) / 8, (uint32_t)sizeof(*out));

	*out = 0;
	if (!bytes || from->nr_bits > BITS_MAX)
		return bytes ? -XEN_EINVAL : 0;
	if (guest_read(out, gva(from->bitmap), bytes))
		return -XEN_EFAULT;
	if (from->nr_bits < 64)
		*out &= (1ULL << from->nr_bits) - 1;
	return 0;
}

/* All of the caller's bytes are written. */
int ctl_bitmap_write(struct xen_ctl_bitmap *to, uint64_t value, unsigned int bits)
{
	uint8_t bytes[BITS_MAX / 8] = {0};
	unsigned int room = MIN((to->nr_bits + 7) / 8, (uint32_t)sizeof(bytes));

	if (bits < 64)
		value &= (1ULL << bits) - 1;
	memcpy(bytes, &value, sizeof(value));
	if (to->nr_bits < 64 && to->nr_bits % 8)
		bytes[to->nr_bits / 8] &= (uint8_t)((1u << to->nr_bits % 8) - 1);
	return guest_write(gva(to->bitmap), bytes, room);
}
