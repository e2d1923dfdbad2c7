/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercalls with senseless arguments: each must say so, and nothing may happen. */
#include "kit.h"

#include "shoji/callback.h"
#include "shoji/features.h"
#include "shoji/memory.h"
#include "shoji/sched.h"
#include "shoji/types.h"
#include "shoji/vcpu.h"
#include "shoji/version.h"

TEST(unknown_numbers)
{
	static const uint32_t numbers[] = {6, 11, 16, 19, 27, 31, 34, 37, 63, 71, 127, 128, 1000};

	for (unsigned int i = 0; i < ARRAY(numbers); i++)
		EQUAL(CALL(numbers[i], 1, 2, 3, 4, 5), -XEN_ENOSYS);
	EQUAL(CALL(0x7fffffff), -XEN_ENOSYS);
	EQUAL(CALL(0xffffffffL), -XEN_ENOSYS);
	/* only EAX counts: the upper half is not looked at */
	EQUAL(CALL(0x100000000L | HYPERCALL_xen_version, XENVER_version), 4 << 16 | 17);
}

TEST(unknown_operations)
{
	EQUAL(CALL(HYPERCALL_xen_version, 999, HOLE), -XEN_ENOSYS);
	EQUAL(CALL(HYPERCALL_sched_op, 999, 0), -XEN_ENOSYS);
	EQUAL(CALL(HYPERCALL_sched_op, 0x100000000UL, 0), -XEN_ENOSYS);
	EQUAL(CALL(HYPERCALL_event_channel_op, 999, 0), -XEN_ENOSYS);
	EQUAL(CALL(HYPERCALL_vcpu_op, 999, 0, 0), -XEN_ENOSYS);
	EQUAL(CALL(HYPERCALL_callback_op, 999, 0), -XEN_ENOSYS);
	EQUAL(CALL(HYPERCALL_console_io, 999, 0, 0), -XEN_ENOSYS);
	EQUAL(CALL(HYPERCALL_grant_table_op, 999, 0, 0), -XEN_ENOSYS);
	EQUAL(CALL(HYPERCALL_memory_op, 63, 0), -XEN_ENOSYS);
	EQUAL(CALL(HYPERCALL_physdev_op, 999, 0), privileged ? -XEN_ENOSYS : -XEN_EPERM);
}

TEST(version)
{
	char text[XEN_CAPABILITIES_INFO_LEN + 1];
	struct xen_feature_info f = {.submap_idx = 0};

	EQUAL(CALL(HYPERCALL_xen_version, XENVER_version, 0), 4 << 16 | 17);
	EQUAL(CALL(HYPERCALL_xen_version, XENVER_pagesize, 0), PAGE);
	memset(text, '#', sizeof(text));
	EQUAL(CALL(HYPERCALL_xen_version, XENVER_extraversion, text), 0);
	CHECK(text[XEN_EXTRAVERSION_LEN] == '#' && strlen(text) < XEN_EXTRAVERSION_LEN);
	memset(text, '#', sizeof(text));
	EQUAL(CALL(HYPERCALL_xen_version, XENVER_capabilities, text), 0);
	CHECK(text[XEN_CAPABILITIES_INFO_LEN] == '#');
	EQUAL(memcmp(text, "xen-3.0-x86_64", 14), 0);
	EQUAL(CALL(HYPERCALL_xen_version, XENVER_get_features, &f), 0);
	CHECK(f.submap >> XENFEAT_mmu_pt_update_preserve_ad & 1);
	CHECK(!(f.submap >> XENFEAT_writable_page_tables & 1));
	f.submap_idx = 1;
	EQUAL(CALL(HYPERCALL_xen_version, XENVER_get_features, &f), -XEN_EINVAL);
}

