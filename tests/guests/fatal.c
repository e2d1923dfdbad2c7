/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest cannot survive: it is ended, with all that it held, and nobody else is. */
#include "kit.h"

#include "shoji/event_channel.h"
#include "shoji/grant_table.h"
#include "shoji/memory.h"
#include "shoji/sched.h"

static void no_handlers(void)
{
	CALL(HYPERCALL_set_trap_table, 0);
}

TEST(an_exception_without_a_handler)
{
	no_handlers();
	__asm__ volatile("ud2");
}

TEST(an_exception_on_another_vcpu_without_handlers)
{
	start_work((void (*)(void))NO_MEMORY);
	for (;;)
		yield();
}

/* A handler at an address of nothing faults for ever, each time deeper on the stack. */
TEST(a_handler_that_is_not_there)
{
	struct xen_trap_info t[2] = {{.vector = 14, .cs = FLAT_KERNEL_CS, .address = NO_MEMORY}};

	EQUAL(CALL(HYPERCALL_set_trap_table, t), 0);
	(void)*(volatile uint64_t *)HV_IMAGE;
}

TEST(a_kernel_stack_in_the_hypervisor)
{
	EQUAL(CALL(HYPERCALL_stack_switch, FLAT_KERNEL_SS, HV_IMAGE + 0x2000), 0);
	run_user(user_end);
}

TEST(a_kernel_stack_that_is_no_address)
{
	EQUAL(CALL(HYPERCALL_stack_switch, FLAT_KERNEL_SS, ODD), 0);
	run_user(user_end);
}

/* Frames are pushed with the guest's rights: a page table is not written by them. */
TEST(a_kernel_stack_in_a_page_table)
{
	EQUAL(CALL(HYPERCALL_stack_switch, FLAT_KERNEL_SS, start_info->pt_base + PAGE), 0);
	run_user(user_end);
}

TEST(a_stack_pointer_in_the_hypervisor)
{
	__asm__ volatile("mov %0, %%rsp; ud2" : : "r"(HV_IMAGE + 0x2000));
}

TEST(an_event_on_a_stack_that_is_none)
{
	events_off();
	shared_info->vcpu_info[0].evtchn_upcall_pending = 1;
	shared_info->vcpu_info[0].evtchn_upcall_mask = 0;
	__asm__ volatile("mov %0, %%rsp; mov $17, %%eax; xor %%edi, %%edi; syscall; ud2"
			 :
			 : "r"(HOLE));
}

TEST(an_iret_from_the_hypervisors_memory)
{
	iret_to((const void *)HV_IMAGE);
}

TEST(an_iret_from_nowhere)
{
	iret_to((const void *)ODD);
}

TEST(an_iret_to_user_mode_without_tables)
{
	struct xen_iret_context f = {.rip = (uint64_t)user_end,
				     .cs = FLAT_USER_CS,
				     .ss = FLAT_USER_SS,
				     .rsp = (uint64_t)user_stack_end};

	EQUAL(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
	iret_to(&f);
}

TEST(a_failed_return_without_a_failsafe)
{
	struct xen_iret_context f = {.rip = (uint64_t)user_end,
				     .cs = 0xe008,
				     .ss = FLAT_USER_SS,
				     .rsp = (uint64_t)user_stack_end};

	EQUAL(CALL(HYPERCALL_set_callbacks, user_end, 0, user_end), 0);
	no_handlers();
	iret_to(&f);
}

/* In the middle of a list of calls, with more to come. */
TEST(the_end_in_the_middle_of_a_list)
{
	static struct xen_sched_shutdown crash = {SHUTDOWN_crash};
	static struct xen_multicall_entry e[100];

	for (unsigned int i = 0; i < ARRAY(e); i++)
		e[i] = (struct xen_multicall_entry){.op = HYPERCALL_sched_op,
						    .args = {SCHEDOP_yield}};
	e[50].args[0] = SCHEDOP_shutdown;
	e[50].args[1] = (uint64_t)&crash;
	CALL(HYPERCALL_multicall, e, ARRAY(e));
	say("END of it");
}

static uint64_t busy_table;

static void pin_and_unpin(void)
{
	for (;;) {
		(void)mmuext(MMUEXT_PIN_L3_TABLE, busy_table, 0);
		(void)mmuext(MMUEXT_UNPIN_TABLE, busy_table, 0);
	}
}

static void crash(void)
{
	struct xen_sched_shutdown s = {SHUTDOWN_crash};

	CALL(HYPERCALL_sched_op, SCHEDOP_shutdown, &s);
	for (;;)
		;
}

/* Tables half checked by another vCPU when the domain ends. */
TEST(the_end_while_another_vcpu_checks_tables)
{
	uint64_t *l1 = page_alloc(), *l2 = page_alloc(), *l3 = page_alloc(),
		 m = mfn_of(page_alloc());

	for (unsigned int i = 0; i < 512; i++) {
		l1[i] = PTE(m, WRITABLE);
		l2[i] = PTE(mfn_of(l1), WRITABLE);
		l3[i] = PTE(mfn_of(l2), WRITABLE);
	}
	EQUAL(protect(l1), 0);
	EQUAL(protect(l2), 0);
	EQUAL(protect(l3), 0);
	busy_table = mfn_of(l3);
	start_work(pin_and_unpin);
	for (uint64_t end = now() + 20000000; now() < end;)
		yield();
	crash();
}

/* Channels to itself, made while they are all being closed. */
static uint16_t self;

static void open_channels_and_crash(void)
{
	for (uint64_t end = now() + 30000000; now() < end;) {
		struct xen_evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = self};
		struct xen_evtchn_bind_interdomain b = {.remote_dom = self};

		if (CALL(HYPERCALL_event_channel_op, EVTCHNOP_alloc_unbound, &a))
			continue;
		b.remote_port = a.port;
		CALL(HYPERCALL_event_channel_op, EVTCHNOP_bind_interdomain, &b);
	}
	crash();
}

