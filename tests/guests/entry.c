/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trips that the hypervisor makes without much ado: a program's system call, iret, page faults.
 * What arrives at the kernel, what comes back, and the conditions under which they are no common
 * trip any more: those must look the same.
 */
#include "kit.h"

#include "shoji/callback.h"
#include "shoji/physdev.h"
#include "shoji/version.h"

#define FLAG_TF 0x100UL
#define FLAG_IF 0x200UL
#define FLAG_DF 0x400UL
#define FLAG_NT 0x4000UL
#define FLAG_AC 0x40000UL
#define FLAG_ID 0x200000UL

/* What a handler found: its frame, and registers at its first instruction. */
extern uint64_t seen[16];
uint64_t seen[16];
enum { SEEN_RCX, SEEN_R11, SEEN_WORDS, SEEN_FLAGS = 10, SEEN_RSP, SEEN_GS, SEEN_MASK };
void look_entry(void);
void look_around(void);

/* clang-format off */
__asm__(
	".pushsection .text\n"
	/* copies ten words of the frame, flags, RSP; then as any other system call */
	"look_entry:\n"
	"	pushf\n"
	"	pop seen + 8 * 10(%rip)\n"
	"	mov %rsp, seen + 8 * 11(%rip)\n"
	"	cld\n"
	"	lea seen(%rip), %rdi\n"
	"	mov %rsp, %rsi\n"
	"	mov $8, %ecx\n"
	"	rep movsq\n"
	"	mov shared_info(%rip), %rax\n"
	"	movzbl 1(%rax), %eax\n"
	"	mov %rax, seen + 8 * 13(%rip)\n"
	"	mov %gs:0, %rax\n"
	"	mov %rax, seen + 8 * 12(%rip)\n"
	"	mov $1, %esi\n"
	"	mov $catch_place, %rdi\n"
	"	jmp jump_back\n"
	".popsection\n");
/* clang-format on */

static void register_entry(uint16_t type, uint16_t flags, void (*code)(void))
{
	struct xen_callback_register r = {.type = type, .flags = flags, .address = (uint64_t)code};

	EQUAL(CALL(HYPERCALL_callback_op, CALLBACKOP_register, &r), 0);
}

static void fault_entry(uint8_t flags)
{
	struct xen_trap_info t[2] = {{.vector = 14,
				      .flags = flags,
				      .cs = FLAT_KERNEL_CS,
				      .address = (uint64_t)look_entry}};

	EQUAL(CALL(HYPERCALL_set_trap_table, t), 0);
}

static uint64_t gs_word, *kernel_gs = &gs_word;

/* look_entry() comes back to here. */
#define LOOK(...)                                                                         \
	do {                                                                              \
		EQUAL(CALL(HYPERCALL_set_segment_base, SEGBASE_GS_KERNEL, kernel_gs), 0); \
		memset(seen, 0xee, sizeof(seen));                                         \
		if (!remember(catch_place)) {                                             \
			__VA_ARGS__;                                                      \
			fail("line %d: no entry", __LINE__);                              \
		}                                                                         \
	} while (0)

static void masked(bool on)
{
	shared_info->vcpu_info[0].evtchn_upcall_mask = on;
}

static void touch_nothing(void)
{
	__asm__ volatile("mov %0, %%rdx; mov (%%rdx), %%eax" : : "i"(NO_MEMORY) : "rax", "rdx");
}

/* The words of a system call's frame, for every mask and flag. */
TEST(frames_of_system_calls)
{
	static const uint64_t flags[] = {0, FLAG_DF, FLAG_ID, FLAG_DF | FLAG_ID | 0xd5};

	for (unsigned int i = 0; i < ARRAY(flags); i++)
		for (unsigned int masks = 0; masks < 2; masks++) {
			uint64_t f = flags[i] | FLAG_IF | 2;

			register_entry(CALLBACKTYPE_syscall, (uint16_t)masks, look_entry);
			LOOK(enter_user((uint64_t)user_end, FLAT_USER_CS, (uint64_t)user_stack_end,
					f));
			EQUAL(seen[0], (uint64_t)user_end + 2);
			EQUAL(seen[1], f);
			EQUAL(seen[2], (uint64_t)user_end + 2);
			EQUAL(seen[3], FLAT_USER_CS);
			EQUAL(seen[4], f);
			EQUAL(seen[5], (uint64_t)user_stack_end);
			EQUAL(seen[6], FLAT_USER_SS);
			EQUAL(seen[SEEN_RSP], (uint64_t)entry_stack_end - 56);
			EQUAL(seen[SEEN_FLAGS] & ~0xd5UL, f & ~0xd5UL);
			EQUAL(seen[SEEN_MASK], masks);
			__asm__ volatile("cld");
		}
	masked(true);
}

