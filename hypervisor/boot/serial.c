/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first serial port, for the boot program's messages: 115200 baud, 8 bits, no parity. A port
 * that is not there or does not drain is left alone. The run-time driver is another one.
 */
#include "boot/boot.h"
#include "boot/io.h"

#define COM1	       0x3f8
#define COM_DIVISOR_LO (COM1 + 0)
#define COM_DATA       (COM1 + 0)
#define COM_INTERRUPTS (COM1 + 1)
#define COM_FIFO       (COM1 + 2)
#define COM_LINE       (COM1 + 3)
#define COM_MODEM      (COM1 + 4)
#define COM_STATUS     (COM1 + 5)
#define COM_SCRATCH    (COM1 + 7)
#define LINE_8N1       0x03
#define LINE_DIVISOR   0x80
#define STATUS_EMPTY   0x20
#define PATIENCE       1000000

static bool present;

void serial_init(void)
{
	io_write(COM_SCRATCH, 0x5a);
	present = io_read(COM_SCRATCH) == 0x5a;
	if (!present)
		return;
	io_write(COM_INTERRUPTS, 0);
	io_write(COM_LINE, LINE_DIVISOR | LINE_8N1);
	io_write(COM_DIVISOR_LO, 1);
	io_write(COM_INTERRUPTS, 0); /* the divisor's high byte */
	io_write(COM_LINE, LINE_8N1);
	io_write(COM_FIFO, 0x07);
	io_write(COM_MODEM, 0x03);
}

static void put(char c)
{
	for (unsigned int i = 0; present && !(io_read(COM_STATUS) & STATUS_EMPTY); i++)
		present = i < PATIENCE;
	if (present)
		io_write(COM_DATA, (uint8_t)c);
}

void serial_puts(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			put('\r');
		put(*text);
	}
}
