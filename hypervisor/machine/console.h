/* SPDX-License-Identifier: GPL-2.0-only */
/* The console's bring-up; what others write and read with is in core/log.h. */
#ifndef SHOJI_MACHINE_CONSOLE_H
#define SHOJI_MACHINE_CONSOLE_H

#include <stdbool.h>

void console_init(void);     /* output; what was logged before appears now */
void console_init_irq(void); /* input */
/* The machine is ending: write without the lock, which another CPU may hold for ever. */
void console_break_lock(void);
bool console_visible(int level); /* would a line of this level be shown? */

#endif