/* What is written to the caller must not be writable for it otherwise. */
TEST(answers_to_bad_places)
{
	uint64_t *page = page_alloc(), *zeroes = page_alloc();
	uint64_t places[] = {DIRECTMAP + mfn_of(page) * PAGE,
			     /* could be written, and seen */ NO_MEMORY,
			     HOLE,
			     HV_IMAGE,
			     ODD,
			     ~0UL,
			     ~0UL - 7,
			     HYPERVISOR_VIRT_START - 8,
			     HYPERVISOR_VIRT_END - 8};

	for (unsigned int i = 0; i < ARRAY(places); i++) {
		uint64_t p = places[i];

		EQUAL(CALL(HYPERCALL_xen_version, XENVER_extraversion, p), -XEN_EFAULT);
		EQUAL(CALL(HYPERCALL_xen_version, XENVER_get_features, p), -XEN_EFAULT);
		EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_get_runstate_info, 0, p), -XEN_EFAULT);
		EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_poll, p), -XEN_EFAULT);
		EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_shutdown, p), -XEN_EFAULT);
		EQUAL(CALL(HYPERCALL_callback_op, CALLBACKOP_register, p), -XEN_EFAULT);
		EQUAL(CALL(HYPERCALL_set_trap_table, p), -XEN_EFAULT);
		EQUAL(CALL(HYPERCALL_mmu_update, p, 1, 0, DOMID_SELF), -XEN_EFAULT);
		EQUAL(CALL(HYPERCALL_mmuext_op, p, 1, 0, DOMID_SELF), -XEN_EFAULT);
		EQUAL(CALL(HYPERCALL_memory_op, XENMEM_decrease_reservation, p), -XEN_EFAULT);
		EQUAL(CALL(HYPERCALL_set_gdt, p, 1), -XEN_EFAULT);
		EQUAL(CALL(HYPERCALL_multicall, p, 1), -XEN_EFAULT);
		EQUAL(CALL(HYPERCALL_domctl, p), privileged ? -XEN_EFAULT : -XEN_EPERM);
		EQUAL(CALL(HYPERCALL_sysctl, p), privileged ? -XEN_EFAULT : -XEN_EPERM);
		EQUAL(CALL(HYPERCALL_platform_op, p), privileged ? -XEN_EFAULT : -XEN_EPERM);
		EQUAL(CALL(HYPERCALL_event_channel_op, 6, p), -XEN_EFAULT);
		EQUAL(CALL(HYPERCALL_grant_table_op, 6, p, 1), -XEN_EFAULT);
	}
	EQUAL(memcmp(page, zeroes, PAGE), 0);
}

/* Whether all bytes from `from` on are 0. */
static bool clear_from(const void *p, size_t from, size_t size)
{
	for (size_t i = from; i < size; i++)
		if (((const uint8_t *)p)[i])
			return false;
	return true;
}

/* Behind a text, and between the fields, there is nothing of the hypervisor's. */
TEST(answers_carry_nothing_else)
{
	static const uint32_t texts[] = {XENVER_extraversion, XENVER_capabilities, XENVER_changeset,
					 XENVER_commandline};
	static const size_t sizes[] = {XEN_EXTRAVERSION_LEN, XEN_CAPABILITIES_INFO_LEN,
				       XEN_CHANGESET_INFO_LEN, XEN_COMMANDLINE_LEN};
	struct xen_vcpu_runstate_info run;
	struct xen_compile_info c;
	char text[1100];

	for (unsigned int i = 0; i < ARRAY(texts); i++) {
		memset(text, 0xff, sizeof(text));
		EQUAL(CALL(HYPERCALL_xen_version, texts[i], text), 0);
		CHECK(clear_from(text, strlen(text), sizes[i]));
		EQUAL(text[sizes[i]] & 0xff, 0xff);
	}
	memset(&c, 0xff, sizeof(c));
	EQUAL(CALL(HYPERCALL_xen_version, XENVER_compile_info, &c), 0);
	CHECK(clear_from(c.compiler, strlen(c.compiler), sizeof(c.compiler)));
	CHECK(clear_from(c.compile_date, strlen(c.compile_date), sizeof(c.compile_date)));
	memset(&run, 0xff, sizeof(run));
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_get_runstate_info, 0, &run), 0);
	CHECK(clear_from(&run, 4, 8));
	CHECK(clear_from((void *)shared_info, sizeof(*shared_info), PAGE));
}

/* The code is mapped writable for us, the tables are not. */
TEST(answers_to_read_only_memory)
{
	EQUAL(CALL(HYPERCALL_xen_version, XENVER_extraversion, start_info->pt_base), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_get_runstate_info, 0, start_info->pt_base + 512),
	      -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_xen_version, XENVER_extraversion, MACH2PHYS_VIRT_START), -XEN_EFAULT);
}

