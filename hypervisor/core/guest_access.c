/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies to and from the current guest's address space.
 *
 * Duty: no address reaches the machine layer's copy loops before its whole range was checked
 * against the hypervisor's hole (which takes in the non-canonical one below it). Whether something
 * is mapped there is found out by trying. No data, no lock.
 */
#include "core/guest_access.h"

int guest_read_bytes(void *dst, gva_t src, size_t bytes)
{
	if (!guest_range_ok(src, bytes) || machine_copy_from_guest(dst, src.a, bytes))
		return -XEN_EFAULT;
	return 0;
}

int guest_write_bytes(gva_t dst, const void *src, size_t bytes)
{
	if (!guest_range_ok(dst, bytes) || machine_copy_to_guest(dst.a, src, bytes))
		return -XEN_EFAULT;
	return 0;
}

int guest_clear(gva_t dst, size_t bytes)
{
	if (!guest_range_ok(dst, bytes) || machine_clear_guest(dst.a, bytes))
		return -XEN_EFAULT;
	return 0;
}

/* The address of element i, unless the sum wraps. */
static bool element(gva_t base, uint64_t i, size_t size, gva_t *at)
{
	uint64_t offset;

	return !__builtin_mul_overflow(i, size, &offset) &&
	       !__builtin_add_overflow(base.a, offset, &at->a);
}

int guest_read_at(void *dst, gva_t base, uint64_t i, size_t size)
{
	gva_t at;

	return element(base, i, size, &at) ? guest_read(dst, at, size) : -XEN_EFAULT;
}

int guest_write_at(gva_t base, uint64_t i, const void *src, size_t size)
{
	gva_t at;

	return element(base, i, size, &at) ? guest_write(at, src, size) : -XEN_EFAULT;
}
