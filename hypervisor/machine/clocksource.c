/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the reference counter that init/clocksource_init.c chose. */
#include "machine/clocksource.h"

#include "machine/acpi.h"
#include "machine/cpu_ops.h"

volatile uint8_t *clocksource_hpet;
struct clocksource clocksource;

uint64_t clocksource_read_hpet(void)
{
	return *(volatile uint32_t *)(clocksource_hpet + HPET_COUNTER);
}

uint64_t clocksource_read_pm_timer(void)
{
	return cpu_inl(acpi.pm_timer_port);
}
