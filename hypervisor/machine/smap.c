/* SPDX-License-Identifier: GPL-2.0-only */
/* See smap.h. Runs while the boot program's tables still let us write code. */
#include "machine/smap.h"

#include "lib/string.h"

extern const int32_t smap_sites_start[], smap_sites_end[];

uint8_t cpu_smap_on;

void smap_init(bool present)
{
	static const uint8_t clac[] = {0x0f, 0x01, 0xca};

	cpu_smap_on = present;
	if (!present)
		return;
	for (const int32_t *site = smap_sites_start; site < smap_sites_end; site++)
		memcpy((char *)site + *site, clac, sizeof(clac));
}