TEST(the_end_in_the_middle_of_a_reset)
{
	struct xen_evtchn_reset r = {DOMID_SELF};

	self = own_domid(); /* a port may not be in use then */
	start_work(open_channels_and_crash);
	for (uint64_t end = now() + 10000000; now() < end;)
		yield();
	for (;;)
		CALL(HYPERCALL_event_channel_op, EVTCHNOP_reset, &r);
}

/* With everything in use that can be: pins, a user root, descriptor tables, areas, grants. */
TEST(the_end_with_everything_in_use)
{
	uint64_t *gdt = page_alloc(), *ldt = page_alloc(), *area = page_alloc(), m = mfn_of(gdt),
		 frame = 0;
	struct xen_vcpu_register_vcpu_info info = {.mfn = mfn_of(area)};
	struct xen_gnttab_setup_table s = {
		.dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uint64_t)&frame};
	struct xen_gnttab_map_grant_ref map = {
		.flags = GNTMAP_host_map | GNTMAP_device_map, .ref = 20, .dom = own_domid()};
	uint64_t *place = page_alloc(), *to = page_alloc();

	(void)make_l1();
	EQUAL(protect(gdt), 0);
	EQUAL(protect(ldt), 0);
	EQUAL(CALL(HYPERCALL_set_gdt, &m, 512), 0);
	EQUAL(mmuext(MMUEXT_SET_LDT, (uint64_t)ldt, 512), 0);
	(void)CATCH(__asm__ volatile("mov %w0, %%ds" : : "r"(0x0f)));
	EQUAL(mmuext(MMUEXT_NEW_USER_BASEPTR, live_l4(), 0), 0);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_register_vcpu_info, worker(), &info), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_register_vcpu_info, spare_vcpu(), &info), 0);
	EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_setup_table, &s, 1), 0);
	EQUAL(remap(place, PTE(frame, WRITABLE)), 0);
	((struct xen_grant_entry_v1 *)place)[20] =
		(struct xen_grant_entry_v1){GTF_permit_access, map.dom, (uint32_t)mfn_of(area)};
	map.host_addr = (uint64_t)to;
	EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_map_grant_ref, &map, 1), 0);
	EQUAL(map.status, 0);
	crash();
}

/* Every frame it has, its tables and its code too: they go when nothing uses them any more. */
TEST(the_end_after_giving_all_memory_away)
{
	const uint64_t *p2m = (const uint64_t *)start_info->mfn_list;

	no_handlers();
	for (uint64_t i = start_info->nr_pages; i--;) {
		struct xen_memory_reservation r = {
			.extent_start = (uint64_t)&p2m[i], .nr_extents = 1, .domid = DOMID_SELF};

		(void)CALL(HYPERCALL_memory_op, XENMEM_decrease_reservation, &r);
	}
	crash();
}
