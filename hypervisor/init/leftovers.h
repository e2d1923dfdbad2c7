/* SPDX-License-Identifier: GPL-2.0-only */
/* Is anything left that points into the init part of the image? Panics. */
#ifndef SHOJI_INIT_LEFTOVERS_H
#define SHOJI_INIT_LEFTOVERS_H

void leftovers_check(void);

#endif