TEST(console_addresses)
{
	static char text[] = "said by the guest\n";

	EQUAL(CALL(HYPERCALL_console_io, CONSOLEIO_write, sizeof(text) - 1, text), 0);
	EQUAL(CALL(HYPERCALL_console_io, CONSOLEIO_write, 16, HOLE), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_console_io, CONSOLEIO_write, 16, HV_IMAGE), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_console_io, CONSOLEIO_write, 16, NO_MEMORY), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_console_io, CONSOLEIO_write, 16, ODD), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_console_io, CONSOLEIO_write, 64, HYPERVISOR_VIRT_START - 32),
	      -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_console_io, CONSOLEIO_write, 0xffffffffUL, HYPERVISOR_VIRT_START - 32),
	      -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_console_io, CONSOLEIO_write, 0, HOLE), privileged ? 0 : -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_console_io, CONSOLEIO_read, 16, HOLE),
	      privileged ? -XEN_EFAULT : -XEN_EPERM);
	EQUAL(CALL(HYPERCALL_console_io, CONSOLEIO_read, 16, HV_IMAGE),
	      privileged ? -XEN_EFAULT : -XEN_EPERM);
}

TEST(trap_table)
{
	struct xen_trap_info t[3] = {
		{.vector = 200, .cs = FLAT_KERNEL_CS, .address = (uint64_t)memset},
		{.vector = 201, .cs = FLAT_KERNEL_CS, .address = ODD},
	};

	EQUAL(CALL(HYPERCALL_set_trap_table, t), -XEN_EINVAL);
	t[1].address = 0xdead000000000000;
	EQUAL(CALL(HYPERCALL_set_trap_table, t), -XEN_EINVAL);
	t[1].address = (uint64_t)memset;
	EQUAL(CALL(HYPERCALL_set_trap_table, t), 0);
	/* a list that runs into nothing */
	EQUAL(CALL(HYPERCALL_set_trap_table, HYPERVISOR_VIRT_START - 16), -XEN_EFAULT);
}

TEST(callbacks)
{
	struct xen_callback_register c = {.type = CALLBACKTYPE_nmi, .address = ODD};
	struct xen_callback_unregister u = {.type = CALLBACKTYPE_event};

	EQUAL(CALL(HYPERCALL_callback_op, CALLBACKOP_register, &c), -XEN_EINVAL);
	c = (struct xen_callback_register){.type = 77, .address = (uint64_t)memset};
	CHECK(CALL(HYPERCALL_callback_op, CALLBACKOP_register, &c) < 0);
	EQUAL(CALL(HYPERCALL_callback_op, CALLBACKOP_unregister, &u), -XEN_EINVAL);
	u.type = CALLBACKTYPE_failsafe;
	EQUAL(CALL(HYPERCALL_callback_op, CALLBACKOP_unregister, &u), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_set_callbacks, ODD, memset, memset), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_set_callbacks, memset, memset, ODD), -XEN_EINVAL);
}

TEST(segment_bases)
{
	EQUAL(CALL(HYPERCALL_set_segment_base, SEGBASE_FS, ODD), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_set_segment_base, SEGBASE_GS_USER, 0x8000000000000000), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_set_segment_base, SEGBASE_GS_KERNEL, ODD), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_set_segment_base, 4, 0), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_set_segment_base, 0x100000000UL, 0), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_set_segment_base, SEGBASE_FS, 0), 0);
	/* selectors of any kind: nothing but a null user GS may come of it */
	for (unsigned long s = 0; s < 0x10000; s += 3)
		CALL(HYPERCALL_set_segment_base, SEGBASE_GS_USER_SEL, s);
	EQUAL(CALL(HYPERCALL_set_segment_base, SEGBASE_GS_USER_SEL, 0), 0);
}

TEST(segment_base_is_used)
{
	static uint64_t values[2] = {0x1122334455667788, 0x99};
	uint64_t fs, gs;

	EQUAL(CALL(HYPERCALL_set_segment_base, SEGBASE_FS, &values[0]), 0);
	EQUAL(CALL(HYPERCALL_set_segment_base, SEGBASE_GS_KERNEL, &values[1]), 0);
	__asm__ volatile("mov %%fs:0, %0; mov %%gs:0, %1" : "=r"(fs), "=r"(gs));
	CHECK(fs == values[0] && gs == values[1]);
	CALL(HYPERCALL_sched_op, SCHEDOP_yield);
	__asm__ volatile("mov %%fs:0, %0; mov %%gs:0, %1" : "=r"(fs), "=r"(gs));
	CHECK(fs == values[0] && gs == values[1]);
}

