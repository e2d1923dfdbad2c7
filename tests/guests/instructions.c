/* SPDX-License-Identifier: GPL-2.0-only */
/* Privileged instructions and I/O ports: done for the guest where harmless, refused otherwise. */
#include "kit.h"

#include "shoji/physdev.h"

#define RUN(text, ...) CATCH(__asm__ volatile(text : : __VA_ARGS__))

static bool read_msr(uint32_t msr, uint64_t *value)
{
	uint32_t low = 0, high = 0;
	bool ok = !CATCH(__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr)));

	*value = low | (uint64_t)high << 32;
	return ok;
}

static bool write_msr(uint32_t msr, uint64_t value)
{
	return !RUN("wrmsr", "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

TEST(instructions_that_nobody_has)
{
	static uint64_t operand[8] __attribute__((aligned(64)));

	CHECK(RUN("lgdt %0", "m"(operand)));
	CHECK(RUN("lidt %0", "m"(operand)));
	CHECK(RUN("lldt %w0", "r"(0)));
	CHECK(RUN("ltr %w0", "r"(0)));
	CHECK(RUN("swapgs", "r"(0)));
	CHECK(RUN("sysretq", "c"(user_end)));
	CHECK(RUN("sysexitl", "c"(operand), "d"(user_end)));
	CHECK(RUN(".byte 0x0f, 0x01, 0xc1", "a"(0)));		  /* vmcall */
	CHECK(RUN(".byte 0xf3, 0x0f, 0xc7, 0x30", "a"(operand))); /* vmxon */
	CHECK(RUN(".byte 0x0f, 0x01, 0xd8", "a"(operand)));	  /* vmrun */
	CHECK(RUN(".byte 0x0f, 0x01, 0xda", "a"(operand)));	  /* vmload */
	CHECK(RUN(".byte 0x0f, 0x01, 0xdd", "a"(0)));		  /* clgi */
	CHECK(RUN(".byte 0x0f, 0x01, 0xca", "a"(0)));		  /* clac */
	CHECK(RUN(".byte 0x0f, 0x01, 0xcb", "a"(0)));		  /* stac */
	CHECK(RUN(".byte 0x0f, 0x37", "a"(0)));			  /* getsec */
	CHECK(RUN(".byte 0x0f, 0xaa", "a"(0)));			  /* rsm */
	CHECK(RUN("rdpmc", "c"(0)));
	CHECK(RUN("monitor", "a"(operand), "c"(0), "d"(0)));
	CHECK(RUN("mwait", "a"(0), "c"(0)));
	CHECK(RUN("invpcid %0, %1", "m"(operand), "r"(2UL)));
	CHECK(RUN("xsaves %0", "m"(operand), "a"(0), "d"(0)));
	EQUAL(CALL(HYPERCALL_xen_version, 0, 0), 4 << 16 | 17);
}

TEST(control_registers)
{
	uint64_t cr0, cr3, cr4;

	CHECK(!CATCH(__asm__ volatile("mov %%cr0, %0" : "=r"(cr0))));
	CHECK(!CATCH(__asm__ volatile("mov %%cr3, %0" : "=r"(cr3))));
	CHECK(!CATCH(__asm__ volatile("mov %%cr4, %0" : "=r"(cr4))));
	EQUAL(cr3, live_l4() * PAGE);
	CHECK(cr0 >> 31 && (cr0 & 1) && (cr0 >> 16 & 1));    /* PG PE WP */
	EQUAL(cr4 & (1UL << 20 | 1UL << 21 | 1UL << 13), 0); /* SMEP SMAP VMXE are not shown */
	CHECK(RUN("mov %0, %%cr0", "r"(cr0 & ~(1UL << 16))));
	CHECK(RUN("mov %0, %%cr0", "r"(cr0 & ~(1UL << 31))));
	CHECK(RUN("mov %0, %%cr0", "r"(0UL)));
	CHECK(RUN("mov %0, %%cr3", "r"(0UL)));
	CHECK(RUN("mov %0, %%cr3", "r"(~0UL)));
	CHECK(RUN("mov %0, %%cr3", "r"(mfn_of(page_alloc()) * PAGE)));
	CHECK(!RUN("mov %0, %%cr3", "r"(cr3)));
	CHECK(RUN("mov %0, %%cr8", "r"(0UL)));
	/* other bits are the hypervisor's: whatever is written, they stay */
	(void)RUN("mov %0, %%cr4", "r"(0UL));
	(void)RUN("mov %0, %%cr4", "r"(~0UL));
	uint64_t after;

	__asm__ volatile("mov %%cr4, %0" : "=r"(after));
	EQUAL((after ^ cr4) & ~0xcUL, 0); /* TSD, DE */
	EQUAL(CALL(HYPERCALL_xen_version, 1, HV_IMAGE), -XEN_EFAULT);
}

/* Registers that decide where the processor goes: writes have no effect or fault. */
TEST(model_specific_registers)
{
	static const uint32_t entries[] = {
		0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0x174,
		0x175,	    0x176,	0x1b,	    0x277,	0x10,	    0x1d9,
		0x3a,	    0x9e,	0x200,	    0x2ff,	0x1a0,	    0x38f,
		0x800,	    0x830,	0x83f,	    0xda0,	0xc0010117, 0xc0010015};
	uint64_t before, after;

	for (unsigned int i = 0; i < ARRAY(entries); i++) {
		bool readable = read_msr(entries[i], &before);

		(void)write_msr(entries[i], 0);
		(void)write_msr(entries[i], ~0UL);
		(void)write_msr(entries[i], HV_IMAGE);
		(void)write_msr(entries[i], ODD);
		(void)write_msr(entries[i], (uint64_t)user_end);
		if (!readable || entries[i] == 0x10)
			continue;
		CHECK(read_msr(entries[i], &after));
		EQUAL(after, before);
	}
	EQUAL(CALL(HYPERCALL_xen_version, 0, 0), 4 << 16 | 17);
	CHECK(CATCH(run_user(user_end)));
	EQUAL(caught.vector, TRAP_SYSCALL);
}

/* All of them, in steps: none may be a surprise. */
TEST(unknown_model_specific_registers)
{
	uint64_t value;
	unsigned int readable = 0;

	for (uint32_t base = 0; base != 0xc0020000;
	     base = base ? base == 0xc0000000 ? 0xc0010000 : 0xc0020000 : 0xc0000000)
		for (uint32_t i = 0; i < 0x1000; i += 1)
			if (read_msr(base + i, &value)) {
				readable++;
				(void)write_msr(base + i, value);
			}
	CHECK(readable > 5 && readable < 120);
	CHECK(!read_msr(0x40000000, &value) && !read_msr(0x40000200, &value));
	CHECK(!read_msr(~0u, &value));
}

static void clear_interrupts(void)
{
	__asm__ volatile("cli");
	user_end();
}

static void halt(void)
{
	__asm__ volatile("hlt");
}

static void read_port(void)
{
	__asm__ volatile("in $0x60, %%al" : : : "eax");
	user_end();
}

static void read_efer(void)
{
	__asm__ volatile("rdmsr" : : "c"(0xc0000080));
}

static void read_cr3(void)
{
	__asm__ volatile("mov %%cr3, %%rax" : : : "rax");
}

static void leave_by_swapgs(void)
{
	__asm__ volatile("swapgs");
}

static void xsetbv_1(void)
{
	__asm__ volatile("xsetbv" : : "a"(1), "c"(0), "d"(0));
}

static void invlpg(void)
{
	__asm__ volatile("invlpg (%rax)");
}

/* The kernel is in ring 3, too, but its programs are not the kernel. */
TEST(programs_are_not_the_kernel)
{
	static void (*const programs[])(void) = {clear_interrupts, halt,     read_port,
						 read_efer,	   read_cr3, leave_by_swapgs,
						 xsetbv_1,	   invlpg};

	for (unsigned int i = 0; i < ARRAY(programs); i++) {
		CHECK(CATCH(run_user(programs[i])));
		CHECK(caught.vector == 13 || caught.vector == 6);
		EQUAL(caught.cs & 3, 3);
	}
}

static int set_iopl(unsigned int level)
{
	struct xen_physdev_set_iopl op = {level};

	return (int)CALL(HYPERCALL_physdev_op, PHYSDEVOP_set_iopl, &op);
}

TEST(io_privilege)
{
	EQUAL(set_iopl(0), 0);
	CHECK(RUN("outb %%al, $0x80", "a"(0)));
	CHECK(RUN("inb $0x80, %%al", "a"(0)));
	CHECK(RUN("cli", "a"(0)));
	EQUAL(set_iopl(1), 0);
	CHECK(!RUN("outb %%al, $0x80", "a"(0)));
	CHECK(!RUN("cli", "a"(0)));
	CHECK(!RUN("sti", "a"(0)));
	CHECK(CATCH(run_user(read_port)));
	EQUAL(caught.vector, 13);
	EQUAL(set_iopl(3), 0);
	CHECK(CATCH(run_user(read_port)));
	EQUAL(caught.vector, TRAP_SYSCALL);
	EQUAL(set_iopl(4), -XEN_EINVAL);
	EQUAL(set_iopl(~0u), -XEN_EINVAL);
	uint64_t flags;

	__asm__ volatile("pushf; orq $0x3000, (%%rsp); popf; pushf; pop %0" : "=r"(flags));
	EQUAL(flags & 0x3000, 0);
}

static uint32_t in(uint16_t port, unsigned int bytes)
{
	uint32_t value = 0;

	if (bytes == 1)
		__asm__ volatile("inb %w1, %b0" : "+a"(value) : "d"(port));
	else if (bytes == 2)
		__asm__ volatile("inw %w1, %w0" : "+a"(value) : "d"(port));
	else
		__asm__ volatile("inl %w1, %0" : "=a"(value) : "d"(port));
	return value;
}

/* Ports of the hypervisor's own devices read as if nothing were there, from whichever side. */
TEST(ports_of_the_hypervisor)
{
	static const uint16_t ports[] = {0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1, 0x3f8, 0x3fd};

	EQUAL(set_iopl(3), 0);
	for (unsigned int i = 0; i < ARRAY(ports); i++) {
		EQUAL(in(ports[i], 1), 0xff);
		EQUAL(in((uint16_t)(ports[i] - 1), 2), 0xffff);
		EQUAL(in((uint16_t)(ports[i] - 3), 4), 0xffffffff);
		__asm__ volatile("outb %b0, %w1" : : "a"(0xff), "d"(ports[i]));
		__asm__ volatile("outl %0, %w1" : : "a"(~0u), "d"(ports[i] - 2));
	}
	EQUAL(in(0x40, 1), 0);
	EQUAL(in(0xffff, 4), 0xffffffff);
	EQUAL(in(0xfffe, 4), 0xffffffff);
}

/* A guest has no ports at all. */
TEST_GUEST(every_port_is_empty)
{
	EQUAL(set_iopl(3), 0);
	for (unsigned int port = 0; port < 0x10000; port += port < 0x1000 ? 1 : 0x101) {
		if (port >= 0x40 && port <= 0x43)
			continue;
		if (in((uint16_t)port, 1) != 0xff)
			fail("port %x", port);
		__asm__ volatile("outb %b0, %w1" : : "a"(6), "d"(port)); /* 0xcf9, 0x604, 0xb2 … */
	}
	EQUAL(in(0xcfc, 4), 0xffffffff);
}

TEST(string_io_to_odd_addresses)
{
	static const uint64_t places[] = {HV_IMAGE, HOLE, ODD, NO_MEMORY, MACH2PHYS_VIRT_START,
					  ~0UL - 1};
	uint8_t *page = page_alloc();

	EQUAL(set_iopl(3), 0);
	for (unsigned int i = 0; i < ARRAY(places); i++) {
		CHECK(RUN("rep insl", "D"(places[i]), "c"(4), "d"(0x80)));
		CHECK(caught.vector == 14 || caught.vector == 13);
		CHECK(RUN("rep insb", "D"(places[i]), "c"(~0UL), "d"(0x80)));
		if (places[i] != MACH2PHYS_VIRT_START)
			CHECK(RUN("rep outsb", "S"(places[i]), "c"(4), "d"(0x80)));
	}
	EQUAL(protect(page), 0);
	CHECK(RUN("insb", "D"(page), "d"(0x80)));
	EQUAL(unprotect(page), 0);
	uint64_t count = 1000;
	void *to = page;

	__asm__ volatile("rep insb" : "+c"(count), "+D"(to) : "d"(0xe0) : "memory");
	EQUAL(count, 0);
	EQUAL(to, page + 1000);
	CHECK(page[999] == 0xff && page[1000] == 0);
}

TEST(cpuid_is_filtered)
{
	uint32_t a = 0x40000000, b, c = 0, d;

	__asm__ volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	EQUAL(b, 0x566e6558);
	a = 7;
	c = 0;
	__asm__ volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	EQUAL(b & (1u << 7 | 1u << 20 | 1u << 10), 0); /* SMEP SMAP INVPCID */
	EQUAL(c & (1u << 2 | 1u << 3), 0);	       /* UMIP PKU */
	a = 1;
	c = 0;
	__asm__ volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	EQUAL(c & (1u << 3 | 1u << 5 | 1u << 17 | 1u << 21), 0); /* MONITOR VMX PCID X2APIC */
	EQUAL(d & (1u << 13), 0);				 /* PGE */
	/* the prefix without its instruction is an invalid one */
	CHECK(RUN(XEN_EMULATE_PREFIX "nop", "a"(0)));
	EQUAL(caught.vector, 6);
	CHECK(RUN(XEN_EMULATE_PREFIX "rdmsr", "c"(0xc0000080)));
}
