/* SPDX-License-Identifier: GPL-2.0-only */
/* See smap.h. Runs while the boot program's tables still let us write code. */
#include "machine/smap.h"

#include "lib/string.h"

#define INSN_BYTES 3

extern const int32_t smap_stac_start[], smap_stac_end[], smap_clac_start[], smap_clac_end[];

static void patch(const int32_t *site, const int32_t *end, const char insn[INSN_BYTES])
{
	for (; site < end; site++)
		memcpy((char *)site + *site, insn, INSN_BYTES);
}

void smap_init(bool present)
{
	static const char stac[INSN_BYTES] = {0x0f, 0x01, (char)0xcb};
	static const char clac[INSN_BYTES] = {0x0f, 0x01, (char)0xca};

	if (!present)
		return;
	patch(smap_stac_start, smap_stac_end, stac);
	patch(smap_clac_start, smap_clac_end, clac);
}