TEST(debug_registers)
{
	uint64_t byte = 0x00f0000000000000; /* not canonical */

	EQUAL(CALL(HYPERCALL_set_debugreg, 0, HV_IMAGE), -XEN_EPERM);
	EQUAL(CALL(HYPERCALL_set_debugreg, 3, HYPERVISOR_VIRT_START), -XEN_EPERM);
	EQUAL(CALL(HYPERCALL_set_debugreg, 1, HYPERVISOR_VIRT_END - 1), -XEN_EPERM);
	CHECK(CALL(HYPERCALL_set_debugreg, 1, byte) < 0);
	EQUAL(CALL(HYPERCALL_set_debugreg, 8, 0), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_set_debugreg, ~0UL, 0), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_get_debugreg, 8), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_get_debugreg, ~0UL), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_set_debugreg, 7, 1UL << 32), -XEN_EPERM);
	EQUAL(CALL(HYPERCALL_set_debugreg, 7, 1UL << 13), -XEN_EPERM); /* general detect */
	EQUAL(CALL(HYPERCALL_set_debugreg, 7, 2UL << 16), -XEN_EPERM); /* I/O breakpoint */
	EQUAL(CALL(HYPERCALL_set_debugreg, 6, 1UL << 32), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_set_debugreg, 0, 0x1234), 0);
	EQUAL(CALL(HYPERCALL_get_debugreg, 0), 0x1234);
}

TEST(watchpoint)
{
	static volatile uint64_t watched;

	EQUAL(CALL(HYPERCALL_set_debugreg, 0, &watched), 0);
	EQUAL(CALL(HYPERCALL_set_debugreg, 7, 1 | 1 << 16 | 2UL << 18), 0); /* write, 8 bytes */
	CHECK(CATCH(watched = 5));
	EQUAL(caught.vector, 1);
	EQUAL(CALL(HYPERCALL_get_debugreg, 6) & 0xf, 1);
	EQUAL(CALL(HYPERCALL_set_debugreg, 7, 0), 0);
	CHECK(!CATCH(watched = 6));
}

/* A watched address that the hypervisor writes to on our behalf. */
TEST(watchpoint_under_the_hypervisor)
{
	static char text[XEN_EXTRAVERSION_LEN] __attribute__((aligned(8)));

	EQUAL(CALL(HYPERCALL_set_debugreg, 0, text), 0);
	EQUAL(CALL(HYPERCALL_set_debugreg, 7, 1 | 3 << 16 | 2UL << 18), 0); /* read and write */
	(void)CATCH(CALL(HYPERCALL_xen_version, XENVER_extraversion, text));
	catching = false;
	EQUAL(CALL(HYPERCALL_set_debugreg, 7, 0), 0);
}

static struct xen_multicall_entry entry(uint64_t op, uint64_t a, uint64_t b)
{
	return (struct xen_multicall_entry){.op = op, .args = {a, b}};
}

TEST(multicall)
{
	char text[XEN_EXTRAVERSION_LEN];
	struct xen_multicall_entry e[4] = {
		entry(HYPERCALL_xen_version, XENVER_version, 0),
		entry(HYPERCALL_multicall, (uint64_t)e, 1),
		entry(999, 0, 0),
		entry(HYPERCALL_xen_version, XENVER_extraversion, (uint64_t)text),
	};

	text[0] = 0;
	EQUAL(CALL(HYPERCALL_multicall, e, 4), 0);
	EQUAL(e[0].result, 4 << 16 | 17);
	EQUAL(e[1].result, -XEN_EINVAL);
	EQUAL(e[2].result, -XEN_ENOSYS);
	EQUAL(e[3].result, 0);
	CHECK(text[0] == '-');
	EQUAL(CALL(HYPERCALL_multicall, e, 0), 0);
	EQUAL(CALL(HYPERCALL_multicall, e, 1UL << 60), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_multicall, e, ~0UL), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_multicall, HOLE, 1), -XEN_EFAULT);
	/* results cannot be written */
	EQUAL(CALL(HYPERCALL_multicall, start_info->pt_base, 1), -XEN_EFAULT);
}

TEST(multicall_of_many)
{
	static struct xen_multicall_entry list[20000];

	for (unsigned int i = 0; i < ARRAY(list); i++)
		list[i] = entry(HYPERCALL_xen_version, XENVER_pagesize, 0);
	EQUAL(CALL(HYPERCALL_multicall, list, ARRAY(list)), 0);
	for (unsigned int i = 0; i < ARRAY(list); i++)
		EQUAL(list[i].result, PAGE);
}

