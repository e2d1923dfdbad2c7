/* SPDX-License-Identifier: GPL-2.0-only */
/* One 8250-family serial port. Not reentrant: the console's lock guards it. */
#ifndef SHOJI_MACHINE_UART_H
#define SHOJI_MACHINE_UART_H

#include "lib/types.h"

/* False: no UART at `port`; then characters vanish. baud 0: as the firmware set it. */
bool uart_init(uint16_t port, unsigned int baud);
unsigned int uart_room(void);	    /* characters that it takes now, as far as is known */
bool uart_ready(void);		    /* it takes a character now */
bool uart_wait(unsigned int looks); /* the same, looking again so many times, a bus cycle each */
void uart_put(char c);		    /* when it is ready; else c is lost */
bool uart_get(char *c);		    /* false: nothing received */
void uart_enable_input_interrupt(void);
bool uart_owns_port(uint16_t port); /* one of its eight registers? */

#endif
