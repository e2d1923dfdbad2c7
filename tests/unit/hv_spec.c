/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/init/spec_choose.c hypervisor/init/options.c */
/* What is done against speculation: on which processor, and with which option. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/log.h"
#include "machine/options.h"
#include "machine/spec.h"

void log_line(enum log_level level, const char *fmt, ...)
{
	(void)level, (void)fmt;
}

static struct options parse(const char *line)
{
	struct options o;

	options_parse(line, &o);
	return o;
}

static struct spec_plan plan(const struct spec_cpu *cpu, const char *line)
{
	struct options o = parse(line);
	struct spec_plan p;

	assert_int_equal(o.unknown_count, 0);
	spec_choose(cpu, &o.spec, &p);
	return p;
}

/* Processors: from before 2018; with new microcode; that keep the rings apart by themselves. */
static const struct spec_cpu old,
	updated = {.leaf7_edx = 1u << 26},
	enhanced = {.leaf7_edx = 1u << 26 | 1u << 29, .arch_capabilities = 2},
	newest = {.leaf7_edx = 1u << 26 | 1u << 29, .leaf7_2_edx = 1u << 4, .arch_capabilities = 2},
	zen1 = {.leaf80000008_ebx = 1u << 12},
	zen4 = {.leaf80000008_ebx = 1u << 12, .leaf80000021_eax = 1u << 8};

static void retpolines_unless_the_processor_is_better(void **state)
{
	(void)state;
	assert_int_equal(plan(&old, "").thunk, THUNK_RETPOLINE);
	assert_int_equal(plan(&updated, "").thunk, THUNK_RETPOLINE);
	assert_int_equal(plan(&zen1, "").thunk, THUNK_RETPOLINE);
	assert_int_equal(plan(&enhanced, "").thunk, THUNK_JUMP);
	assert_int_equal(plan(&enhanced, "").spec_ctrl, 1);
	assert_int_equal(plan(&newest, "").spec_ctrl, 1 | 1 << 10);
	assert_int_equal(plan(&zen4, "").thunk, THUNK_JUMP);
	assert_true(plan(&zen4, "").auto_ibrs && !plan(&zen4, "").spec_ctrl);
	assert_false(plan(&zen1, "").auto_ibrs || plan(&old, "").auto_ibrs);
}

/* A bit that says there is a register, without the register's: nothing is written. */
static void half_a_feature_is_none(void **state)
{
	struct spec_cpu c = enhanced;

	(void)state;
	c.arch_capabilities = 0;
	assert_int_equal(plan(&c, "").thunk, THUNK_RETPOLINE);
	assert_int_equal(plan(&c, "").spec_ctrl, 0);
	c = enhanced;
	c.leaf7_edx &= ~(1u << 26);
	assert_int_equal(plan(&c, "").spec_ctrl, 0);
	assert_false(plan(&c, "").ibpb);
}

static void barriers_where_there_are_some(void **state)
{
	(void)state;
	assert_false(plan(&old, "").ibpb);
	assert_false(plan(&old, "spec-ctrl=ibpb").ibpb); /* the register is not there */
	assert_true(plan(&updated, "").ibpb);
	assert_true(plan(&zen1, "").ibpb);
	assert_true(plan(&old, "").rsb && plan(&old, "").lock);
}

static void each_part_can_be_switched_off(void **state)
{
	struct spec_plan p = plan(&updated, "spec-ctrl=no-ibpb");

	(void)state;
	assert_true(!p.ibpb && p.rsb && p.lock && p.thunk == THUNK_RETPOLINE);
	p = plan(&updated, "spec-ctrl=rsb=off,lock-harden=0");
	assert_true(p.ibpb && !p.rsb && !p.lock);
	p = plan(&updated, "spec-ctrl=bti-thunk=lfence,no-lock-harden");
	assert_true(p.ibpb && p.rsb && !p.lock && p.thunk == THUNK_LFENCE);
	assert_int_equal(plan(&enhanced, "spec-ctrl=bti-thunk=retpoline").thunk, THUNK_RETPOLINE);
	assert_int_equal(plan(&old, "spec-ctrl=bti-thunk=jmp").thunk, THUNK_JUMP);
	p = plan(&updated, "spec-ctrl=no");
	assert_true(!p.ibpb && !p.rsb && !p.lock && p.thunk == THUNK_JUMP);
	p = plan(&updated, "spec-ctrl=yes");
	assert_true(p.ibpb && p.rsb && p.lock && p.thunk == THUNK_RETPOLINE);
}

/* What cannot be read changes nothing, and is told. */
static void words_that_are_none(void **state)
{
	static const char *const words[] = {"spec-ctrl=bti-thunk", "spec-ctrl=bti-thunk=call",
					    "spec-ctrl=no-ibpb=1", "spec-ctrl=ibpb,no-such",
					    "spec-ctrl=no-ibpb,,", "spec-ctrl=rsb=maybe"};

	(void)state;
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct options o = parse(words[i]);

		assert_int_equal(o.unknown_count, 1);
		assert_true(o.spec.thunk < 0 && o.spec.ibpb < 0 && o.spec.rsb < 0 &&
			    o.spec.lock < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retpolines_unless_the_processor_is_better),
		cmocka_unit_test(half_a_feature_is_none),
		cmocka_unit_test(barriers_where_there_are_some),
		cmocka_unit_test(each_part_can_be_switched_off),
		cmocka_unit_test(words_that_are_none),
	};

	return cmocka_run_group_tests_name("hv_spec", tests, NULL, NULL);
}
