/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * units.h: small textual values of a definition: memory sizes, UUIDs, MAC addresses, device
 * names. Pure functions; each returns 0, or -1 and leaves its output alone.
 */
#ifndef SHOJI_LIB_UNITS_H
#define SHOJI_LIB_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define UUID_TEXT_SIZE 37 /* with the final NUL */
#define MAC_TEXT_SIZE  18

/* "512" with unit "MiB" -> KiB, rounded up. A missing unit (NULL) is KiB. The units are those of
 * libvirt: b/bytes, KB, k/KiB, MB, M/MiB, GB, G/GiB, TB, T/TiB. */
int units_memory_parse(const char *number, const char *unit, uint64_t *kib);

int units_number_parse(const char *text, uint64_t max, uint64_t *value);

int units_uuid_parse(const char *text, uint8_t uuid[16]);
void units_uuid_format(const uint8_t uuid[16], char text[UUID_TEXT_SIZE]);
int units_uuid_random(uint8_t uuid[16]);

int units_mac_parse(const char *text, uint8_t mac[6]);
void units_mac_format(const uint8_t mac[6], char text[MAC_TEXT_SIZE]);
/* A stable address in our block 00:16:3e (the one libvirt uses for Xen), derived from the domain
 * and the index of the interface, so that a restarted guest keeps it. */
void units_mac_derive(const uint8_t uuid[16], unsigned int index, uint8_t mac[6]);

/* "xvda" -> 51712: the virtual device number that the block frontend decodes. "xvda3" names a
 * partition. */
int units_disk_number(const char *target, uint32_t *number);

#endif
