/* SPDX-License-Identifier: GPL-2.0-only */
/* The boot program's and the hypervisor's side: its names are taken by the tools' on the other. */
#ifndef SHOJI_FUZZ_BOOT_H
#define SHOJI_FUZZ_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool boot_finds(const uint8_t *data, size_t size, const uint8_t **at, size_t *bytes);
/* What dom0's builder would do with it as an ELF file. */
void boot_layout(const uint8_t *data, size_t size);

#endif