/* A program that runs with events masked: its frame says so, its handler finds them masked. */
TEST(system_calls_with_events_masked)
{
	register_entry(CALLBACKTYPE_syscall, 0, look_entry);
	LOOK(enter_user((uint64_t)user_end, FLAT_USER_CS, (uint64_t)user_stack_end, 2));
	EQUAL(seen[3], FLAT_USER_CS | 1UL << 32);
	EQUAL(seen[1], FLAG_IF | 2);
	EQUAL(seen[4], 2);
	EQUAL(seen[SEEN_MASK], 1);
}

TEST(registers_over_system_calls)
{
	register_entry(CALLBACKTYPE_syscall, CALLBACKF_mask_events, registers_handler);
	CHECK(CATCH(enter_user((uint64_t)registers_program, FLAT_USER_CS, (uint64_t)user_stack_end,
			       FLAG_IF | 2)));
	if (caught.vector != 6)
		fail("a register changed, at %lu", registers_bad);
	masked(true);
}

/* The kernel's stack pointer needs no alignment; the frame has it. */
TEST(kernel_stacks_that_are_odd)
{
	register_entry(CALLBACKTYPE_syscall, 0, look_entry);
	for (uint64_t odd = 0; odd < 16; odd += 5) {
		uint64_t sp = (uint64_t)entry_stack_end - 64 + odd;

		EQUAL(CALL(HYPERCALL_stack_switch, FLAT_KERNEL_SS, sp), 0);
		LOOK(enter_user((uint64_t)user_end, FLAT_USER_CS, (uint64_t)user_stack_end, 2));
		EQUAL(seen[SEEN_RSP], (uint64_t)entry_stack_end - 64 - 56);
		LOOK(enter_user((uint64_t)user_end, FLAT_USER_CS, (uint64_t)user_stack_end,
				FLAG_IF | 2));
		EQUAL(seen[SEEN_RSP], (uint64_t)entry_stack_end - 64 - 56);
	}
	EQUAL(CALL(HYPERCALL_stack_switch, FLAT_KERNEL_SS, entry_stack_end), 0);
}

/* A kernel may have its stack in the lower half. */
TEST(kernel_stacks_in_the_lower_half)
{
	void *page = page_alloc();

	map_low(0x600000, page);
	register_entry(CALLBACKTYPE_syscall, 0, look_entry);
	EQUAL(CALL(HYPERCALL_stack_switch, FLAT_KERNEL_SS, 0x600f00), 0);
	LOOK(enter_user((uint64_t)user_end, FLAT_USER_CS, (uint64_t)user_stack_end, FLAG_IF | 2));
	EQUAL(seen[SEEN_RSP], 0x600f00 - 56);
	EQUAL(CALL(HYPERCALL_stack_switch, FLAT_KERNEL_SS, entry_stack_end), 0);
	fault_entry(0);
	LOOK(__asm__ volatile("mov $0x600800, %%esp; mov (%0), %%eax" : : "r"(NO_MEMORY)));
	EQUAL(seen[SEEN_RSP], 0x600800 - 64);
	EQUAL(seen[2], 0);
	EQUAL(seen[6], 0x600800);
}

/* An iret may take its frame from there, too, and across the end of a page. */
TEST(irets_from_odd_stacks)
{
	struct xen_iret_context f = {.rip = (uint64_t)user_end,
				     .cs = FLAT_USER_CS,
				     .rflags = 2,
				     .rsp = (uint64_t)user_stack_end,
				     .ss = FLAT_USER_SS};
	uint8_t *page = page_alloc();

	map_low(0x600000, page);
	EQUAL(mmuext(MMUEXT_NEW_USER_BASEPTR, live_l4(), 0), 0);
	memcpy(page + 0x123, &f, sizeof(f));
	CHECK(CATCH(iret_to((const void *)0x600123)));
	EQUAL(caught.vector, TRAP_SYSCALL);
	EQUAL(caught.rsp, (uint64_t)user_stack_end);
}

