/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/lib/string.c hypervisor/lib/strlcpy.c hypervisor/lib/printf.c */
/* FLAGS: -fno-builtin -Dvsnprintf=hv_vsnprintf -Dsnprintf=hv_snprintf -Dmemcpy=hv_memcpy */
/* FLAGS: -Dmemmove=hv_memmove -Dmemset=hv_memset -Dmemcmp=hv_memcmp -Dstrlen=hv_strlen */
/* FLAGS: -Dstrcmp=hv_strcmp -Dstrncmp=hv_strncmp -Dstrlcpy=hv_strlcpy */
/* The run-time image's own strings and formatting, under other names beside the C library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/printf.h"
#include "lib/string.h"

static char text[128];

#define expect(wanted, ...)                                                                       \
	do {                                                                                      \
		assert_int_equal(snprintf(text, sizeof(text), __VA_ARGS__), (int)strlen(wanted)); \
		assert_string_equal(text, wanted);                                                \
	} while (0)

static void numbers_are_formatted(void **state)
{
	(void)state;
	expect("-1 4294967295 ff", "%d %u %x", -1, ~0u, 255u);
	expect("-9223372036854775808", "%ld", INT64_MIN);
	expect("18446744073709551615", "%lu", UINT64_MAX);
	expect("DEADBEEF", "%X", 0xdeadbeefu);
	expect("0 255", "%hhd %hhu", 256, 511);
	expect("12", "%zu", (size_t)12);
	expect("0x1000", "%p", (void *)0x1000);
}

static void fields_are_padded(void **state)
{
	(void)state;
	expect("[   42][42   ][00042]", "[%5d][%-5d][%05d]", 42, 42, 42);
	expect("[-0042][  -42]", "[%05d][%5d]", -42, -42);
	expect("[  ab][ab  ][a]", "[%4s][%-4s][%.1s]", "ab", "ab", "ab");
	expect("[  7]", "[%*d]", 3, 7);
	expect("00000000000000ff", "%016lx", 255ul);
}

static void text_is_cut_and_ended(void **state)
{
	const char *volatile none = NULL;
	char small[4] = "xyz";

	(void)state;
	assert_int_equal(snprintf(small, sizeof(small), "%s", "abcdef"), 6);
	assert_string_equal(small, "abc");
	small[0] = 'q';
	assert_int_equal(snprintf(small, 0, "abc"), 3);
	assert_int_equal(small[0], 'q');
	expect("%", "%%");
	expect("(null)", "%s", none);
	assert_int_equal(strlcpy(small, "abcdef", sizeof(small)), 6);
	assert_string_equal(small, "abc");
}

static void memory_moves(void **state)
{
	char a[32] = "0123456789abcdefghijklmnopq", b[32];

	(void)state;
	for (size_t n = 0; n < 28; n++) {
		memset(b, '.', sizeof(b));
		assert_ptr_equal(memcpy(b + 1, a, n), b + 1);
		assert_int_equal(memcmp(b + 1, a, n), 0);
		assert_int_equal(b[0], '.');
		assert_int_equal(b[n + 1], '.');
	}
	memmove(a + 3, a, 20);
	assert_memory_equal(a, "0120123456789abcdefghijnopq", 27);
	memmove(a, a + 3, 20);
	assert_memory_equal(a, "0123456789abcdefghij", 20);
}

static void strings_compare(void **state)
{
	(void)state;
	assert_true(strcmp("abc", "abd") < 0);
	assert_true(strcmp("b", "abc") > 0);
	assert_int_equal(strcmp("", ""), 0);
	assert_int_equal(strncmp("abc", "abd", 2), 0);
	assert_true(memcmp("\x80", "\x01", 1) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_formatted), cmocka_unit_test(fields_are_padded),
		cmocka_unit_test(text_is_cut_and_ended), cmocka_unit_test(memory_moves),
		cmocka_unit_test(strings_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
