/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Benchmarks that map memory and fault on it. Pages of 4 KiB only (a PV guest has no others, so the
 * comparison with a bare kernel is one of like with like).
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gauge.h"

#define PAGE	   4096UL
#define MAP_PAGES  1024	 /* 4 MiB */
#define ANON_PAGES 8192	 /* 32 MiB */
#define ZERO_PAGES 16384 /* 64 MiB, none of its own */

static char *area;

static char *map_pages(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		gauge_fail("mmap");
	madvise(p, pages * PAGE,
		MADV_NOHUGEPAGE); /* a kernel without huge pages refuses: as well */
	return p;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info, (void)context;
	if (mprotect(area, PAGE, PROT_READ | PROT_WRITE))
		gauge_fail("mprotect");
}

static void prepare_protection(void)
{
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

	sigaction(SIGSEGV, &action, NULL);
	area = map_pages(1);
	*area = 1;
}

/* A write is refused, the handler allows it, it is done again. */
static uint64_t run_protection(unsigned int times)
{
	while (times--) {
		if (mprotect(area, PAGE, PROT_READ))
			gauge_fail("mprotect");
		*(volatile char *)area = 1;
	}
	return 0;
}

static void finish_protection(void)
{
	signal(SIGSEGV, SIG_DFL);
	munmap(area, PAGE);
}

static uint64_t run_mmap(unsigned int times)
{
	while (times--) {
		char *p = map_pages(MAP_PAGES);

		for (size_t i = 0; i < MAP_PAGES; i++)
			*(volatile char *)(p + i * PAGE) = 1;
		munmap(p, MAP_PAGES * PAGE);
	}
	return 0;
}

static void prepare_anonymous(void)
{
	area = map_pages(ANON_PAGES);
}

static uint64_t run_anonymous(unsigned int times)
{
	for (size_t i = 0; i < times; i++)
		*(volatile char *)(area + i * PAGE) = 1;
	return 0;
}

static void finish_anonymous(void)
{
	munmap(area, ANON_PAGES * PAGE);
}

static void prepare_zero(void)
{
	area = map_pages(ZERO_PAGES);
}

static uint64_t run_zero(unsigned int times)
{
	for (size_t i = 0; i < times; i++)
		(void)*(volatile char *)(area + i * PAGE);
	return 0;
}

static void finish_zero(void)
{
	munmap(area, ZERO_PAGES * PAGE);
}

const struct gauge gauge_memory[] = {
	{"protection", 5, 5000, 1, prepare_protection, run_protection, finish_protection},
	{"mmap", 6, 10, MAP_PAGES, NULL, run_mmap, NULL},
	{"anonymous", 7, ANON_PAGES, 1, prepare_anonymous, run_anonymous, finish_anonymous},
	{"zero", 8, ZERO_PAGES, 1, prepare_zero, run_zero, finish_zero},
	{0},
};