/* The bits of the error code, from either mode, and what is pushed with them. */
TEST(frames_of_page_faults)
{
	for (unsigned int masks = 0; masks < 2; masks++) {
		fault_entry((uint8_t)(masks ? 4 : 0));
		masked(false);
		LOOK(touch_nothing());
		EQUAL(seen[2], 0);
		EQUAL(seen[3] - (uint64_t)touch_nothing, 7);
		EQUAL(seen[4], FLAT_KERNEL_CS & ~3UL);
		EQUAL(seen[5] & FLAG_IF, FLAG_IF);
		EQUAL(seen[6] & ~15UL, (seen[SEEN_RSP] + 64) & ~15UL);
		EQUAL(seen[7], FLAT_KERNEL_SS);
		EQUAL(seen[SEEN_MASK], masks);
		EQUAL(shared_info->vcpu_info[0].arch.cr2, NO_MEMORY);

		masked(true);
		LOOK(touch_nothing());
		EQUAL(seen[4], (FLAT_KERNEL_CS & ~3UL) | 1UL << 32);
		EQUAL(seen[5] & FLAG_IF, 0);

		shared_info->vcpu_info[0].arch.cr2 = 0;
		LOOK(enter_user((uint64_t)touch_nothing, FLAT_USER_CS, (uint64_t)user_stack_end,
				FLAG_IF | FLAG_AC | FLAG_ID | 2));
		EQUAL(seen[2], 4);
		EQUAL(seen[4], FLAT_USER_CS);
		EQUAL(seen[5] & ~0x10000UL, FLAG_IF | FLAG_ID | 2); /* but for RF */
		EQUAL(seen[6], (uint64_t)user_stack_end);
		EQUAL(seen[7], FLAT_USER_SS);
		EQUAL(seen[SEEN_RSP], (uint64_t)entry_stack_end - 64);
		EQUAL(seen[SEEN_FLAGS] & (FLAG_AC | 0x10000), 0);
		EQUAL(seen[SEEN_MASK], masks);
		EQUAL(shared_info->vcpu_info[0].arch.cr2, NO_MEMORY);
	}
	masked(true);
}

/* Each mode has a base of its own for GS, and the way in is one to the kernel's. */
TEST(the_base_of_gs)
{
	static uint64_t of_kernel = 111, of_user = 222;

	kernel_gs = &of_kernel;
	EQUAL(CALL(HYPERCALL_set_segment_base, SEGBASE_GS_USER, &of_user), 0);
	register_entry(CALLBACKTYPE_syscall, 0, look_entry);
	fault_entry(0);
	for (unsigned int i = 0; i < 3; i++) {
		LOOK(enter_user((uint64_t)user_end, FLAT_USER_CS, (uint64_t)user_stack_end,
				FLAG_IF | 2));
		EQUAL(seen[SEEN_GS], 111);
		LOOK(enter_user((uint64_t)touch_nothing, FLAT_USER_CS, (uint64_t)user_stack_end,
				FLAG_IF | 2));
		EQUAL(seen[SEEN_GS], 111);
		LOOK(touch_nothing());
		EQUAL(seen[SEEN_GS], 111);
	}
	kernel_gs = &gs_word;
}

/* An event that is pending comes before the instruction that an iret leads to. */
TEST(irets_with_an_event_pending)
{
	struct xen_vcpu_info *v = &shared_info->vcpu_info[0];

	for (unsigned int i = 0; i < 4; i++) {
		bool to_user = i & 1, unmasks = i & 2;
		uint64_t cs = to_user ? FLAT_USER_CS : FLAT_KERNEL_CS & ~3;
		struct xen_iret_context f = {.rip = (uint64_t)user_end,
					     .cs = cs,
					     .rflags = unmasks ? FLAG_IF | 2 : 2,
					     .rsp = (uint64_t)user_stack_end,
					     .ss = FLAT_USER_SS};

		register_entry(CALLBACKTYPE_event, 0, unmasks ? look_entry : user_end);
		register_entry(CALLBACKTYPE_syscall, 0, look_entry);
		EQUAL(mmuext(MMUEXT_NEW_USER_BASEPTR, live_l4(), 0), 0);
		masked(true);
		v->evtchn_upcall_pending = 1;
		if (to_user || unmasks)
			LOOK(iret_to(&f));
		v->evtchn_upcall_pending = 0;
		if (unmasks) { /* the event's handler, before user_end did anything */
			EQUAL(seen[2], (uint64_t)user_end);
			EQUAL(seen[3], cs);
			EQUAL(seen[SEEN_MASK], 1);
		} else if (to_user) { /* the system call's */
			EQUAL(seen[2], (uint64_t)user_end + 2);
			EQUAL(seen[3], cs | 1UL << 32);
		}
		masked(true);
	}
}

