/* SPDX-License-Identifier: GPL-2.0-only */
/* What a backend can do no more in its sandbox, and what it still can. */
/* SOURCES: pv-drivers/sandbox/sandbox.c */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>

#include "sandbox/sandbox.h"

/* Runs in a process of its own; what it returns is that process's status. */
static int inside(int (*what)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (sandbox_enter())
			syscall(SYS_exit_group, 99);
		syscall(SYS_exit_group, what()); /* without what a sanitizer does at the end */
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int open_file(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
}

static int run_program(void)
{
	char *arguments[] = {"/bin/true", NULL};

	execv(arguments[0], arguments);
	return errno;
}

static int new_process(void)
{
	return syscall(SYS_fork) < 0 ? errno : 0;
}

static int internet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
}

static int other_process(void)
{
	return kill(getppid(), 0) < 0 ? errno : 0;
}

static int new_ring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL) < 0 ? errno : 0;
}

static int old_numbers(void)
{
	return syscall(0x40000000 | SYS_open, "/etc/passwd", O_RDONLY) < 0 ? errno : 0;
}

static int unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? errno : 0;
}

static int memory(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED || munmap(at, 4096) ? errno : 0;
}

static int output(void)
{
	return write(1, "", 0) < 0 ? errno : 0;
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(inside(open_file), EPERM);
	assert_int_equal(inside(run_program), EPERM);
	assert_int_equal(inside(new_process), EPERM);
	assert_int_equal(inside(internet), EPERM);
	assert_int_equal(inside(other_process), EPERM);
	assert_int_equal(inside(new_ring), EPERM);
	assert_int_equal(inside(old_numbers), EPERM);
}

static void test_allowed(void **state)
{
	(void)state;
	assert_int_equal(inside(unix_socket), 0);
	assert_int_equal(inside(memory), 0);
	assert_int_equal(inside(output), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
