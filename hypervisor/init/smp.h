/* SPDX-License-Identifier: GPL-2.0-only */
/* Starting the other CPUs. */
#ifndef SHOJI_INIT_SMP_H
#define SHOJI_INIT_SMP_H

/* Start all that ACPI lists, up to `maximum` in all (0: no limit); returns how many are on line. */
unsigned int smp_start_all(unsigned int maximum);

#endif
