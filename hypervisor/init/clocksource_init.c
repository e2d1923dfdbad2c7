/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reference counters: HPET (IA-PC HPET specification 1.0a, 2.3) and ACPI PM timer
 * (ACPI 6.4, 4.8.3.3). Both run at a rate known from the specification or from the device itself.
 */
#include "machine/clocksource.h"

#include "core/log.h"
#include "machine/acpi.h"
#include "machine/cpu_ops.h"
#include "machine/paging.h"

#define HPET_CAPABILITIES 0x00
#define HPET_CONFIG	  0x10
#define HPET_64BIT	  (1u << 13)
#define HPET_ENABLE	  1u
#define FEMTO_PER_SEC	  1000000000000000ULL
#define HPET_MAX_PERIOD	  100000000u /* femtoseconds, by specification */
#define PM_TIMER_HZ	  3579545

static bool try_hpet(void)
{
	uint32_t period;

	if (!acpi.hpet)
		return false;
	clocksource_hpet = machine_map_mmio(acpi.hpet, 1024);
	period = *(volatile uint32_t *)(clocksource_hpet + HPET_CAPABILITIES + 4);
	if (!period || period > HPET_MAX_PERIOD)
		return false;
	*(volatile uint32_t *)(clocksource_hpet + HPET_CONFIG) |= HPET_ENABLE;
	clocksource = (struct clocksource){"HPET", clocksource_read_hpet, UINT32_MAX,
					   FEMTO_PER_SEC / period};
	return true;
}

static bool try_pm_timer(void)
{
	if (!acpi.pm_timer_port)
		return false;
	clocksource =
		(struct clocksource){"PM timer", clocksource_read_pm_timer,
				     acpi.pm_timer_32bit ? UINT32_MAX : 0xffffff, PM_TIMER_HZ};
	return true;
}

void clocksource_init(void)
{
	if (!try_hpet() && !try_pm_timer())
		panic("neither HPET nor PM timer: no clock to measure the TSC with");
}
