/* SPDX-License-Identifier: GPL-2.0-only */
/* Benchmarks with two processes or threads. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gauge.h"

static void wait_for(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child || status)
		gauge_fail("child");
}

static uint64_t run_fork(unsigned int times)
{
	while (times--) {
		pid_t child = fork();

		if (child < 0)
			gauge_fail("fork");
		if (!child)
			_exit(0);
		wait_for(child);
	}
	return 0;
}

static uint64_t run_exec(unsigned int times)
{
	static char *const arguments[] = {"gauge", "exit", NULL};

	while (times--) {
		pid_t child = fork();

		if (child < 0)
			gauge_fail("fork");
		if (!child) {
			execve("/usr/bin/gauge", arguments, NULL);
			_exit(1);
		}
		wait_for(child);
	}
	return 0;
}

static int there[2], back[2];
static pid_t echo;

/* A child that sends every byte back until the pipe ends. */
static void prepare_pipe(void)
{
	char byte;

	if (pipe(there) || pipe(back))
		gauge_fail("pipe");
	echo = fork();
	if (echo < 0)
		gauge_fail("fork");
	if (echo) {
		close(there[0]);
		close(back[1]);
		return;
	}
	close(there[1]);
	close(back[0]);
	while (read(there[0], &byte, 1) == 1)
		if (write(back[1], &byte, 1) != 1)
			_exit(1);
	_exit(0);
}

static uint64_t run_pipe(unsigned int times)
{
	char byte = 0;

	while (times--)
		if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			gauge_fail("pipe");
	return 0;
}

static void finish_pipe(void)
{
	close(there[1]);
	close(back[0]);
	wait_for(echo);
}

static atomic_int turn; /* 0: the other thread waits; 1: this one does; 2: the end */
static pthread_t partner;

static void wait_while(int value)
{
	while (turn == value)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void hand_over(int value)
{
	turn = value;
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *be_partner(void *unused)
{
	for (;;) {
		wait_while(0);
		if (turn == 2)
			return unused;
		hand_over(0);
	}
}

static void prepare_futex(void)
{
	turn = 0;
	if (pthread_create(&partner, NULL, be_partner, NULL))
		gauge_fail("pthread_create");
}

static uint64_t run_futex(unsigned int times)
{
	while (times--) {
		hand_over(1);
		wait_while(1);
	}
	return 0;
}

static void finish_futex(void)
{
	hand_over(2);
	pthread_join(partner, NULL);
}

const struct gauge gauge_processes[] = {
	{"fork", 9, 200, 1, NULL, run_fork, NULL},
	{"exec", 10, 60, 1, NULL, run_exec, NULL},
	{"pipe", 11, 5000, 1, prepare_pipe, run_pipe, finish_pipe},
	{"futex", 12, 5000, 1, prepare_futex, run_futex, finish_futex},
	{0},
};
