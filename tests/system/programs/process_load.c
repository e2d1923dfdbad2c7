/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What processes do to their address spaces, with the contents checked: fork and copy on write,
 * exec, mmap, mremap, mprotect, madvise, signals, threads beside all that, processes that are
 * killed in the middle of it. As argument the number of rounds; says "LOAD OK" at the end.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE  4096UL
#define PAGES 1200 /* more than two page tables */

static sigjmp_buf refused;
static atomic_bool stop;

static void fail(const char *what)
{
	printf("LOAD FAILED: %s\n", what);
	fflush(stdout);
	_exit(1);
}

static char *map(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	if (p == MAP_FAILED)
		fail("mmap");
	return p;
}

static void fill(char *p, size_t pages, uint64_t seed)
{
	for (size_t i = 0; i < pages; i++)
		*(uint64_t *)(p + i * PAGE) = seed + i;
}

static void check(const char *p, size_t pages, uint64_t seed, const char *what)
{
	for (size_t i = 0; i < pages; i++)
		if (*(const uint64_t *)(p + i * PAGE) != seed + i)
			fail(what);
}

static void wait_for(pid_t child, int expected)
{
	int status;

	if (waitpid(child, &status, 0) != child || status != expected)
		fail("a child ended otherwise");
}

/* The child writes to its copy and the parent to its own; neither sees the other's. */
static void copy_on_write(void)
{
	char *p = map(PAGES);
	pid_t child;

	fill(p, PAGES, 1000);
	child = fork();
	if (child < 0)
		fail("fork");
	if (!child) {
		check(p, PAGES, 1000, "child's copy");
		fill(p, PAGES, 5000);
		if (munmap(p + 100 * PAGE, 600 * PAGE))
			fail("munmap");
		check(p, 100, 5000, "child's own");
		check(p + 700 * PAGE, PAGES - 700, 5700, "child's own end");
		_exit(0);
	}
	fill(p, PAGES / 2, 9000);
	wait_for(child, 0);
	check(p, PAGES / 2, 9000, "parent's own");
	check(p + PAGES / 2 * PAGE, PAGES / 2, 1000 + PAGES / 2, "parent's old");
	munmap(p, PAGES * PAGE);
}

static void execute(void)
{
	pid_t child = fork();

	if (child < 0)
		fail("fork");
	if (!child) {
		execl("/proc/self/exe", "process_load", "exit", NULL);
		fail("exec");
	}
	wait_for(child, 0);
}

static void on_fault(int number)
{
	(void)number;
	siglongjmp(refused, 1);
}

static bool may_write(volatile char *p)
{
	if (sigsetjmp(refused, 1))
		return false;
	*p = *p;
	return true;
}

/* A right that is taken is gone at once, and back when it is given. */
static void protections(void)
{
	struct sigaction action = {.sa_handler = on_fault}, before;
	char *p = map(PAGES);

	sigaction(SIGSEGV, &action, &before);
	fill(p, PAGES, 7);
	mprotect(p, PAGES * PAGE, PROT_READ);
	for (size_t i = 0; i < PAGES; i += 97)
		if (may_write(p + i * PAGE))
			fail("write to a read-only page");
	mprotect(p, PAGES * PAGE, PROT_READ | PROT_WRITE);
	for (size_t i = 0; i < PAGES; i += 97)
		if (!may_write(p + i * PAGE))
			fail("no write to a writable page");
	madvise(p, 50 * PAGE, MADV_DONTNEED);
	if (*p || *(p + 49 * PAGE))
		fail("a page that was given away has contents");
	check(p + 50 * PAGE, PAGES - 50, 57, "after madvise");
	sigaction(SIGSEGV, &before, NULL);
	munmap(p, PAGES * PAGE);
}

static void move(void)
{
	char *p = map(PAGES), *q;

	fill(p, PAGES, 3);
	q = mremap(p, PAGES * PAGE, 2 * PAGES * PAGE, MREMAP_MAYMOVE);
	if (q == MAP_FAILED)
		fail("mremap");
	check(q, PAGES, 3, "moved");
	q = mremap(q, 2 * PAGES * PAGE, PAGES * PAGE, 0);
	if (q == MAP_FAILED)
		fail("mremap");
	check(q, PAGES, 3, "made smaller");
	munmap(q, PAGES * PAGE);
}

static void *use_memory(void *seed)
{
	while (!stop) {
		char *p = map(64);

		fill(p, 64, (uintptr_t)seed);
		mprotect(p, 32 * PAGE, PROT_READ);
		check(p, 64, (uintptr_t)seed, "a thread's");
		mprotect(p, 32 * PAGE, PROT_READ | PROT_WRITE);
		fill(p, 32, (uintptr_t)seed + 1);
		check(p, 32, (uintptr_t)seed + 1, "a thread's again");
		munmap(p, 64 * PAGE);
	}
	return NULL;
}

/* Forks while other threads change the same address space. */
static void threads(void)
{
	pthread_t thread[3];

	stop = false;
	for (uintptr_t i = 0; i < 3; i++)
		if (pthread_create(&thread[i], NULL, use_memory, (void *)(i * 100000)))
			fail("pthread_create");
	for (int i = 0; i < 4; i++)
		execute();
	copy_on_write();
	stop = true;
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
}

/* Killed wherever it is. */
static void kill_one(unsigned int after)
{
	pid_t child = fork();

	if (child < 0)
		fail("fork");
	if (!child)
		for (;;)
			copy_on_write();
	usleep(after);
	kill(child, SIGKILL);
	wait_for(child, SIGKILL);
}

/* Many at once. */
static void crowd(void)
{
	pid_t child[30];

	for (int i = 0; i < 30; i++) {
		child[i] = fork();
		if (child[i] < 0)
			fail("fork");
		if (!child[i]) {
			execute();
			_exit(0);
		}
	}
	for (int i = 0; i < 30; i++)
		wait_for(child[i], 0);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1;

	if (argc > 1 && !strcmp(argv[1], "exit"))
		return 0;
	for (int i = 0; i < rounds; i++) {
		copy_on_write();
		execute();
		protections();
		move();
		threads();
		kill_one(1000U * (i % 20));
		crowd();
	}
	printf("LOAD OK\n");
	return 0;
}
