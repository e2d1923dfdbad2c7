/* SPDX-License-Identifier: GPL-2.0-only */
/* Answering other CPUs' requests to drop TLB entries. */
#ifndef SHOJI_MACHINE_FLUSH_H
#define SHOJI_MACHINE_FLUSH_H

void flush_answer(void); /* interrupt VECTOR_FLUSH, and machine_relax() */
void flush_local(void);	 /* all of this CPU's non-global entries */

#endif
