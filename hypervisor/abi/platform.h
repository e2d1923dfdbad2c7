/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of platform_op. */
#ifndef SHOJI_ABI_PLATFORM_H
#define SHOJI_ABI_PLATFORM_H

#include "shoji/platform.h"

long platform_firmware_info(struct xen_pf_firmware_info *op); /* platform_firmware.c */

#endif