TEST(assists)
{
	EQUAL(CALL(HYPERCALL_vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0);
	EQUAL(CALL(HYPERCALL_vm_assist, VMASST_CMD_enable, 20), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_vm_assist, VMASST_CMD_enable, 64), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_vm_assist, VMASST_CMD_enable, ~0UL), -XEN_EINVAL);
	CHECK(CALL(HYPERCALL_vm_assist, 7, VMASST_TYPE_writable_pagetables) < 0);
}

static long reservation(unsigned int cmd, struct xen_memory_reservation r)
{
	return CALL(HYPERCALL_memory_op, cmd, &r);
}

TEST(memory_arguments)
{
	uint64_t frame = mfn_of(page_alloc());
	struct xen_memory_reservation r = {
		.extent_start = (uint64_t)&frame, .domid = DOMID_SELF, .nr_extents = 1};
	struct xen_memory_domain no = {.domid = 4711};

	EQUAL(CALL(HYPERCALL_memory_op, XENMEM_current_reservation, &no), -XEN_ESRCH);
	no.domid = DOMID_XEN;
	CHECK(CALL(HYPERCALL_memory_op, XENMEM_current_reservation, &no) < 0);
	no.domid = DOMID_SELF;
	CHECK(CALL(HYPERCALL_memory_op, XENMEM_current_reservation, &no) > 0);
	frame = ~0UL;
	EQUAL(reservation(XENMEM_decrease_reservation, r), 0);
	frame = 0;
	EQUAL(reservation(XENMEM_decrease_reservation, r), 0);
	frame = 1UL << 52;
	EQUAL(reservation(XENMEM_decrease_reservation, r), 0);
	r.extent_order = 60;
	CHECK(reservation(XENMEM_decrease_reservation, r) <= 0);
	CHECK(reservation(XENMEM_populate_physmap, r) <= 0);
	CHECK(reservation(XENMEM_increase_reservation, r) <= 0);
	r.extent_order = 0;
	r.nr_extents = ~0UL;
	CHECK(reservation(XENMEM_decrease_reservation, r) < 0);
	CHECK(reservation(XENMEM_populate_physmap, r) < 0);
	r.nr_extents = 1;
	r.extent_start = HOLE;
	EQUAL(reservation(XENMEM_decrease_reservation, r), 0);
	r.domid = 4711;
	EQUAL(reservation(XENMEM_decrease_reservation, r), -XEN_ESRCH);
}

TEST(memory_taken_and_given)
{
	uint64_t frames[8] = {0};
	struct xen_memory_reservation r = {
		.extent_start = (uint64_t)frames, .domid = DOMID_SELF, .nr_extents = ARRAY(frames)};
	struct xen_memory_domain self = {DOMID_SELF};
	long before = CALL(HYPERCALL_memory_op, XENMEM_current_reservation, &self);

	EQUAL(reservation(XENMEM_increase_reservation, r), ARRAY(frames));
	EQUAL(CALL(HYPERCALL_memory_op, XENMEM_current_reservation, &self), before + 8);
	EQUAL(reservation(XENMEM_decrease_reservation, r), ARRAY(frames));
	EQUAL(CALL(HYPERCALL_memory_op, XENMEM_current_reservation, &self), before);
	/* they are no longer ours */
	EQUAL(reservation(XENMEM_decrease_reservation, r), 0);
	EQUAL(mmuext(MMUEXT_PIN_L1_TABLE, frames[0], 0), -XEN_EINVAL);
}

/* A frame that is given back while it is mapped goes with its last mapping. */
TEST(memory_given_while_mapped)
{
	uint64_t frame = 0, *at = page_alloc();
	struct xen_memory_reservation r = {
		.extent_start = (uint64_t)&frame, .domid = DOMID_SELF, .nr_extents = 1};

	EQUAL(reservation(XENMEM_increase_reservation, r), 1);
	EQUAL(remap(at, PTE(frame, WRITABLE)), 0);
	*at = 0x5a5a;
	EQUAL(reservation(XENMEM_decrease_reservation, r), 1);
	CHECK(!CATCH(*(volatile uint64_t *)at = 0xa5a5));
	EQUAL(*at, 0xa5a5);
	EQUAL(reservation(XENMEM_decrease_reservation, r), 0); /* once is all */
	EQUAL(remap(at, 0), 0);
	CHECK(remap(at, PTE(frame, READABLE)) < 0);
}

