/* SPDX-License-Identifier: MIT */
/*
 * Error numbers. A hypercall that fails returns the negated number; Linux's values, so that a
 * Linux control domain hands them on unchanged.
 */
#ifndef SHOJI_PUBLIC_ERRNO_H
#define SHOJI_PUBLIC_ERRNO_H

#define XEN_EPERM	  1 /* the caller may not do this (to that domain) */
#define XEN_ENOENT	  2 /* no such object */
#define XEN_ESRCH	  3 /* no such domain */
#define XEN_EINTR	  4 /* internal only: never returned to a guest */
#define XEN_EIO		  5
#define XEN_ENXIO	  6
#define XEN_E2BIG	  7 /* a list is longer than the limit */
#define XEN_ENOEXEC	  8
#define XEN_EBADF	  9
#define XEN_ECHILD	  10
#define XEN_EAGAIN	  11 /* not now; the same call may succeed later */
#define XEN_EWOULDBLOCK	  11
#define XEN_ENOMEM	  12 /* the hypervisor or the domain's allowance is out of memory */
#define XEN_EACCES	  13 /* wrong interface version in a control call */
#define XEN_EFAULT	  14 /* a handle points to memory the caller cannot access */
#define XEN_EBUSY	  16 /* the object is in use */
#define XEN_EEXIST	  17
#define XEN_EXDEV	  18
#define XEN_ENODEV	  19
#define XEN_ENOTDIR	  20
#define XEN_EISDIR	  21
#define XEN_EINVAL	  22 /* an argument makes no sense */
#define XEN_ENFILE	  23
#define XEN_EMFILE	  24
#define XEN_ENOSPC	  28 /* a table is full */
#define XEN_EROFS	  30
#define XEN_EMLINK	  31
#define XEN_EDOM	  33
#define XEN_ERANGE	  34
#define XEN_EDEADLK	  35
#define XEN_EDEADLOCK	  35
#define XEN_ENAMETOOLONG  36
#define XEN_ENOLCK	  37
#define XEN_ENOSYS	  38 /* no such hypercall or sub-operation */
#define XEN_ENOTEMPTY	  39
#define XEN_ENODATA	  61
#define XEN_ETIME	  62 /* the given time has passed already */
#define XEN_EBADMSG	  74
#define XEN_EOVERFLOW	  75
#define XEN_EILSEQ	  84
#define XEN_ERESTART	  85 /* internal only: the call is re-issued by itself */
#define XEN_ENOTSOCK	  88
#define XEN_EMSGSIZE	  90
#define XEN_EOPNOTSUPP	  95 /* known, and not offered here */
#define XEN_EADDRINUSE	  98
#define XEN_EADDRNOTAVAIL 99
#define XEN_ENOBUFS	  105 /* the caller's buffer is too small */
#define XEN_EISCONN	  106
#define XEN_ENOTCONN	  107
#define XEN_ETIMEDOUT	  110
#define XEN_ECONNREFUSED  111

#endif
