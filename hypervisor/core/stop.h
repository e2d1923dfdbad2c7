/* SPDX-License-Identifier: GPL-2.0-only */
/* One CPU stops all others for a moment (core/stop.c). */
#ifndef SHOJI_CORE_STOP_H
#define SHOJI_CORE_STOP_H

/* Returns when every other CPU stands still between two entries, with nothing half done. One CPU
 * at a time; no locks held. */
void cpus_stop(void);
void cpus_resume(void); /* returns when they go on */

void stop_here(void); /* core_exit() was asked to by CPU_WORK_STOP */

#endif
