/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kit for kernels that test the hypervisor from inside a guest. Each is a few files of TEST()s;
 * the kit boots, runs them one by one, and says "PASS name" or "FAIL name: why" on the console. A
 * fault that a test does not expect fails that test only.
 */
#ifndef SHOJI_TESTS_KIT_H
#define SHOJI_TESTS_KIT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shoji/arch.h"
#include "shoji/errno.h"
#include "shoji/hypercalls.h"
#include "shoji/mmu.h"
#include "shoji/shared_info.h"
#include "shoji/start_info.h"
#include "shoji/types.h"

#define PAGE	  4096UL
#define VIRT_BASE 0xffffffff80000000UL
#define ARRAY(a)  (sizeof(a) / sizeof((a)[0]))

/* --- tests --- */

enum who { ANYONE, CONTROL_DOMAIN, ORDINARY_GUEST };
struct test {
	const char *name;
	void (*run)(void);
	uint64_t who;
} __attribute__((aligned(32))); /* so that the section is an array */
#define TEST_FOR(name, who)                                                    \
	static void name(void);                                                \
	static const struct test test_##name                                   \
		__attribute__((used, section(".tests"))) = {#name, name, who}; \
	static void name(void)
#define TEST(name)	 TEST_FOR(name, ANYONE)
#define TEST_DOM0(name)	 TEST_FOR(name, CONTROL_DOMAIN) /* skipped elsewhere */
#define TEST_GUEST(name) TEST_FOR(name, ORDINARY_GUEST)

/* Ends the test. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
#define CHECK(condition)                                           \
	do {                                                       \
		if (!(condition))                                  \
			fail("line %d: %s", __LINE__, #condition); \
	} while (0)
#define EQUAL(got, want)                                                                  \
	do {                                                                              \
		long got_ = (long)(got), want_ = (long)(want);                            \
		if (got_ != want_)                                                        \
			fail("line %d: %s is %ld, not %ld", __LINE__, #got, got_, want_); \
	} while (0)
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- hypercalls --- */

long hypercall6(long number, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
		uint64_t a6);
#define CALL_(n, a, b, c, d, e, f, ...)                                                            \
	hypercall6((n), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e), \
		   (uint64_t)(f))
#define CALL(...) CALL_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define NO_MEMORY 0x10000UL /* an address where nothing is mapped */
#define HOLE	  (HYPERVISOR_VIRT_START + 0x10000)
#define HV_IMAGE  0xffff820000000000UL
#define DIRECTMAP 0xffff830000000000UL /* where the hypervisor sees all memory, ours too */
#define ODD	  0x0000800000000000UL /* not canonical */

/* --- memory --- */

extern struct xen_start_info *start_info;
extern struct xen_shared_info *shared_info;
extern bool privileged; /* we are the control domain */
uint16_t own_domid(void);
void *page_alloc(void); /* a page of zeroes from the kernel's own; given back after the test */
uint64_t mfn_of(const void *va);
void *va_of(uint64_t mfn);
uint64_t *entry_of(const void *va, unsigned int level); /* of the live tables; 1: the L1 entry */
uint64_t entry_address(const void *va, unsigned int level); /* its machine address */
#define PTE(mfn, flags) ((uint64_t)(mfn) << 12 | (flags))
#define P		0x001UL
#define RW		0x002UL
#define US		0x004UL
#define A		0x020UL
#define D		0x040UL
#define PSE		0x080UL
#define NX		(1UL << 63)
#define READABLE	(P | US | A)
#define WRITABLE	(P | US | A | D | RW)
int remap(void *va, uint64_t entry); /* update_va_mapping with a flush */
int protect(void *page);	     /* make it read-only */
int unprotect(void *page);
int mmu_update(uint64_t ptr, uint64_t value); /* one request, own domain */
int mmuext(uint32_t cmd, uint64_t arg1, uint64_t arg2);
/* A page as a checked, pinned, read-only L1 table. */
uint64_t *make_l1(void);
void drop_table(void *table);
uint64_t live_l4(void); /* its frame */
/* Maps a page of ours at an address of the lower half where nothing is, through new tables. Given
 * back by unmap_low(), and after the test. */
void map_low(uint64_t va, const void *page);
void unmap_low(void);

/* --- exceptions --- */

enum { TRAP_EVENT = 256, TRAP_NMI = 257, TRAP_SYSCALL = 258, TRAP_FAILSAFE = 259 };

struct trap_frame {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};
struct caught {
	unsigned int vector;
	uint64_t error, rip, cr2, cs, rax, rsp;
};
extern struct caught caught;
extern uint64_t catch_place[8];
extern volatile bool catching;
int remember(uint64_t where[8]) __attribute__((returns_twice));
void jump_back(uint64_t where[8], int value) __attribute__((noreturn));
/* Runs the statements; true if an exception (or a system call) ended them: see `caught`. */
#define CATCH(...)                            \
	({                                    \
		bool caught_ = true;          \
		if (!remember(catch_place)) { \
			catching = true;      \
			__VA_ARGS__;          \
			catching = false;     \
			caught_ = false;      \
		}                             \
		caught_;                      \
	})
void iret_to(const struct xen_iret_context *frame) __attribute__((noreturn));
extern char user_stack_end[], entry_stack_end[];
extern volatile unsigned int events_seen;
/* To user mode, on the kernel's own tables; it comes back by an exception or a system call. */
void run_user(void (*code)(void)) __attribute__((noreturn));
void enter_user(uint64_t rip, uint64_t cs, uint64_t rsp, uint64_t rflags) __attribute__((noreturn));
void user_end(void); /* the shortest program: one system call */
/* A program that makes so many system calls and looks that its registers keep their values; its end
 * is #UD, or #BP if one did not (in the round that counts from registers_rounds down). To be
 * entered on user_stack_end, with registers_handler() for its system calls. */
extern uint64_t registers_rounds, registers_bad;
void registers_program(void);
void registers_handler(void);
void events_off(void);
void events_on(void); /* delivers what is pending */

/* --- other vCPUs --- */

#include "shoji/vcpu.h"

/* A context that would run `code` on a stack of its own, in kernel mode, on our tables. */
struct xen_vcpu_guest_context *new_context(unsigned int vcpu, void (*code)(void));
int vcpu_initialise(unsigned int vcpu, const struct xen_vcpu_guest_context *c);
unsigned int spare_vcpu(void);	     /* one that was never used; each call gives another one */
unsigned int worker(void);	     /* the vCPU that works for us */
void start_work(void (*work)(void)); /* on the worker, while we go on */
void await_work(void);
void yield(void);

/* --- time and small things --- */

uint64_t now(void);	   /* system time in ns */
uint32_t timer_port(void); /* for the timer's event, unmasked */
bool timer_fired(uint32_t port);
void timer_clear(uint32_t port);      /* what has come is forgotten */
void timer_close(uint32_t port);      /* stops the timer, too */
const char *option(const char *name); /* "name=value" of the command line; NULL: not there */
void *memset(void *to, int byte, size_t size);
void *memcpy(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
void shut_down(unsigned int reason) __attribute__((noreturn));

#endif
