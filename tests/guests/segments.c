/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors and segments: a guest's tables hold code and data of ring 3, and nothing else. */
#include "kit.h"

#define DATA	  0x00cff3000000ffffUL
#define CODE64	  0x00affb000000ffffUL
#define ACCESS(d) ((d) >> 40 & 0xff)

static uint64_t descriptor(unsigned int access)
{
	return 0x00cf00000000ffffUL | (uint64_t)access << 40;
}

static int set_gdt(const uint64_t *frames, unsigned int entries)
{
	return (int)CALL(HYPERCALL_set_gdt, frames, entries);
}

/* A GDT of one page with this entry 1; the result of making it one. */
static int try_gdt(uint64_t *page, uint64_t entry)
{
	uint64_t m = mfn_of(page);
	int rc;

	EQUAL(set_gdt(NULL, 0), 0);
	EQUAL(unprotect(page), 0);
	page[1] = entry;
	EQUAL(protect(page), 0);
	rc = set_gdt(&m, 512);
	return rc;
}

static bool load_ds(uint16_t selector)
{
	bool ok = !CATCH(__asm__ volatile("mov %w0, %%ds" : : "r"((uint32_t)selector)));

	__asm__ volatile("mov %w0, %%ds" : : "r"(0));
	return ok;
}

TEST(system_descriptors_are_refused)
{
	uint64_t *page = page_alloc();

	/* S clear: TSS, LDT, call, interrupt and trap gates, of every ring */
	for (unsigned int type = 0; type < 16; type++)
		for (unsigned int dpl = 0; dpl < 4; dpl++) {
			EQUAL(try_gdt(page, descriptor(0x80 | dpl << 5 | type)), -XEN_EINVAL);
			EQUAL(CALL(HYPERCALL_update_descriptor, mfn_of(page) * PAGE + 16,
				   descriptor(0x80 | dpl << 5 | type)),
			      -XEN_EINVAL);
		}
	EQUAL(try_gdt(page, 0), 0);
	for (unsigned int type = 0; type < 16; type++)
		EQUAL(CALL(HYPERCALL_update_descriptor, mfn_of(page) * PAGE + 8,
			   descriptor(0x80 | type)),
		      -XEN_EINVAL);
	EQUAL(page[1], 0);
	EQUAL(set_gdt(NULL, 0), 0);
}

TEST(descriptors_become_ring_3)
{
	uint64_t *page = page_alloc();

	for (unsigned int type = 0; type < 16; type++) {
		EQUAL(try_gdt(page, descriptor(0x90 | type)), 0);
		EQUAL(ACCESS(page[1]), 0xf0 | type | 1);
		EQUAL(CALL(HYPERCALL_update_descriptor, mfn_of(page) * PAGE + 16,
			   descriptor(0x90 | type)),
		      0);
		EQUAL(ACCESS(page[2]), 0xf0 | type | 1);
	}
	EQUAL(try_gdt(page, DATA), 0);
	CHECK(load_ds(0x0b) && load_ds(8)); /* whatever the selector's RPL */
	EQUAL(CALL(HYPERCALL_update_descriptor, mfn_of(page) * PAGE + 8, descriptor(0x72)), 0);
	CHECK(!load_ds(0x0b)); /* not present */
	EQUAL(caught.vector, 11);
	EQUAL(caught.error, 8);
	CHECK(!load_ds(0x1b)); /* empty */
	EQUAL(set_gdt(NULL, 0), 0);
	CHECK(!load_ds(0x0b));
}

