/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One serial line for two: the hypervisor's log, marked "(HV)", and dom0's terminal. A log line
 * that comes while dom0's line is unfinished starts on a line of its own. What is typed is dom0's.
 *
 * A port that takes no characters (its terminal is not read) holds up nobody for long. dom0 waits,
 * by calling again, and goes on without it after ten seconds; a log line waits a second. From then
 * on characters are lost, and counted, until the port takes them again; then the line goes on.
 *
 * LOCK_CONSOLE guards the log ring, the UART and the input buffer; it is the last in the order, so
 * anyone may log. dom0 is told of input after the lock is given back.
 */
#include "machine/console.h"

#include "core/domain.h"
#include "core/lock.h"
#include "core/log.h"
#include "core/machine.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "machine/irq.h"
#include "machine/log_ring.h"
#include "machine/options.h"
#include "machine/uart.h"
#include "shoji/virq.h"

#define LINE_MAX   256
#define INPUT_MAX  1024 /* a power of two */
#define PREFIX_MAX 32

/* How often a port that takes nothing is looked at, which takes a microsecond or so. */
#define LOOKS_LOG  1000000
#define LOOKS_DOM0 20000

#define DOM0_WAITS_NS 10000000000ULL

static struct spinlock lock = SPINLOCK(LOCK_CONSOLE);
static bool lock_broken;
static bool at_line_start = true, after_return;
static bool stuck;	   /* the port took nothing for so long that nobody waits for it */
static nsec_t dom0_waits;  /* since when; 0: it does not */
static unsigned long lost; /* characters that nobody has been told of */

static char input[INPUT_MAX];
static uint32_t input_read, input_written; /* counts, modulo INPUT_MAX */

static void acquire(void)
{
	if (!lock_broken)
		spin_lock(&lock);
}

static void release(void)
{
	if (!lock_broken)
		spin_unlock(&lock);
}

void console_break_lock(void)
{
	lock_broken = true;
}

bool console_visible(int level)
{
	return level <= options.loglvl || lock_broken; /* last words always */
}

static void put(char c)
{
	stuck = unlikely(!uart_room()) && !uart_wait(stuck ? 0 : LOOKS_LOG);
	if (unlikely(stuck))
		lost++;
	else
		uart_put(c);
}

/* A terminal wants a return before each new line; some texts bring their own. */
static void emit(const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		if (text[i] == '\n' && !after_return)
			put('\r');
		put(text[i]);
		after_return = text[i] == '\r';
		at_line_start = text[i] == '\n' || (at_line_start && after_return);
	}
}

static void show(const char *line, size_t length)
{
	if (!at_line_start)
		emit("\n", 1);
	emit("(HV) ", 5);
	emit(line, length);
}

static void tell_lost(void)
{
	char line[LINE_MAX];
	unsigned long n = lost;

	if (likely(!n) || !uart_ready())
		return;
	lost = 0;
	show(line,
	     (size_t)snprintf(line, sizeof(line),
			      "%lu characters were lost: the serial port did not take them\n", n));
}

/* May dom0 write? It may also if it has waited long enough. */
static bool dom0_may_write(void)
{
	if (uart_wait(stuck ? 0 : LOOKS_DOM0)) {
		dom0_waits = 0;
		tell_lost();
		return true;
	}
	if (!dom0_waits)
		dom0_waits = machine_now();
	if (machine_now() - dom0_waits < DOM0_WAITS_NS)
		return false;
	stuck = true;
	return true;
}

size_t console_write(const char *text, size_t bytes)
{
	size_t n = 0;

	acquire();
	while (n < bytes && dom0_may_write()) {
		size_t piece = MIN(bytes - n, MAX((size_t)uart_room(), (size_t)1));

		emit(text + n, piece);
		n += piece;
	}
	release();
	return n;
}

/* Prefix and text in one buffer, cut to its size, with a new line at the end. */
static size_t format(char *line, const char *fmt, va_list args)
{
	nsec_t now = machine_now();
	int prefix = snprintf(line, PREFIX_MAX, "[%5lu.%06lu] ", (unsigned long)(now / 1000000000),
			      (unsigned long)(now / 1000 % 1000000));
	int length = vsnprintf(line + prefix, LINE_MAX - (size_t)prefix - 1, fmt, args);
	size_t end = MIN((size_t)prefix + (size_t)length, (size_t)LINE_MAX - 2);

	line[end] = '\n';
	return end + 1;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[LINE_MAX];
	size_t length;
	va_list args;

	va_start(args, fmt);
	length = format(line, fmt, args);
	va_end(args);
	acquire();
	ring_put(line, length);
	if (console_visible((int)level)) {
		tell_lost();
		show(line, length);
	}
	release();
}

size_t log_ring_read(char *text, size_t room, uint64_t *index)
{
	size_t n;

	acquire();
	n = ring_get(text, room, index);
	release();
	return n;
}

void log_ring_clear(void)
{
	acquire();
	ring_clear();
	release();
}

/* --- input --- */

/* Lock held. True: there is something for dom0 to read. What does not fit is lost. */
static bool receive(void)
{
	char c;

	while (uart_get(&c))
		if (input_written - input_read < INPUT_MAX)
			input[input_written++ % INPUT_MAX] = c;
	return input_written != input_read;
}

static void interrupt(void *data)
{
	bool waiting;

	(void)data;
	acquire();
	waiting = receive();
	release();
	if (waiting)
		evtchn_raise_global_virq(VIRQ_CONSOLE);
}

size_t console_read(char *text, size_t room)
{
	size_t n = 0;

	acquire();
	receive();
	while (n < room && input_read != input_written)
		text[n++] = input[input_read++ % INPUT_MAX];
	release();
	return n;
}

/* --- bring-up --- */

static void show_backlog(void)
{
	char c;
	uint64_t index = 0;

	while (ring_get(&c, 1, &index))
		emit(&c, 1);
}

void console_init(void)
{
	if (options.console != CONSOLE_COM1 || !uart_init(options.com1_port, options.com1_baud))
		return;
	emit("\n", 1);
	show_backlog();
}

void console_init_irq(void)
{
	if (options.console != CONSOLE_COM1 || !options.com1_irq)
		return;
	if (irq_claim_isa(options.com1_irq, interrupt, NULL)) {
		log_warn("console: interrupt %u is taken, so there is no input", options.com1_irq);
		return;
	}
	uart_enable_input_interrupt();
}
