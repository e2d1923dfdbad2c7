/* SPDX-License-Identifier: GPL-2.0-only */
/* The CMOS real-time clock (MC146818 data sheet), read once at boot for the wall clock. */
#include "machine/cpu_ops.h"
#include "machine/time.h"

#define RTC_INDEX  0x70
#define RTC_DATA   0x71
#define RTC_UIP	   0x80 /* in register A: an update is in progress */
#define RTC_BINARY 0x04 /* in register B: not BCD */
#define RTC_24H	   0x02

struct rtc_time {
	uint8_t second, minute, hour, day, month, year;
};

static uint8_t cmos(uint8_t reg)
{
	cpu_outb(RTC_INDEX, reg);
	return cpu_inb(RTC_DATA);
}

static struct rtc_time read_fields(void)
{
	for (int i = 0; i < 100000 && (cmos(0x0a) & RTC_UIP); i++)
		cpu_pause();
	return (struct rtc_time){cmos(0), cmos(2), cmos(4), cmos(7), cmos(8), cmos(9)};
}

static bool same(const struct rtc_time *a, const struct rtc_time *b)
{
	return a->second == b->second && a->minute == b->minute && a->hour == b->hour &&
	       a->day == b->day && a->month == b->month && a->year == b->year;
}

static unsigned int from_bcd(unsigned int v)
{
	return (v >> 4) * 10 + (v & 15);
}

/* Days from 1970-01-01 to the first of March-based year y (Howard Hinnant's civil-day formula). */
static uint64_t days_since_1970(unsigned int year, unsigned int month, unsigned int day)
{
	unsigned int y = month <= 2 ? year - 1 : year;
	unsigned int m = month <= 2 ? month + 9 : month - 3;
	unsigned int era = y / 400, yoe = y % 400;
	unsigned int doe = yoe * 365 + yoe / 4 - yoe / 100 + (153 * m + 2) / 5 + day - 1;

	return (uint64_t)era * 146097 + doe - 719468;
}

uint64_t rtc_read_ns(void)
{
	struct rtc_time t = read_fields(), again = read_fields();
	uint8_t mode = cmos(0x0b);
	bool pm = t.hour & 0x80;
	unsigned int v[6];

	for (int i = 0; i < 10 && !same(&t, &again); i++) {
		t = again;
		again = read_fields();
	}
	t.hour &= 0x7f;
	v[0] = t.second, v[1] = t.minute, v[2] = t.hour, v[3] = t.day, v[4] = t.month,
	v[5] = t.year;
	for (int i = 0; i < 6 && !(mode & RTC_BINARY); i++)
		v[i] = from_bcd(v[i]);
	if (!(mode & RTC_24H))
		v[2] = v[2] % 12 + (pm ? 12 : 0);
	v[5] += v[5] < 70 ? 2000 : 1900;
	return ((days_since_1970(v[5], v[4], v[3]) * 24 + v[2]) * 60 + v[1]) * 60000000000ULL +
	       v[0] * 1000000000ULL;
}