TEST(memory_exchange_arguments)
{
	uint64_t in = mfn_of(page_alloc()), out = 5;
	struct xen_memory_exchange e = {
		.in = {(uint64_t)&in, 1, 0, 0, DOMID_SELF},
		.out = {(uint64_t)&out, 1, 0, 0, DOMID_SELF},
	};

	CHECK(CALL(HYPERCALL_memory_op, XENMEM_exchange, &e) < 0); /* still mapped */
	EQUAL(e.nr_exchanged, 0);
	e.out.nr_extents = 2;
	CHECK(CALL(HYPERCALL_memory_op, XENMEM_exchange, &e) < 0);
	e.out.nr_extents = 1UL << 63;
	CHECK(CALL(HYPERCALL_memory_op, XENMEM_exchange, &e) < 0);
	e.in.nr_extents = e.out.nr_extents = 1;
	e.in.extent_order = e.out.extent_order = 64;
	CHECK(CALL(HYPERCALL_memory_op, XENMEM_exchange, &e) < 0);
	e.in.extent_order = e.out.extent_order = 0;
	e.nr_exchanged = 1UL << 40;
	CHECK(CALL(HYPERCALL_memory_op, XENMEM_exchange, &e) < 0);
	e.nr_exchanged = 0;
	e.in.extent_start = HOLE;
	EQUAL(CALL(HYPERCALL_memory_op, XENMEM_exchange, &e), -XEN_EFAULT);
	CALL(HYPERCALL_memory_op, XENMEM_exchange, HOLE);
}

TEST(vcpus)
{
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_is_up, 0, 0), 1);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_is_up, 8, 0), -XEN_ENOENT);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_is_up, ~0UL, 0), -XEN_ENOENT);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_initialise, 0, 0), -XEN_EEXIST);
	struct xen_vcpu_set_periodic_timer t = {1000};
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_set_periodic_timer, 0, &t), -XEN_EINVAL);
	struct xen_vcpu_register_vcpu_info info = {mfn_of(page_alloc()), 4096 - 32, 0};
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_register_vcpu_info, 0, &info), -XEN_EINVAL);
	info = (struct xen_vcpu_register_vcpu_info){1UL << 40, 0, 0};
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_register_vcpu_info, 0, &info), -XEN_EINVAL);
	info = (struct xen_vcpu_register_vcpu_info){mfn_of((void *)start_info->pt_base), 0, 0};
	CHECK(CALL(HYPERCALL_vcpu_op, VCPUOP_register_vcpu_info, 0, &info) < 0); /* a table */
	info = (struct xen_vcpu_register_vcpu_info){mfn_of(page_alloc()), 3, 0};
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_register_vcpu_info, 0, &info), -XEN_EINVAL);
}

TEST(areas_at_bad_places)
{
	uint64_t area = HOLE;

	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_register_runstate_memory_area, 0, &area), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_register_vcpu_time_memory_area, 0, &area),
	      -XEN_EFAULT);
	area = HV_IMAGE;
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_register_runstate_memory_area, 0, &area), -XEN_EFAULT);
	/* a place where nothing is: written without effect later on */
	area = NO_MEMORY;
	CALL(HYPERCALL_vcpu_op, VCPUOP_register_runstate_memory_area, 0, &area);
	CALL(HYPERCALL_sched_op, SCHEDOP_yield);
	area = 0;
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_register_runstate_memory_area, 0, &area), 0);
}

TEST(poll_arguments)
{
	uint32_t ports[129] = {4096};
	struct xen_sched_poll p = {.ports = (uint64_t)ports, .nr_ports = 129};

	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p), -XEN_EINVAL);
	p.nr_ports = 1;
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p), -XEN_EINVAL);
	ports[0] = 0xffffffff;
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p), -XEN_EINVAL);
	p.ports = HOLE;
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p), -XEN_EFAULT);
	p.timeout = now() + 1000000;
	ports[0] = 3000;
	p.ports = (uint64_t)ports;
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p), 0);
	CHECK(now() >= p.timeout);
}

TEST(shutdown_arguments)
{
	struct xen_sched_shutdown s = {SHUTDOWN_MAX + 1};
	struct xen_sched_remote_shutdown r = {.domain_id = 4711};

	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_shutdown, &s), -XEN_EINVAL);
	s.reason = ~0u;
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_shutdown, &s), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_remote_shutdown, &r),
	      privileged ? -XEN_ESRCH : -XEN_EPERM);
}
