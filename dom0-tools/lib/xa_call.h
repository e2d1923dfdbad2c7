/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xa_call.h: hypercalls from dom0, through the distribution's libxencall.
 *
 * xa_call.c is the only file that sees the library's own header; here are plain integers. All
 * calls return a value >= 0, or -errno. Memory that a hypercall reads or writes must come from
 * xa_call_buffer_alloc: the hypervisor cannot follow a page that the kernel moves.
 */
#ifndef SHOJI_LIB_XA_CALL_H
#define SHOJI_LIB_XA_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xa_call;

/* NULL with errno when there is no hypervisor or no permission. */
struct xa_call *xa_call_open(void);
void xa_call_close(struct xa_call *xc);

/* Zeroed, page-aligned, kept in place. Size is rounded up to pages. */
void *xa_call_buffer_alloc(struct xa_call *xc, size_t size);
void xa_call_buffer_free(struct xa_call *xc, void *buffer, size_t size);

long xa_call_1(struct xa_call *xc, unsigned int number, uint64_t a);
long xa_call_2(struct xa_call *xc, unsigned int number, uint64_t a, uint64_t b);
long xa_call_3(struct xa_call *xc, unsigned int number, uint64_t a, uint64_t b, uint64_t c);
long xa_call_4(struct xa_call *xc, unsigned int number, uint64_t a, uint64_t b, uint64_t c,
	       uint64_t d);

#endif
