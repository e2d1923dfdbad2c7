/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xa_call.c: the one file that includes libxencall's header.
 *
 * A handle and nothing else; no lock: a handle belongs to one thread. It turns the library's
 * "-1 and errno" into -errno and knows nothing of what the hypercalls mean (that is hv.c).
 */
#include "xa_call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xencall.h>

#define PAGE 4096u

static size_t pages(size_t size)
{
	return (size + PAGE - 1) / PAGE;
}

static xencall_handle *handle(struct xa_call *xc)
{
	return (xencall_handle *)xc;
}

struct xa_call *xa_call_open(void)
{
	return (struct xa_call *)xencall_open(NULL, XENCALL_OPENFLAG_NON_REENTRANT);
}

void xa_call_close(struct xa_call *xc)
{
	if (xc)
		xencall_close(handle(xc));
}

void *xa_call_buffer_alloc(struct xa_call *xc, size_t size)
{
	void *buffer = xencall_alloc_buffer_pages(handle(xc), pages(size));

	if (buffer)
		memset(buffer, 0, pages(size) * PAGE);
	return buffer;
}

void xa_call_buffer_free(struct xa_call *xc, void *buffer, size_t size)
{
	if (buffer)
		xencall_free_buffer_pages(handle(xc), buffer, pages(size));
}

static long result(long value)
{
	return value < 0 ? -errno : value;
}

long xa_call_1(struct xa_call *xc, unsigned int number, uint64_t a)
{
	return result(xencall1(handle(xc), number, a));
}

long xa_call_2(struct xa_call *xc, unsigned int number, uint64_t a, uint64_t b)
{
	return result(xencall2L(handle(xc), number, a, b));
}

long xa_call_3(struct xa_call *xc, unsigned int number, uint64_t a, uint64_t b, uint64_t c)
{
	return result(xencall3(handle(xc), number, a, b, c));
}

long xa_call_4(struct xa_call *xc, unsigned int number, uint64_t a, uint64_t b, uint64_t c,
	       uint64_t d)
{
	return result(xencall4(handle(xc), number, a, b, c, d));
}
