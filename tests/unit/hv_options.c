/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/init/options.c hypervisor/machine/log_ring.c */
/* The hypervisor's command line; and the ring that keeps the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/log.h"
#include "machine/log_ring.h"
#include "machine/options.h"

static unsigned int warnings;

void log_line(enum log_level level, const char *fmt, ...)
{
	(void)fmt;
	warnings += level == LOG_WARNING;
}

static struct options parse(const char *line)
{
	struct options o;

	options_parse(line, &o);
	return o;
}

static void nothing_gives_the_defaults(void **state)
{
	struct options o = parse("");

	(void)state;
	assert_int_equal(o.com1_port, 0x3f8);
	assert_int_equal(o.com1_irq, 4);
	assert_int_equal(o.com1_baud, 115200);
	assert_int_equal(o.loglvl, LOG_INFO);
	assert_int_equal(o.unknown_count, 0);
	assert_true(o.dom0_mem == 0 && o.maxcpus == 0 && o.pti < 0);
}

static void memory_has_three_parts(void **state)
{
	struct options o = parse("dom0_mem=1536M,min:512M,max:2G");

	(void)state;
	assert_int_equal(o.dom0_mem, 1536ull << 20);
	assert_int_equal(o.dom0_mem_min, 512ull << 20);
	assert_int_equal(o.dom0_mem_max, 2ull << 30);
	o = parse("dom0_mem=max:1G");
	assert_int_equal(o.dom0_mem, 0);
	assert_int_equal(o.dom0_mem_max, 1ull << 30);
}

static void sizes_have_units(void **state)
{
	uint64_t v;

	(void)state;
	assert_true(options_size("512", "512" + 3, &v) && v == 512ull << 10);
	for (unsigned int i = 0; i < 5; i++) {
		char text[] = "3b";

		text[1] = "bKmGt"[i];
		assert_true(options_size(text, text + 2, &v));
		assert_int_equal(v, 3ull << (10 * i));
	}
	assert_false(options_size("", "", &v));
	assert_false(options_size("12x", "12x" + 3, &v));
	assert_false(options_size("12MM", "12MM" + 4, &v));
	assert_false(options_size("99999999999999999999G", "99999999999999999999G" + 21, &v));
	assert_false(options_size("16777216t", "16777216t" + 9, &v));
}

static void serial_port_is_read(void **state)
{
	struct options o = parse("com1=9600,8n1,0x2f8,3 console=com1,vga");

	(void)state;
	assert_int_equal(o.com1_baud, 9600);
	assert_int_equal(o.com1_port, 0x2f8);
	assert_int_equal(o.com1_irq, 3);
	assert_int_equal(o.console, CONSOLE_COM1);
	o = parse("com1=auto console=none");
	assert_int_equal(o.com1_baud, 0);
	assert_int_equal(o.console, CONSOLE_NONE);
	assert_int_equal(o.unknown_count, 0);
}

static void flags_and_levels(void **state)
{
	struct options o = parse("noreboot sync_console loglvl=all guest_loglvl=none/all "
				 "tsc=unstable nosmp xpti=off dom0_max_vcpus=1-4");

	(void)state;
	assert_true(o.noreboot && o.sync_console && o.tsc_unstable && !o.tsc_stable);
	assert_int_equal(o.loglvl, LOGLVL_ALL);
	assert_int_equal(o.guest_loglvl, LOGLVL_NONE);
	assert_int_equal(o.maxcpus, 1);
	assert_int_equal(o.pti, 0);
	assert_int_equal(parse("pti=on").pti, 1);
	assert_int_equal(parse("pti=on xpti=default").pti, -1);
	assert_int_equal(o.dom0_max_vcpus, 4);
	assert_int_equal(o.unknown_count, 0);
	o = parse("noreboot=no loglvl=warning");
	assert_false(o.noreboot || o.audit_plant);
	assert_true(parse("audit-plant").audit_plant);
	assert_true(parse("sched=static").sched_static);
	assert_false(parse("sched=fair").sched_static);
	assert_int_equal(parse("sched=credit").unknown_count, 1);
	assert_int_equal(o.loglvl, LOG_WARNING);
}

static void what_is_not_understood_is_kept(void **state)
{
	(void)state;
	struct options o =
		parse("  placeholder  dom0_mem=lots maxcpus=0 com1=115200,7e1 loglvl=loud ");
	assert_int_equal(o.unknown_count, 5);
	assert_string_equal(o.unknown[0], "placeholder");
	assert_string_equal(o.unknown[1], "dom0_mem=lots");
	options_log_unknown(&o);
	assert_int_equal(warnings, 5);
}

static void long_and_many_words_do_no_harm(void **state)
{
	char line[4096];
	struct options o;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	o = parse(line);
	assert_int_equal(strlen(o.unknown[0]), OPTIONS_WORD_MAX - 1);
	for (size_t i = 1; i < sizeof(line) - 1; i += 2)
		line[i] = ' ';
	o = parse(line);
	assert_int_equal(o.unknown_count, OPTIONS_UNKNOWN_MAX);
}

static void ring_keeps_the_last_bytes(void **state)
{
	static char text[LOG_RING_BYTES];
	uint64_t index = 0;
	char back[8];

	(void)state;
	ring_put("hello", 5);
	assert_int_equal(ring_get(back, sizeof(back), &index), 5);
	assert_memory_equal(back, "hello", 5);
	assert_int_equal(index, 5);
	memset(text, '.', sizeof(text));
	ring_put(text, sizeof(text) - 2);
	index = 0; /* too late for the first three */
	assert_int_equal(ring_get(back, 4, &index), 4);
	assert_memory_equal(back, "lo..", 4);
	index = 1ull << 40;
	assert_int_equal(ring_get(back, 2, &index), 2);
	assert_memory_equal(back, "lo", 2);
	ring_clear();
	index = 0;
	assert_int_equal(ring_get(back, sizeof(back), &index), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_gives_the_defaults),
		cmocka_unit_test(memory_has_three_parts),
		cmocka_unit_test(sizes_have_units),
		cmocka_unit_test(serial_port_is_read),
		cmocka_unit_test(flags_and_levels),
		cmocka_unit_test(what_is_not_understood_is_kept),
		cmocka_unit_test(long_and_many_words_do_no_harm),
		cmocka_unit_test(ring_keeps_the_last_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
