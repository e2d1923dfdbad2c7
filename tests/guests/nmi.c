/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NMIs that come from outside, at any instruction, while a kernel works: run.py sends them as fast
 * as it can. Nothing may change but that they are counted, in the hypervisor's entry code least of
 * all.
 */
#include "kit.h"

#include "shoji/callback.h"
#include "shoji/sched.h"
#include "shoji/version.h"

#define ENOUGH	 300U /* NMIs per test */
#define FOR_LONG 20000000000ULL
#define FLAG_IF	 0x200UL

extern volatile uint64_t nmis;
volatile uint64_t nmis;
void count_nmi(void);

/* clang-format off */
__asm__(
	".pushsection .text\n"
	"count_nmi:\n"
	"	incq nmis(%rip)\n"
	"	pop %rcx\n	pop %r11\n"
	"	push $0\n	push %rcx\n	push %r11\n	push %rax\n"
	"	mov $23, %eax\n	syscall\n"
	".popsection\n");
/* clang-format on */

static void listen(void)
{
	struct xen_callback_register r = {.type = CALLBACKTYPE_nmi, .address = (uint64_t)count_nmi};

	nmis = 0;
	EQUAL(CALL(HYPERCALL_callback_op, CALLBACKOP_register, &r), 0);
}

/* Does something again and again until there were enough. */
#define UNTIL_ENOUGH(...)                                                              \
	do {                                                                           \
		uint64_t end_ = now() + FOR_LONG;                                      \
		listen();                                                              \
		while (nmis < ENOUGH && now() < end_) {                                \
			__VA_ARGS__;                                                   \
		}                                                                      \
		if (nmis < ENOUGH)                                                     \
			fail("line %d: %lu NMIs only", __LINE__, (unsigned long)nmis); \
	} while (0)

static void handle_system_calls(void)
{
	struct xen_callback_register r = {.type = CALLBACKTYPE_syscall,
					  .flags = CALLBACKF_mask_events,
					  .address = (uint64_t)registers_handler};

	EQUAL(CALL(HYPERCALL_callback_op, CALLBACKOP_register, &r), 0);
	registers_rounds = 3000;
}

static void many_system_calls(void)
{
	if (!CATCH(enter_user((uint64_t)registers_program, FLAT_USER_CS, (uint64_t)user_stack_end,
			      FLAG_IF | 2)) ||
	    caught.vector != 6)
		fail("a register changed, at %lu", registers_bad);
}

TEST_DOM0(in_system_calls)
{
	handle_system_calls();
	UNTIL_ENOUGH(many_system_calls());
}

TEST_DOM0(in_page_faults)
{
	UNTIL_ENOUGH(for (unsigned int i = 0; i < 100; i++) {
		CHECK(CATCH(*(volatile uint8_t *)NO_MEMORY));
		EQUAL(caught.vector, 14);
		EQUAL(caught.cr2, NO_MEMORY);
	});
}

TEST_DOM0(in_hypercalls)
{
	uint64_t *page = page_alloc();
	unsigned int rounds = 0;

	UNTIL_ENOUGH(for (unsigned int i = 0; i < 100; i++) {
		CHECK(CALL(HYPERCALL_xen_version, XENVER_version, 0) > 0);
		*page = ++rounds;
		EQUAL(protect(page), 0);
		CHECK(CATCH(*(volatile uint64_t *)page = 0));
		EQUAL(*page, rounds);
		EQUAL(unprotect(page), 0);
	});
}

/* The processor sleeps, and so does the kernel: an NMI wakes both. */
TEST_DOM0(while_asleep)
{
	uint64_t end = now() + FOR_LONG;

	listen();
	while (nmis < ENOUGH / 3 && now() < end) {
		uint64_t before = nmis;

		EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_block, 0), 0);
		CHECK(nmis > before || shared_info->vcpu_info[0].evtchn_upcall_pending);
		events_off();
	}
	CHECK(nmis >= ENOUGH / 3);
}

/* No kernel waits for them: they are nobody's, and harm nobody. */
TEST_DOM0(that_nobody_wants)
{
	struct xen_callback_unregister u = {.type = CALLBACKTYPE_nmi};
	uint64_t end;

	listen();
	EQUAL(CALL(HYPERCALL_callback_op, CALLBACKOP_unregister, &u), 0);
	nmis = 0;
	handle_system_calls();
	end = now() + 500000000;
	while (now() < end)
		many_system_calls();
	EQUAL(nmis, 0);
}
