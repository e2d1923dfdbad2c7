/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The serial port under the console. Output is polled, a FIFO's worth at a time; input comes with
 * an interrupt, or is polled where there is none. A port may stop taking characters, for a while or
 * for ever (a terminal that nobody reads): what to do then is the console's to decide.
 */
#include "machine/uart.h"

#include "machine/cpu_ops.h"

enum {
	REG_DATA = 0, /* DIVISOR_LOW with LCR_DLAB */
	REG_IER = 1,  /* DIVISOR_HIGH with LCR_DLAB */
	REG_IIR = 2,  /* read */
	REG_FCR = 2,  /* written */
	REG_LCR = 3,
	REG_MCR = 4,
	REG_LSR = 5,
	REG_SCRATCH = 7,
	REGISTERS = 8,
};

#define IER_RECEIVED  0x01
#define IIR_FIFO      0xc0
#define FCR_ENABLE    0x01
#define FCR_CLEAR     0x06
#define FCR_TRIGGER_8 0x80
#define LCR_8N1	      0x03
#define LCR_DLAB      0x80
#define MCR_DTR_RTS   0x03
#define MCR_OUT2      0x08 /* lets the interrupt through */
#define LSR_RECEIVED  0x01
#define LSR_TX_EMPTY  0x20
#define CLOCK	      115200
#define LSR_ABSENT    0xff /* nobody drives the bus */

static struct {
	bool present;
	uint16_t base;
	unsigned int fifo; /* characters it takes at once */
	unsigned int room; /* of which this many are known to be free */
} uart;

static uint8_t get(unsigned int reg)
{
	return cpu_inb((uint16_t)(uart.base + reg));
}

static void set(unsigned int reg, uint8_t value)
{
	cpu_outb((uint16_t)(uart.base + reg), value);
}

static bool probe(void)
{
	set(REG_SCRATCH, 0x5a);
	if (get(REG_SCRATCH) != 0x5a)
		return false;
	set(REG_SCRATCH, 0xa5);
	return get(REG_SCRATCH) == 0xa5;
}

static void set_speed(unsigned int baud)
{
	unsigned int divisor = MAX(CLOCK / baud, 1u);

	set(REG_LCR, LCR_DLAB | LCR_8N1);
	set(REG_DATA, (uint8_t)divisor);
	set(REG_IER, (uint8_t)(divisor >> 8));
}

bool uart_init(uint16_t port, unsigned int baud)
{
	uart.base = port;
	if (!probe())
		return false;
	if (baud)
		set_speed(baud);
	set(REG_LCR, LCR_8N1);
	set(REG_IER, 0);
	set(REG_FCR, FCR_ENABLE | FCR_CLEAR | FCR_TRIGGER_8);
	set(REG_MCR, MCR_DTR_RTS);
	uart.fifo = (get(REG_IIR) & IIR_FIFO) == IIR_FIFO ? 16 : 1;
	uart.room = 0;
	uart.present = true;
	return true;
}

unsigned int uart_room(void)
{
	return uart.present ? uart.room : ~0u;
}

bool uart_ready(void)
{
	if (uart.present && !uart.room && (get(REG_LSR) & LSR_TX_EMPTY))
		uart.room = uart.fifo;
	return !uart.present || uart.room;
}

bool uart_wait(unsigned int looks)
{
	while (!uart_ready()) {
		if (!looks--)
			return false;
		cpu_pause();
	}
	return true;
}

void uart_put(char c)
{
	if (!uart.present || !uart.room)
		return;
	uart.room--;
	set(REG_DATA, (uint8_t)c);
}

bool uart_get(char *c)
{
	uint8_t status;

	if (!uart.present)
		return false;
	status = get(REG_LSR);
	if (status == LSR_ABSENT || !(status & LSR_RECEIVED))
		return false;
	*c = (char)get(REG_DATA);
	return true;
}

void uart_enable_input_interrupt(void)
{
	if (!uart.present)
		return;
	set(REG_MCR, MCR_DTR_RTS | MCR_OUT2);
	set(REG_IER, IER_RECEIVED);
	get(REG_IIR);
}

bool uart_owns_port(uint16_t port)
{
	return uart.present && port >= uart.base && port < uart.base + REGISTERS;
}
