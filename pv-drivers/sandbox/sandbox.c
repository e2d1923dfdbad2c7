/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sandbox.c: a seccomp filter for backends, as a list of the system calls that they need.
 *
 * Duty: a backend that a guest has taken over (by a bug of ours) shall not be able to reach more
 * than the descriptors it holds. All other calls fail with EPERM instead of killing the process: a
 * library that probes for something does no harm. io_uring executes requests without passing here;
 * who uses it restricts its ring, too. Data: none. No rights are needed, but no_new_privs is.
 */
#include "sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define LOAD(field)    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
#define REFUSE	       (SECCOMP_RET_ERRNO | EPERM)
/* Allows this call; falls through to the next line otherwise. */
#define ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), RETURN(SECCOMP_RET_ALLOW)

#define X32_BIT 0x40000000

static struct sock_filter filter[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1),
	RETURN(REFUSE),
	/* what happens with each request first */
	ALLOW(io_uring_enter),
	ALLOW(ioctl),
	ALLOW(read),
	ALLOW(write),
	ALLOW(readv),
	ALLOW(writev),
	ALLOW(epoll_wait),
	ALLOW(epoll_pwait),
	ALLOW(poll),
	ALLOW(ppoll),
	ALLOW(clock_gettime),
	/* the store */
	ALLOW(sendto),
	ALLOW(recvfrom),
	ALLOW(sendmsg),
	ALLOW(recvmsg),
	ALLOW(connect),
	ALLOW(fcntl),
	ALLOW(close),
	ALLOW(epoll_ctl),
	ALLOW(epoll_create1),
	/* memory, also the guest's */
	ALLOW(mmap),
	ALLOW(munmap),
	ALLOW(mremap),
	ALLOW(madvise),
	ALLOW(brk),
	ALLOW(futex),
	ALLOW(getrandom),
	/* the end, and signals */
	ALLOW(rt_sigprocmask),
	ALLOW(rt_sigaction),
	ALLOW(rt_sigreturn),
	ALLOW(restart_syscall),
	ALLOW(getpid),
	ALLOW(gettid),
	ALLOW(tgkill),
	ALLOW(exit),
	ALLOW(exit_group),
	/* a new connection to the store */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
	RETURN(REFUSE),
	LOAD(args[0]),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
	RETURN(REFUSE),
	RETURN(SECCOMP_RET_ALLOW),
};

int sandbox_enter(void)
{
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}
