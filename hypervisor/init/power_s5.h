/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHOJI_INIT_POWER_S5_H
#define SHOJI_INIT_POWER_S5_H

#include "lib/types.h"

/*
 * Pure: the sleep types of state S5 (off), for the two PM1 control registers, out of ACPI's machine
 * code. Only a package of constants named _S5_ is understood, which is what firmware has.
 */
bool power_find_s5(const uint8_t *aml, size_t size, uint8_t types[2]);

#endif