/* Who asked to see its IOPL in frames does so after every kind of entry. */
TEST(the_privilege_level_in_frames)
{
	struct xen_physdev_set_iopl op = {.iopl = 1};

	EQUAL(CALL(HYPERCALL_vm_assist, 0, VMASST_TYPE_architectural_iopl), 0);
	EQUAL(CALL(HYPERCALL_physdev_op, PHYSDEVOP_set_iopl, &op), 0);
	register_entry(CALLBACKTYPE_syscall, 0, look_entry);
	fault_entry(0);
	LOOK(enter_user((uint64_t)user_end, FLAT_USER_CS, (uint64_t)user_stack_end, FLAG_IF | 2));
	EQUAL(seen[4] & 0x3000, 0x1000);
	LOOK(touch_nothing());
	EQUAL(seen[5] & 0x3000, 0x1000);
	EQUAL(CALL(HYPERCALL_vm_assist, 1, VMASST_TYPE_architectural_iopl), 0);
	LOOK(enter_user((uint64_t)user_end, FLAT_USER_CS, (uint64_t)user_stack_end, FLAG_IF | 2));
	EQUAL(seen[4] & 0x3000, 0);
	LOOK(touch_nothing());
	EQUAL(seen[5] & 0x3000, 0);
}

/* A system call in single steps: the handler has none, and its frame says that there was one. */
TEST(system_calls_in_single_steps)
{
	register_entry(CALLBACKTYPE_syscall, 0, look_entry);
	LOOK(enter_user((uint64_t)user_end, FLAT_USER_CS, (uint64_t)user_stack_end,
			FLAG_TF | FLAG_IF | 2));
	CHECK(seen[4] & FLAG_TF);
	EQUAL(seen[SEEN_FLAGS] & FLAG_TF, 0);
	masked(true);
}

/* Handlers that are taken away and given anew: the last one counts. */
TEST(handlers_that_change)
{
	register_entry(CALLBACKTYPE_syscall, 0, user_end);
	register_entry(CALLBACKTYPE_syscall, 0, look_entry);
	LOOK(enter_user((uint64_t)user_end, FLAT_USER_CS, (uint64_t)user_stack_end, FLAG_IF | 2));
	fault_entry(4);
	fault_entry(0);
	masked(false);
	LOOK(touch_nothing());
	EQUAL(seen[SEEN_MASK], 0);
	masked(true);
}

/* With page-table isolation, three slots of a table are the hypervisor's: the machine-to-phys
 * table, the domain's own window, and entry code. Its boot checks what is behind them. */
TEST_DOM0(the_hypervisor_in_a_top_level_table)
{
	static char line[XEN_COMMANDLINE_LEN];
	const uint64_t *l4 = va_of(live_l4());
	uint64_t present = 0;
	bool on = false, off = false;

	EQUAL(CALL(HYPERCALL_xen_version, XENVER_commandline, line), 0);
	for (const char *p = line; *p; p++) {
		on |= !memcmp(p, "pti=on", 6);
		off |= !memcmp(p, "pti=off", 7);
	}
	for (unsigned int i = HYPERVISOR_FIRST_SLOT; i <= HYPERVISOR_LAST_SLOT; i++)
		present |= (l4[i] & P) << (i - HYPERVISOR_FIRST_SLOT);
	if (on)
		EQUAL(present, 0x13);
	else if (off)
		CHECK((present & 0x5b) == 0x5b); /* all memory is there, for ring 0 */
	else
		CHECK(present == 0x13 || (present & 0x5b) == 0x5b);
}
