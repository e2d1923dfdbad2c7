/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/init/power_s5.c */
/* The sleep types for power-off, found in ACPI machine code that may be anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "init/power_s5.h"

static int find(const char *aml, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1), types[2] = {0xee, 0xee};
	bool found;

	memcpy(copy, aml, size);
	found = power_find_s5(copy, size, types);
	free(copy);
	return found ? types[0] << 8 | types[1] : -1;
}
#define FIND(s) find(s, sizeof(s) - 1)

static void finds_constants(void **state)
{
	(void)state;
	assert_int_equal(FIND("xx\x08_S5_\x12\x06\x04\x00\x00\x00\x00"), 0);
	assert_int_equal(FIND("\x08_S5_\x12\x0a\x04\x0a\x05\x0a\x07\x0a\x00\x0a\x00"), 0x507);
	assert_int_equal(FIND("\x08\\_S5_\x12\x0a\x04\x01\x0a\x03\x00\x00"), 0x103);
	assert_int_equal(FIND("\x08_S5_\x12\x40\x01\x04\x0b\x06\x00\x0c\x05\x00\x00\x00"), 0x605);
}

static void ignores_other_names(void **state)
{
	(void)state;
	assert_int_equal(FIND("\x08_S3_\x12\x06\x04\x01\x01\x00\x00"), -1);
	assert_int_equal(FIND("_S5_\x12\x06\x04\x00\x00\x00\x00"),
			 -1); /* a use, not a definition */
	assert_int_equal(FIND("\x08_S5_\x0d"
			      "no package"),
			 -1);
	/* The first is a use with something else behind it, the second is it. */
	assert_int_equal(FIND("a_S5_b\x08_S5_\x12\x06\x04\x01\x00\x00\x00"), 0x100);
}

static void stays_inside(void **state)
{
	static const char whole[] = "\x08_S5_\x12\x40\x01\x04\x0b\x06\x00\x0c\x05\x00\x00\x00";

	(void)state;
	for (size_t size = 0; size < sizeof(whole) - 1; size++)
		assert_int_equal(find(whole, size), -1);
	assert_int_equal(FIND("\x08_S5_\x12\xff"), -1);
	assert_int_equal(FIND("\x08_S5_\x12\x03\x01\x00"), -1); /* one element only */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_constants),
		cmocka_unit_test(ignores_other_names),
		cmocka_unit_test(stays_inside),
	};

	return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