TEST(frames_of_descriptor_tables)
{
	uint64_t *page = page_alloc(), *table = make_l1(), frames[16] = {mfn_of(page)};
	static const uint64_t bad[] = {0, 1, 1UL << 28, 1UL << 40, ~0UL};

	EQUAL(set_gdt(frames, 512), -XEN_EINVAL); /* mapped writable */
	EQUAL(protect(page), 0);
	for (unsigned int i = 0; i < ARRAY(bad); i++) {
		frames[1] = bad[i];
		EQUAL(set_gdt(frames, 1024), -XEN_EINVAL);
	}
	EQUAL(unprotect(page), 0); /* the first one was let go */
	EQUAL(protect(page), 0);
	frames[1] = mfn_of(table);
	EQUAL(set_gdt(frames, 1024), -XEN_EINVAL);
	frames[1] = frames[0];
	EQUAL(set_gdt(frames, 1024), 0);
	CHECK(unprotect(page) < 0);
	EQUAL(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page), 0), -XEN_EINVAL);
	EQUAL(set_gdt(frames, FIRST_RESERVED_GDT_ENTRY + 1), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_set_gdt, frames, ~0UL), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_set_gdt, frames, 1UL << 32), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_set_gdt, HOLE, 1), -XEN_EFAULT);
	CHECK(unprotect(page) < 0);
	EQUAL(set_gdt(frames, 0), 0);
	EQUAL(unprotect(page), 0);
}

TEST(places_of_update_descriptor)
{
	uint64_t *page = page_alloc(), *table = make_l1(), m = mfn_of(page) * PAGE;
	static const uint64_t bad[] = {0, 0x1000, 1UL << 40, ~7UL, 0x100000};

	EQUAL(CALL(HYPERCALL_update_descriptor, m, DATA), 0); /* plain memory */
	EQUAL(page[0], DATA);
	for (unsigned int i = 1; i < 8; i++)
		EQUAL(CALL(HYPERCALL_update_descriptor, m + i, DATA), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_update_descriptor, mfn_of(table) * PAGE, DATA), -XEN_EINVAL);
	EQUAL(table[0], 0);
	EQUAL(CALL(HYPERCALL_update_descriptor, live_l4() * PAGE, 0), -XEN_EINVAL);
	for (unsigned int i = 0; i < ARRAY(bad); i++)
		EQUAL(CALL(HYPERCALL_update_descriptor, bad[i], DATA), -XEN_EINVAL);
}

/* The hypervisor's own entries behind ours: flat segments of ring 3, and things that we cannot use.
 */
TEST(selectors_of_the_hypervisor)
{
	unsigned int loaded = 0;

	for (unsigned int s = FIRST_RESERVED_GDT_BYTE; s < 0x10000; s++) {
		bool flat = (s | 3) == FLAT_RING3_DS32 || (s | 3) == FLAT_RING3_CS32 ||
			    (s | 3) == FLAT_RING3_CS64;

		if (load_ds((uint16_t)s) && !flat)
			fail("selector %x can be loaded", s);
		else if (flat)
			loaded++;
	}
	CHECK(loaded);
}

static volatile struct {
	uint32_t offset;
	uint16_t selector;
} __attribute__((packed)) far_target;

TEST(far_calls_into_the_hypervisor)
{
	far_target.offset = (uint32_t)(uint64_t)user_end;
	for (unsigned int s = FIRST_RESERVED_GDT_BYTE; s < FIRST_RESERVED_GDT_BYTE + 0x100;
	     s += 4) {
		if ((s | 3) == FLAT_RING3_CS32 || (s | 3) == FLAT_RING3_CS64)
			continue;
		far_target.selector = (uint16_t)s;
		CHECK(CATCH(__asm__ volatile("lcall *%0" : : "m"(far_target))));
		CHECK(caught.vector == 13 || caught.vector == 11);
		CHECK(CATCH(__asm__ volatile("ljmp *%0" : : "m"(far_target))));
		far_target.selector = (uint16_t)(s | 3);
		CHECK(CATCH(__asm__ volatile("lcall *%0" : : "m"(far_target))));
		CHECK(CATCH(__asm__ volatile("pushq %0; pushq $0; lretq" : : "r"((uint64_t)s))));
	}
	/* nor are these ours */
	CHECK(CATCH(__asm__ volatile("ltr %w0" : : "r"(0xe040))));
	CHECK(CATCH(__asm__ volatile("lldt %w0" : : "r"(0xe040))));
	CHECK(CATCH(__asm__ volatile("lldt %w0" : : "r"(0))));
}

