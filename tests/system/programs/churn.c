/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work of all kinds for a guest, whose results can be computed elsewhere.
 *
 *	churn run SEED SECONDS DISK HOST PORT
 *		six workers beside each other, for so long by this clock
 *	churn wait HOST PORT
 *		until an echo answers there
 *	churn echo PORT
 *		sends datagrams back, for ever
 *	churn check
 *		reads what runs have said: are the sums what they should be?
 *
 * A worker's rounds each have a value that follows from the seed, its number and the round's. It is
 * carried through forks, futexes, page tables, a disk or a network, and must come out the same; the
 * sum over all rounds is said at the end.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND	    1000000000LL
#define PAGE	    4096
#define MAP_PAGES   64
#define BLOCKS	    512
#define PASSES	    20
#define TRIES	    60
#define PACKET_MAX  1400
#define RESULT_LINE "churn %" SCNu64 " %15s %" SCNu64 " %" SCNx64

static uint64_t seed;
static const char *disk, *host, *port;

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t value_of(uint64_t seed_, unsigned int worker, uint64_t round)
{
	return mix(mix(seed_ * 64 + worker) + round);
}

static void fill(uint64_t *words, size_t bytes, uint64_t value)
{
	for (size_t i = 0; i < bytes / 8; i++)
		words[i] = mix(value + i);
}

