/* SPDX-License-Identifier: GPL-2.0-only */
/* First instruction of the image: RDI is the boot information (boot/boot_info.h). */
#include "machine/desc.h"

	.section .text.start, "ax", @progbits
	.globl	start
start:
	lea	boot_cpu_block + 0x10000 - 64(%rip), %rsp
	xor	%ebp, %ebp
	call	init_main
	ud2

	.section .note.GNU-stack, "", @progbits
