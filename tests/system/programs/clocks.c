/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks at a guest's clocks from inside.
 *	clocks back SECONDS	two threads, on two CPUs: was a time ever before one that was seen?
 *	clocks vdso		does the clock work without a system call?
 *	clocks gap SECONDS	the longest time for which this program stood still, by each clock
 *	clocks serve PORT	answers datagrams with the monotonic clock, for ever
 *	clocks ask HOST PORT	the server's clock minus ours, from the quickest of 400 answers, in
 *ns
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL
#define ASKS   400

static int64_t now(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t)) {
		perror("clock_gettime");
		exit(1);
	}
	return t.tv_sec * SECOND + t.tv_nsec;
}

/* --- back --- */

static atomic_llong latest;
static atomic_long reads, backward;
static int64_t until;

static void *watch(void *cpu)
{
	cpu_set_t set;
	long n = 0;

	CPU_ZERO(&set);
	CPU_SET((int)(intptr_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		perror("clocks: CPU");
	for (int64_t t = 0; t < until; n++) {
		long long seen = atomic_load(&latest);

		t = now(CLOCK_MONOTONIC);
		if (t < seen)
			atomic_fetch_add(&backward, 1);
		while (seen < t && !atomic_compare_exchange_weak(&latest, &seen, t))
			;
	}
	atomic_fetch_add(&reads, n);
	return NULL;
}

static int back(int seconds)
{
	pthread_t thread[2];

	until = now(CLOCK_MONOTONIC) + seconds * SECOND;
	for (intptr_t i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, watch, (void *)i);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	printf("clocks: back %ld of %s\n", backward, reads > 1000 ? "many" : "few");
	return 0;
}

/* --- vdso --- */

static int vdso(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = 4, .filter = code};
	struct timespec t;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("clocks: seccomp");
		return 1;
	}
	printf("clocks: vdso %s\n", clock_gettime(CLOCK_MONOTONIC, &t) ? "asks" : "works");
	return 0;
}

/* --- gap --- */

static int gap(int seconds)
{
	int64_t end = now(CLOCK_MONOTONIC) + seconds * SECOND, longest = 0, by_wall = 0;
	int64_t t = now(CLOCK_MONOTONIC), wall = now(CLOCK_REALTIME);

	puts("clocks: gap begins");
	fflush(stdout);
	while (t < end) {
		int64_t t2, wall2;

		usleep(10000);
		t2 = now(CLOCK_MONOTONIC);
		wall2 = now(CLOCK_REALTIME);
		if (t2 - t > longest) {
			longest = t2 - t;
			by_wall = wall2 - wall;
		}
		t = t2;
		wall = wall2;
	}
	printf("clocks: gap %lld ms, %lld ms\n", (long long)longest / 1000000,
	       (long long)by_wall / 1000000);
	return 0;
}

/* --- serve, ask --- */

static int open_socket(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (s < 0) {
		perror("clocks: socket");
		exit(1);
	}
	return s;
}

static int serve(const char *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int s = open_socket();

	if (bind(s, (struct sockaddr *)&a, sizeof(a))) {
		perror("clocks: bind");
		return 1;
	}
	for (;;) {
		struct sockaddr_in from;
		socklen_t length = sizeof(from);
		int64_t t;

		if (recvfrom(s, &t, sizeof(t), 0, (struct sockaddr *)&from, &length) <= 0)
			continue;
		t = now(CLOCK_MONOTONIC_RAW);
		sendto(s, &t, sizeof(t), 0, (struct sockaddr *)&from, length);
	}
}

static int ask(const char *host, const char *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	struct timeval patience = {.tv_sec = 1};
	int64_t quickest = INT64_MAX, offset = 0;
	int s = open_socket();

	inet_pton(AF_INET, host, &a.sin_addr);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(s, (struct sockaddr *)&a, sizeof(a)))
		return 1;
	for (int i = 0; i < ASKS; i++) {
		int64_t theirs, before = now(CLOCK_MONOTONIC_RAW), after;

		if (send(s, &before, sizeof(before), 0) < 0 ||
		    recv(s, &theirs, sizeof(theirs), 0) != sizeof(theirs))
			continue;
		after = now(CLOCK_MONOTONIC_RAW);
		if (after - before < quickest) {
			quickest = after - before;
			offset = theirs - before - quickest / 2;
		}
	}
	printf("offset %lld within %lld\n", (long long)offset, (long long)quickest / 2);
	return quickest == INT64_MAX;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 3 && !strcmp(what, "back"))
		return back(atoi(argv[2]));
	if (!strcmp(what, "vdso"))
		return vdso();
	if (argc == 3 && !strcmp(what, "gap"))
		return gap(atoi(argv[2]));
	if (argc == 3 && !strcmp(what, "serve"))
		return serve(argv[2]);
	if (argc == 4 && !strcmp(what, "ask"))
		return ask(argv[2], argv[3]);
	fputs("usage: see the head of clocks.c\n", stderr);
	return 2;
}
