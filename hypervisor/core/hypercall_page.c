/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 128 entries of 32 bytes: entry n makes hypercall n by SYSCALL, which destroys RCX and R11, so
 * they are kept on the guest's stack. The entry of iret completes the frame and does not return.
 */
#include "core/hypercall_page.h"

#include "core/frame.h"
#include "core/machine.h"
#include "lib/string.h"
#include "shoji/errno.h"
#include "shoji/hypercalls.h"

#define ENTRY_BYTES 32

static const uint8_t call_code[] = {
	0x51,		     /* push %rcx */
	0x41, 0x53,	     /* push %r11 */
	0xb8, 0,    0, 0, 0, /* mov $number, %eax */
	0x0f, 0x05,	     /* syscall */
	0x41, 0x5b,	     /* pop %r11 */
	0x59,		     /* pop %rcx */
	0xc3,		     /* ret */
};

static const uint8_t iret_code[] = {
	0x51,		     /* push %rcx */
	0x41, 0x53,	     /* push %r11 */
	0x50,		     /* push %rax */
	0xb8, 0,    0, 0, 0, /* mov $number, %eax */
	0x0f, 0x05,	     /* syscall */
};

#define CALL_NUMBER_AT 4
#define IRET_NUMBER_AT 5

void hypercall_page_fill(void *page)
{
	memset(page, 0xcc, PAGE_SIZE); /* int3 */
	for (uint32_t n = 0; n < PAGE_SIZE / ENTRY_BYTES; n++) {
		uint8_t *entry = (uint8_t *)page + n * ENTRY_BYTES;

		if (n == HYPERCALL_iret) {
			memcpy(entry, iret_code, sizeof(iret_code));
			memcpy(entry + IRET_NUMBER_AT, &n, sizeof(n));
		} else {
			memcpy(entry, call_code, sizeof(call_code));
			memcpy(entry + CALL_NUMBER_AT, &n, sizeof(n));
		}
	}
}

int hypercall_page_install(struct domain *d, mfn_t m)
{
	struct frame *f = frame_get_mfn(m, d);

	if (!f)
		return -XEN_EINVAL;
	if (frame_get_type(f, FRAME_WRITABLE)) {
		frame_put(f);
		return -XEN_EINVAL;
	}
	hypercall_page_fill(machine_map(m));
	frame_put_and_type(f);
	return 0;
}
