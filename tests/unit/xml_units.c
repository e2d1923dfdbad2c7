/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The small textual values of a definition: memory sizes, uuids, MAC addresses, disk names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpuset.h"
#include "units.h"

static void memory_units(void **state)
{
	static const struct {
		const char *number, *unit;
		uint64_t kib;
	} good[] = {
		{"131072", NULL, 131072}, {"131072", "KiB", 131072},
		{"128", "MiB", 131072},	  {"128", "M", 131072},
		{"1", "GiB", 1048576},	  {" 2 ", "G", 2097152},
		{"1", "TiB", 1073741824}, {"1", "b", 1},
		{"1025", "bytes", 2},	  {"1", "KB", 1},
		{"1000", "MB", 976563},	  {"0", "GiB", 0},
	};
	uint64_t kib;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		kib = 77;
		assert_int_equal(units_memory_parse(good[i].number, good[i].unit, &kib), 0);
		assert_int_equal(kib, good[i].kib);
	}
}

static void memory_refusals(void **state)
{
	uint64_t kib = 77;

	(void)state;
	assert_int_equal(units_memory_parse("", "MiB", &kib), -1);
	assert_int_equal(units_memory_parse("-1", "MiB", &kib), -1);
	assert_int_equal(units_memory_parse("12x", "MiB", &kib), -1);
	assert_int_equal(units_memory_parse("1 2", "MiB", &kib), -1);
	assert_int_equal(units_memory_parse("128", "mib", &kib), -1);
	assert_int_equal(units_memory_parse("128", "", &kib), -1);
	assert_int_equal(units_memory_parse("18446744073709551615", "KiB", &kib), -1);
	assert_int_equal(units_memory_parse("99999999999999999999", "b", &kib), -1);
	assert_int_equal(units_memory_parse("18446744073709551615", "b", &kib), -1);
	assert_int_equal(kib, 77);
}

static void uuids(void **state)
{
	uint8_t uuid[16], again[16];
	char text[UUID_TEXT_SIZE];

	(void)state;
	assert_int_equal(units_uuid_parse("0123abcd-4567-89EF-fedc-ba9876543210", uuid), 0);
	units_uuid_format(uuid, text);
	assert_string_equal(text, "0123abcd-4567-89ef-fedc-ba9876543210");
	assert_int_equal(units_uuid_parse("0123abcd456789effedcba9876543210", again), 0);
	assert_memory_equal(uuid, again, 16);
	assert_int_equal(units_uuid_parse("0123abcd-4567-89ef-fedc-ba987654321", again), -1);
	assert_int_equal(units_uuid_parse("0123abcd-4567-89ef-fedc-ba98765432100", again), -1);
	assert_int_equal(units_uuid_parse("-0123abcd4567-89ef-fedc-ba9876543210", again), -1);
	assert_int_equal(units_uuid_parse("0123abcd-4567-89ef-fedc-ba987654321g", again), -1);
	assert_int_equal(units_uuid_parse("", again), -1);
	assert_int_equal(units_uuid_random(uuid), 0);
	assert_int_equal(uuid[6] >> 4, 4);
	assert_int_equal(uuid[8] >> 6, 2);
}

static void macs(void **state)
{
	uint8_t mac[6], other[6], uuid[16] = {1, 2, 3};
	char text[MAC_TEXT_SIZE];

	(void)state;
	assert_int_equal(units_mac_parse("00:16:3E:00:0a:ff", mac), 0);
	units_mac_format(mac, text);
	assert_string_equal(text, "00:16:3e:00:0a:ff");
	assert_int_equal(units_mac_parse("00:16:3e:00:0a", mac), -1);
	assert_int_equal(units_mac_parse("00:16:3e:00:0a:ff:00", mac), -1);
	assert_int_equal(units_mac_parse("00-16-3e-00-0a-ff", mac), -1);
	assert_int_equal(units_mac_parse("0:16:3e:00:0a:ff", mac), -1);
	units_mac_derive(uuid, 0, mac);
	units_mac_derive(uuid, 1, other);
	assert_memory_equal(mac, "\x00\x16\x3e", 3);
	assert_memory_not_equal(mac, other, 6);
	units_mac_derive(uuid, 1, mac);
	assert_memory_equal(mac, other, 6);
}

static void disk_names(void **state)
{
	uint32_t n = 0;

	(void)state;
	assert_int_equal(units_disk_number("xvda", &n), 0);
	assert_int_equal(n, 51712);
	assert_int_equal(units_disk_number("xvdb", &n), 0);
	assert_int_equal(n, 51728);
	assert_int_equal(units_disk_number("xvda1", &n), 0);
	assert_int_equal(n, 51713);
	assert_int_equal(units_disk_number("xvdq", &n), 0);
	assert_int_equal(n, (1u << 28) | (16u << 8));
	assert_int_equal(units_disk_number("xvdaa", &n), 0);
	assert_int_equal(n, (1u << 28) | (26u << 8));
	assert_int_equal(units_disk_number("xvda16", &n), 0);
	assert_int_equal(n, (1u << 28) | 16u);
	assert_int_equal(units_disk_number("sda", &n), -1);
	assert_int_equal(units_disk_number("xvd", &n), -1);
	assert_int_equal(units_disk_number("xvda0", &n), -1);
	assert_int_equal(units_disk_number("xvda256", &n), -1);
	assert_int_equal(units_disk_number("xvda1b", &n), -1);
	assert_int_equal(units_disk_number("xvdA", &n), -1);
}

static void processor_sets(void **state)
{
	static const struct {
		const char *text;
		uint64_t set;
		const char *again; /* on 8 processors */
	} good[] = {
		{"0", 1, "0"},
		{"0-3", 15, "0-3"},
		{"0-3,^2", 11, "0-1,3"},
		{"7,1,3-4", 0x9a, "1,3-4,7"},
		{"0-7", 255, "all"},
		{"all", ~0ull, "all"},
		{"63", 1ull << 63, "63"},
		{"0-63", ~0ull, "all"},
	};
	static const char *const bad[] = {"",
					  " ",
					  ",",
					  "0,",
					  "-",
					  "1-",
					  "-1",
					  "3-1",
					  "64",
					  "0-64",
					  "a",
					  "0 1",
					  "^0",
					  "0,^0",
					  "1.5",
					  "0x1",
					  "99999999999999999999"};
	char text[CPUSET_TEXT_SIZE];
	uint64_t set;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		set = 0;
		assert_int_equal(cpuset_parse(good[i].text, &set), 0);
		assert_true(set == good[i].set);
		cpuset_format(set, 8, text);
		assert_string_equal(text, good[i].again);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set = 77;
		assert_int_equal(cpuset_parse(bad[i], &set), -1);
		assert_int_equal(set, 77);
	}
	cpuset_format(0x5555555555555555, 64, text); /* the longest */
	assert_int_equal(cpuset_parse(text, &set), 0);
	assert_true(set == 0x5555555555555555);
	cpuset_format(0, 8, text);
	assert_string_equal(text, "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_units), cmocka_unit_test(memory_refusals),
		cmocka_unit_test(uuids),	cmocka_unit_test(macs),
		cmocka_unit_test(disk_names),	cmocka_unit_test(processor_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