static int set_ldt(const void *base, unsigned int entries)
{
	return mmuext(MMUEXT_SET_LDT, (uint64_t)base, entries);
}

TEST(local_descriptors)
{
	uint64_t *page = page_alloc(), *next = page_alloc();

	CHECK(next == page + 512);
	page[1] = DATA & ~0x600000000000UL; /* DPL 0 */
	next[0] = DATA;
	EQUAL(protect(page), 0);
	EQUAL(protect(next), 0);
	EQUAL(set_ldt(page, 1024), 0);
	CHECK(load_ds(0x0f) && load_ds(0x0c));
	EQUAL(ACCESS(page[1]), 0xf3);
	CHECK(unprotect(page) < 0); /* in use now */
	CHECK(load_ds(512 * 8 | 7));
	CHECK(!load_ds(3 * 8 | 7));
	EQUAL(caught.vector, 13);
	EQUAL(set_ldt(page, 1), 0);
	CHECK(!load_ds(0x0f)); /* beyond the limit */
	EQUAL(set_ldt(NULL, 0), 0);
	EQUAL(unprotect(page), 0);
	EQUAL(unprotect(next), 0);
	CHECK(!load_ds(0x0f));
}

/* A page of the LDT is checked when it is first used; one that is bad faults where it lies. */
TEST(local_descriptors_that_are_bad)
{
	uint64_t *page = page_alloc(), *hole = page_alloc();

	EQUAL(set_ldt(page, 512), 0);
	CHECK(!load_ds(0x0f)); /* mapped writable */
	EQUAL(caught.vector, 14);
	EQUAL(caught.cr2, &page[1]);
	page[1] = DATA;
	page[400] = descriptor(0xec); /* a call gate, somewhere in it */
	EQUAL(protect(page), 0);
	CHECK(!load_ds(0x0f));
	EQUAL(caught.vector, 14);
	EQUAL(remap(hole, 0), 0);
	EQUAL(set_ldt(hole, 512), 0);
	CHECK(!load_ds(0x0f));
	EQUAL(caught.cr2, &hole[1]);
	EQUAL(set_ldt((void *)NO_MEMORY, 8192), 0);
	CHECK(!load_ds(0xffff));
	EQUAL(caught.cr2, NO_MEMORY + 0xfff8);
	EQUAL(set_ldt((void *)HYPERVISOR_VIRT_START, 1), -XEN_EINVAL);
	EQUAL(set_ldt((void *)(HYPERVISOR_VIRT_START - PAGE), 513), -XEN_EINVAL);
	EQUAL(set_ldt((void *)ODD, 1), -XEN_EINVAL);
	EQUAL(set_ldt(page + 1, 1), -XEN_EINVAL);
	EQUAL(set_ldt(page, 8193), -XEN_EINVAL);
	EQUAL(set_ldt(page, ~0u), -XEN_EINVAL);
	EQUAL(set_ldt(NULL, 0), 0);
	EQUAL(unprotect(page), 0);
}

/* The window through which the processor reads our tables is not ours to look through. */
TEST(tables_in_the_hypervisors_window)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) table = {0, 0};

	if (CATCH(__asm__ volatile("sgdt %0" : "=m"(table))))
		return; /* the processor does not tell (UMIP) */
	CHECK(CATCH((void)*(volatile uint64_t *)table.base));
	EQUAL(caught.vector, 14);
	CHECK(CATCH(*(volatile uint64_t *)(table.base + FIRST_RESERVED_GDT_BYTE + 8) = DATA));
	EQUAL(caught.vector, 14);
	EQUAL(CALL(HYPERCALL_xen_version, 1, table.base), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_xen_version, 1, table.base + FIRST_RESERVED_GDT_BYTE), -XEN_EFAULT);
	CHECK(CATCH(__asm__ volatile("lgdt %0" : : "m"(table))));
	EQUAL(caught.vector, 13);
	CHECK(CATCH(__asm__ volatile("lidt %0" : : "m"(table))));
	EQUAL(caught.vector, 13);
}