/* The value, if the words are what fill() made of it; else something else. */
static uint64_t unfill(const uint64_t *words, size_t bytes, uint64_t value)
{
	for (size_t i = 0; i < bytes / 8; i++)
		if (words[i] != mix(value + i))
			return ~value;
	return value;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- workers: a round each --- */

static uint64_t fork_round(uint64_t value)
{
	static uint64_t words[2 * PAGE];
	uint64_t got = 0;
	int ends[2], status;
	pid_t child;

	fill(words, sizeof(words), value);
	if (pipe(ends) || (child = fork()) < 0)
		die("fork");
	if (!child) {
		got = unfill(words, sizeof(words), value);
		fill(words, sizeof(words), ~value); /* its own copy */
		_exit(write(ends[1], &got, sizeof(got)) != sizeof(got));
	}
	close(ends[1]);
	if (read(ends[0], &got, sizeof(got)) != sizeof(got))
		got = ~value;
	close(ends[0]);
	if (waitpid(child, &status, 0) != child || status)
		return ~value;
	return unfill(words, sizeof(words), got);
}

/* Two processes pass a number to and fro; each adds one. */
static struct {
	atomic_uint turn;
	uint64_t number;
} * table;

static void wait_for_turn(unsigned int mine)
{
	unsigned int seen;

	while ((seen = atomic_load(&table->turn)) % 2 != mine)
		syscall(SYS_futex, &table->turn, FUTEX_WAIT, seen, NULL, NULL, 0);
}

static void pass(void)
{
	table->number++;
	atomic_fetch_add(&table->turn, 1);
	syscall(SYS_futex, &table->turn, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static uint64_t futex_round(uint64_t value)
{
	if (!table) {
		table = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (table == MAP_FAILED)
			die("mmap");
		if (!fork())
			for (prctl(PR_SET_PDEATHSIG, SIGKILL);;) {
				wait_for_turn(1);
				pass();
			}
	}
	wait_for_turn(0);
	table->number = value;
	for (unsigned int i = 0; i < PASSES; i++) {
		pass();
		wait_for_turn(0);
	}
	return table->number - 2 * PASSES;
}

static uint64_t timer_round(uint64_t value)
{
	int64_t sleep = (int64_t)(value % 4000000), before = now();
	struct timespec t = {0, sleep};

	while (nanosleep(&t, &t))
		;
	return now() - before >= sleep ? value : ~value;
}

static uint64_t map_round(uint64_t value)
{
	size_t bytes = MAP_PAGES * PAGE;
	uint64_t *words = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0),
		 got;

	if (words == MAP_FAILED)
		die("mmap");
	fill(words, bytes, value);
	if (mprotect(words, bytes / 2, PROT_READ) ||
	    mremap(words, bytes, bytes / 2, 0) == MAP_FAILED)
		die("mprotect");
	got = unfill(words, bytes / 2, value);
	munmap(words, bytes / 2);
	return got;
}

static uint64_t disk_round(uint64_t value)
{
	static uint64_t words[PAGE / 8] __attribute__((aligned(PAGE)));
	static int fd = -1;
	off_t at = (off_t)(value % BLOCKS) * PAGE;

	if (fd < 0 && (fd = open(disk, O_RDWR | O_DIRECT)) < 0)
		die(disk);
	fill(words, PAGE, value);
	if (pwrite(fd, words, PAGE, at) != PAGE)
		die("write");
	memset(words, 0, PAGE);
	if (pread(fd, words, PAGE, at) != PAGE)
		die("read");
	return unfill(words, PAGE, value);
}

static int open_socket(void)
{
	struct timeval patience = {.tv_sec = 2};
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (s < 0)
		die("socket");
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return s;
}

/* Datagrams may be lost, and come late; none may be changed. */
static uint64_t net_round(uint64_t value)
{
	static int s = -1;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	uint64_t words[PACKET_MAX / 8], answer[PACKET_MAX / 8];
	size_t bytes = 16 + value % (PACKET_MAX / 8 - 2) * 8;

	inet_pton(AF_INET, host, &a.sin_addr);
	if (s < 0 && ((s = open_socket()) < 0 || connect(s, (struct sockaddr *)&a, sizeof(a))))
		die("connect");
	words[0] = value;
	fill(words + 1, bytes - 8, value);
	for (unsigned int i = 0; i < TRIES; i++) {
		ssize_t got = send(s, words, bytes, 0);

		while (got >= 0 && (got = recv(s, answer, sizeof(answer), 0)) >= 0)
			if (got == (ssize_t)bytes && answer[0] == value)
				return unfill(answer + 1, bytes - 8, value);
		if (errno != EAGAIN) /* nobody is there at the moment */
			sleep(1);
	}
	return ~value;
}

static const struct {
	const char *name;
	uint64_t (*round)(uint64_t value);
} workers[] = {{"fork", fork_round}, {"futex", futex_round}, {"timer", timer_round},
	       {"map", map_round},   {"disk", disk_round},   {"net", net_round}};
#define WORKERS (sizeof(workers) / sizeof(workers[0]))

/* --- wait, run --- */

/* Until somebody answers there. */
static int wait_for_answer(void)
{
	for (uint64_t n = 0; net_round(n) != n; n++)
		;
	return 0;
}

static int work(unsigned int n, int64_t end)
{
	uint64_t rounds = 0, sum = 0;

	while (now() < end) {
		uint64_t value = value_of(seed, n, rounds), got = workers[n].round(value);

		if (got != value) {
			printf("churn: %" PRIu64 ": %s, round %" PRIu64 ": wrong\n", seed,
			       workers[n].name, rounds);
			return 1;
		}
		sum = mix(sum + got);
		rounds++;
	}
	printf("churn %" PRIu64 " %s %" PRIu64 " %016" PRIx64 "\n", seed, workers[n].name, rounds,
	       sum);
	fflush(stdout);
	return 0;
}

static int run(int64_t seconds)
{
	int64_t end = now() + seconds * SECOND;
	pid_t child[WORKERS];
	int failed = 0, status;

	for (unsigned int n = 0; n < WORKERS; n++) {
		child[n] = fork();
		if (!child[n]) {
			status = work(n, end);
			fflush(stdout);
			_exit(status);
		}
	}
	for (unsigned int n = 0; n < WORKERS; n++)
		failed |= waitpid(child[n], &status, 0) != child[n] || status;
	printf("churn: %" PRIu64 ": %s\n", seed, failed ? "failed" : "done");
	return failed;
}

/* --- echo, check --- */

static _Noreturn void echo(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int s = open_socket();
	char packet[2048];

	if (bind(s, (struct sockaddr *)&a, sizeof(a)))
		die("bind");
	for (;;) {
		struct sockaddr_in from;
		socklen_t length = sizeof(from);
		ssize_t n =
			recvfrom(s, packet, sizeof(packet), 0, (struct sockaddr *)&from, &length);

		if (n > 0)
			sendto(s, packet, (size_t)n, 0, (struct sockaddr *)&from, length);
	}
}

static int number_of(const char *name)
{
	for (unsigned int n = 0; n < WORKERS; n++)
		if (!strcmp(workers[n].name, name))
			return (int)n;
	return -1;
}

static int check(void)
{
	unsigned int good = 0;
	char line[256], name[16];

	while (fgets(line, sizeof(line), stdin)) {
		const char *at = strstr(line, "churn ");
		uint64_t rounds, said, sum = 0;
		int n;

		if (!at || sscanf(at, RESULT_LINE, &seed, name, &rounds, &said) != 4)
			continue;
		n = number_of(name);
		for (uint64_t i = 0; n >= 0 && i < rounds; i++)
			sum = mix(sum + value_of(seed, (unsigned int)n, i));
		if (n < 0 || !rounds || sum != said) {
			printf("wrong: %s", at);
			return 1;
		}
		good++;
	}
	printf("%u sums are right\n", good);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 7 && !strcmp(what, "run")) {
		seed = strtoull(argv[2], NULL, 10);
		disk = argv[4];
		host = argv[5];
		port = argv[6];
		return run(atoi(argv[3]));
	}
	if (argc == 4 && !strcmp(what, "wait")) {
		host = argv[2];
		port = argv[3];
		return wait_for_answer();
	}
	if (argc == 3 && !strcmp(what, "echo")) {
		port = argv[2];
		echo();
	}
	if (argc == 2 && !strcmp(what, "check"))
		return check();
	fputs("usage: see the head of churn.c\n", stderr);
	return 2;
}
