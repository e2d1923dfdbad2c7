/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of the machine: power-off and reset.
 *
 * Power-off is normally dom0's, which runs ACPI's code and asks for the register values that it
 * found. Where it cannot (SCHEDOP_shutdown alone), those that the DSDT had at start do. Reset tries
 * what PCs have, most polite first. No lock: the last thing that happens.
 */
#include "core/machine.h"

#include "core/log.h"
#include "machine/acpi.h"
#include "machine/cpu_ops.h"
#include "machine/time.h"
#include "shoji/errno.h"

#define SLEEP_ENABLE   (1u << 13)
#define SLEEP_TYPE(t)  ((uint16_t)((t & 7u) << 10))
#define SLEEP_TYPES    SLEEP_TYPE(7u)
#define PORT_KEYBOARD  0x64
#define KEYBOARD_RESET 0xfe
#define PORT_CHIPSET   0xcf9
#define CHIPSET_ARM    0x02
#define CHIPSET_RESET  0x06
#define PATIENCE_US    1000000

static _Noreturn void stop(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" ::: "memory");
}

static void write_control(uint16_t port, uint16_t value)
{
	if (port)
		cpu_outw(port, value);
}

/* Both registers get the type first, then the word to act on it. */
static void write_sleep(uint16_t a, uint16_t b)
{
	write_control(acpi.pm1a_control, a & (uint16_t)~SLEEP_ENABLE);
	write_control(acpi.pm1b_control, b & (uint16_t)~SLEEP_ENABLE);
	cpu_wbinvd();
	write_control(acpi.pm1a_control, a | SLEEP_ENABLE);
	write_control(acpi.pm1b_control, b | SLEEP_ENABLE);
	time_udelay(PATIENCE_US);
}

static void power_off(void)
{
	uint16_t a, b;

	if (!acpi.pm1a_control || !acpi.has_s5)
		return;
	a = cpu_inw(acpi.pm1a_control) & (uint16_t)~SLEEP_TYPES;
	b = acpi.pm1b_control ? cpu_inw(acpi.pm1b_control) & (uint16_t)~SLEEP_TYPES : 0;
	write_sleep(a | SLEEP_TYPE(acpi.s5[0]), b | SLEEP_TYPE(acpi.s5[1]));
}

static void reset(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) none = {0, 0};

	if (acpi.reset_port) {
		cpu_outb(acpi.reset_port, acpi.reset_value);
		time_udelay(PATIENCE_US);
	}
	cpu_outb(PORT_CHIPSET, CHIPSET_ARM);
	cpu_outb(PORT_CHIPSET, CHIPSET_RESET);
	time_udelay(PATIENCE_US);
	cpu_outb(PORT_KEYBOARD, KEYBOARD_RESET);
	time_udelay(PATIENCE_US);
	__asm__ volatile("lidt %0; int3" ::"m"(none)); /* a fault without a handler */
}

void machine_halt(bool reboot)
{
	if (reboot)
		reset();
	else
		power_off();
	log_warn("the machine cannot %s itself; it is safe to do so by hand",
		 reboot ? "reset" : "switch off");
	stop();
}

int machine_sleep(unsigned int state, uint16_t a, uint16_t b)
{
	if (state != 5)
		return -XEN_EOPNOTSUPP;
	if (!acpi.pm1a_control)
		return -XEN_ENODEV;
	write_sleep(a, b);
	return -XEN_EIO;
}
