/* SPDX-License-Identifier: GPL-2.0-only */
/* Page-table isolation (core/mm_companion.h): whether this machine needs it. */
#ifndef SHOJI_INIT_ISOLATION_H
#define SHOJI_INIT_ISOLATION_H

void isolation_init(void); /* decides mm_isolation; before paging_init() */
void isolation_log(void);  /* says so, when guests' tables can be made */

#endif
