/* SPDX-License-Identifier: GPL-2.0-only */
/* Where CPUs go from the init part of the image, and never come back; on an empty stack. */
#ifndef SHOJI_MACHINE_RELEASE_H
#define SHOJI_MACHINE_RELEASE_H

_Noreturn void release_init(void);  /* the boot CPU, dom0 is built */
_Noreturn void release_other(void); /* each of the others, ready */

#endif
