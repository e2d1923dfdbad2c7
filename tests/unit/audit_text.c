/* SPDX-License-Identifier: GPL-2.0-only */
/* What the audit found, in words: each kind, and never beyond the buffer. */
/* SOURCES: dom0-tools/lib/audit_text.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit_text.h"
#include "shoji/extension.h"

#define FRAME 0x1234

static const struct {
	struct shoji_audit_finding finding;
	const char *text;
} cases[] = {
	{{FRAME, SHOJI_AUDIT_references, 1, 0, 2, 3},
	 "frame 0x1234 of hello: 3 references counted, 2 explained"},
	{{FRAME, SHOJI_AUDIT_types, 1, 0, 2, 1},
	 "frame 0x1234 of hello: 1 use of its type counted, 2 explained"},
	{{FRAME, SHOJI_AUDIT_state, 1, 0, 0,
	  1ULL << 32 | 7 | SHOJI_AUDIT_WORD_pinned | SHOJI_AUDIT_WORD_partial |
		  SHOJI_AUDIT_WORD_busy | SHOJI_AUDIT_WORD_locked},
	 "frame 0x1234 of hello: its record must not stay like this: a page table of level 1, "
	 "7 uses, pinned, half checked, being changed by nobody, locked by nobody"},
	{{FRAME, SHOJI_AUDIT_entry, 1, 17, 0, 0x5003},
	 "frame 0x1234 of hello: entry 17 of this table must not be there: 0x5003"},
	{{FRAME, SHOJI_AUDIT_entry, 1, 256, 0x7003, 0x5003},
	 "frame 0x1234 of hello: entry 256 of this table is 0x5003, it must be 0x7003"},
	{{FRAME, SHOJI_AUDIT_holder, 1, 3, 4, 6ULL << 32 | 1},
	 "frame 0x1234 of hello: vCPU 3 uses it as a page table of level 4, but it is writable "
	 "memory, 1 use"},
	{{FRAME, SHOJI_AUDIT_lent, 1, 0, 0, 2},
	 "frame 0x1234 of hello: other guests map it 2 times more often than it is lent to them"},
	{{SHOJI_AUDIT_NO_FRAME, SHOJI_AUDIT_pages, 1, 0, 10, 11},
	 "domain hello: 10 frames belong to it, it is charged for 11"},
	{{SHOJI_AUDIT_NO_FRAME, SHOJI_AUDIT_grants, 1, 0, 4, 5},
	 "domain hello: 4 mappings of its grants found, 5 counted"},
	{{SHOJI_AUDIT_NO_FRAME, SHOJI_AUDIT_handle, 1, 0, 8, 2},
	 "domain hello: domain 2 maps its grant 8, which does not say so"},
	{{FRAME, 99, 1, 4, 5, 6},
	 "frame 0x1234 of hello: finding of kind 99 at 4: 0x6, it must be 0x5"},
};

static void each_kind(void **state)
{
	char text[300];

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		audit_text(&cases[i].finding, "hello", text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

static void without_an_owner(void **state)
{
	struct shoji_audit_finding n = {FRAME, SHOJI_AUDIT_owner, SHOJI_AUDIT_NO_DOMAIN, 0, 0, 16};
	char text[300];

	(void)state;
	audit_text(&n, NULL, text, sizeof(text));
	assert_string_equal(text, "frame 0x1234 of nobody: it belongs to somebody who is no "
				  "domain, at 0x10");
	n.frame = SHOJI_AUDIT_NO_FRAME;
	audit_text(&n, NULL, text, sizeof(text));
	assert_string_equal(text,
			    "domain unknown: it belongs to somebody who is no domain, at 0x10");
}

static void cut_short(void **state)
{
	char text[20];

	(void)state;
	for (size_t room = 0; room < sizeof(text); room++) {
		memset(text, '#', sizeof(text));
		audit_text(&cases[2].finding, "a very long name", text, room);
		for (size_t i = room; i < sizeof(text); i++)
			assert_int_equal(text[i], '#');
		if (room)
			assert_int_equal(strlen(text), room - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind),
		cmocka_unit_test(without_an_owner),
		cmocka_unit_test(cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
