/* SPDX-License-Identifier: GPL-2.0-only */
/* What the boot program found; init/main.c keeps it here. */
#ifndef SHOJI_MACHINE_BOARD_H
#define SHOJI_MACHINE_BOARD_H

#include "boot/boot_info.h"

extern struct boot_info boot_info;

#endif
