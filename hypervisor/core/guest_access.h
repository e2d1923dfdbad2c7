/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only way to a guest's memory by address. Every address and length is checked against the
 * hypervisor's hole before it is followed; a fault inside is an error, never a crash.
 * Copy once into a local, check the local, use the local.
 */
#ifndef SHOJI_CORE_GUEST_ACCESS_H
#define SHOJI_CORE_GUEST_ACCESS_H

#include "lib/types.h"

/* True if [addr, addr + bytes) lies outside the hypervisor's slots and does not wrap. */
bool guest_range_ok(gva_t addr, uint64_t bytes);

/* 0, or -XEN_EFAULT (possibly after a partial copy). */
int guest_read(void *dst, gva_t src, size_t bytes);
int guest_write(gva_t dst, const void *src, size_t bytes);
int guest_clear(gva_t dst, size_t bytes);

/* Element i of an array of elements at base; checks the multiplication too. */
int guest_read_at(void *dst, gva_t base, uint64_t i, size_t size);
int guest_write_at(gva_t base, uint64_t i, const void *src, size_t size);

/* A virtual address a guest may run code at or use as a stack: canonical and outside our slots. */
bool guest_canonical(uint64_t a);
bool guest_code_ok(uint64_t a);

#define HV_VIRT_START 0xffff800000000000ULL /* slots 256-271 of every L4 are ours (arch.h) */
#define HV_VIRT_END   0xffff880000000000ULL

#endif