TEST(bases_of_segments)
{
	static uint64_t value = 0x4711;
	uint64_t got;

	for (unsigned int msr = 0xc0000100; msr <= 0xc0000102; msr++) {
		uint64_t base = (uint64_t)&value;

		CHECK(!CATCH(__asm__ volatile("wrmsr"
					      :
					      : "c"(msr), "a"((uint32_t)base),
						"d"((uint32_t)(base >> 32)))));
		CHECK(CATCH(__asm__ volatile("wrmsr" : : "c"(msr), "a"(0), "d"(0x8000))));
		EQUAL(caught.vector, 13);
		CHECK(CATCH(__asm__ volatile("wrmsr" : : "c"(msr), "a"(0), "d"(0x7fff8000))));
	}
	__asm__ volatile("mov %%fs:0, %0" : "=r"(got));
	EQUAL(got, value);
	__asm__ volatile("mov %%gs:0, %0" : "=r"(got));
	EQUAL(got, value);
	CHECK(CATCH(__asm__ volatile("swapgs")));
	/* a base in the hypervisor can be had; its memory cannot */
	EQUAL(CALL(HYPERCALL_set_segment_base, SEGBASE_FS, HV_IMAGE), 0);
	CHECK(CATCH(__asm__ volatile("mov %%fs:0, %0" : "=r"(got))));
	EQUAL(caught.vector, 14);
	EQUAL(CALL(HYPERCALL_set_segment_base, SEGBASE_FS, 0), 0);
}

/* Selectors and bases of one vCPU do not show in another one. */
static volatile uint64_t worker_fs, worker_gs;
static volatile uint16_t worker_ds;
static uint64_t worker_value = 0x99;

static void look_at_segments(void)
{
	uint64_t fs, gs;
	uint16_t ds;

	CALL(HYPERCALL_set_segment_base, SEGBASE_FS, &worker_value);
	CALL(HYPERCALL_set_segment_base, SEGBASE_GS_KERNEL, &worker_value);
	for (unsigned int i = 0; i < 50; i++)
		yield();
	__asm__ volatile("mov %%fs:0, %0; mov %%gs:0, %1; mov %%ds, %2"
			 : "=r"(fs), "=r"(gs), "=r"(ds));
	worker_fs = fs;
	worker_gs = gs;
	worker_ds = ds;
}

TEST(segments_of_two_vcpus)
{
	static uint64_t value = 0x55;
	uint64_t fs, gs, *page = page_alloc();
	uint16_t ds;

	EQUAL(try_gdt(page, DATA), 0);
	EQUAL(CALL(HYPERCALL_set_segment_base, SEGBASE_FS, &value), 0);
	EQUAL(CALL(HYPERCALL_set_segment_base, SEGBASE_GS_KERNEL, &value), 0);
	__asm__ volatile("mov %w0, %%ds" : : "r"(0x0b));
	start_work(look_at_segments);
	await_work();
	__asm__ volatile("mov %%fs:0, %0; mov %%gs:0, %1; mov %%ds, %2"
			 : "=r"(fs), "=r"(gs), "=r"(ds));
	__asm__ volatile("mov %w0, %%ds" : : "r"(0));
	EQUAL(set_gdt(NULL, 0), 0);
	CHECK(fs == 0x55 && gs == 0x55);
	EQUAL(ds, 0x0b);
	CHECK(worker_fs == 0x99 && worker_gs == 0x99);
	CHECK(worker_ds != 0x0b);
}
