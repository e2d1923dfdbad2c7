/* SPDX-License-Identifier: GPL-2.0-only */
/* Benchmarks that make system calls, take signals or read the clock, and two controls that do
 * neither. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "gauge.h"

#define COPY_SIZE 65536
#define NAP	  50000 /* ns */

static int device;

static uint64_t run_getppid(unsigned int times)
{
	while (times--)
		syscall(SYS_getppid);
	return 0;
}

static void open_zero(void)
{
	device = open("/dev/zero", O_RDONLY);
	if (device < 0)
		gauge_fail("/dev/zero");
}

static void open_null(void)
{
	device = open("/dev/null", O_WRONLY);
	if (device < 0)
		gauge_fail("/dev/null");
}

static void close_device(void)
{
	close(device);
}

static uint64_t run_read(unsigned int times)
{
	char byte;

	while (times--)
		if (read(device, &byte, 1) != 1)
			gauge_fail("read");
	return 0;
}

static uint64_t run_write(unsigned int times)
{
	char byte = 0;

	while (times--)
		if (write(device, &byte, 1) != 1)
			gauge_fail("write");
	return 0;
}

static volatile unsigned int signals;

static void on_signal(int number)
{
	(void)number;
	signals++;
}

static void take_signal(void)
{
	signal(SIGUSR1, on_signal);
	signals = 0;
}

static uint64_t run_signal(unsigned int times)
{
	pid_t self = getpid();

	for (unsigned int i = 0; i < times; i++)
		kill(self, SIGUSR1);
	if (signals != times)
		gauge_fail("signals");
	return 0;
}

static uint64_t run_vdso(unsigned int times)
{
	struct timespec now;

	while (times--)
		clock_gettime(CLOCK_MONOTONIC, &now);
	return 0;
}

static uint64_t run_gettimeofday(unsigned int times)
{
	struct timeval now;

	while (times--)
		syscall(SYS_gettimeofday, &now, NULL);
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Returns how late all naps were together. */
static uint64_t run_nanosleep(unsigned int times)
{
	const struct timespec nap = {.tv_nsec = NAP};
	uint64_t late = 0;

	while (times--) {
		uint64_t start = now_ns();

		nanosleep(&nap, NULL);
		late += now_ns() - start - NAP;
	}
	return late;
}

static uint64_t run_copy(unsigned int times)
{
	static char from[COPY_SIZE], to[COPY_SIZE];

	while (times--) {
		memcpy(to, from, sizeof(to));
		__asm__ volatile("" : : "r"(to) : "memory");
	}
	return 0;
}

static uint64_t run_compute(unsigned int times)
{
	uint64_t x = 88172645463325252ULL;

	for (unsigned int i = 0; i < times * 1000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	__asm__ volatile("" : : "r"(x));
	return 0;
}

const struct gauge gauge_calls[] = {
	{"getppid", 1, 100000, 1, NULL, run_getppid, NULL},
	{"read", 2, 50000, 1, open_zero, run_read, close_device},
	{"write", 3, 50000, 1, open_null, run_write, close_device},
	{"signal", 4, 10000, 1, take_signal, run_signal, NULL},
	{"nanosleep", 13, 1000, 1, NULL, run_nanosleep, NULL},
	{"vdso", 14, 200000, 1, NULL, run_vdso, NULL},
	{"gettimeofday", 15, 100000, 1, NULL, run_gettimeofday, NULL},
	{"copy", 16, 1000, 1, NULL, run_copy, NULL},
	{"compute", 17, 5000, 1, NULL, run_compute, NULL},
	{0},
};
