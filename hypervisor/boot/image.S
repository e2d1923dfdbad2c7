/* SPDX-License-Identifier: GPL-2.0-only */
/* The run-time image, as a file inside the boot program. IMAGE_FILE comes from module.mk. */
	.section .rodata
	.globl	image_file, image_file_end
	.balign	4096
image_file:
	.incbin	IMAGE_FILE
image_file_end:
	.section .note.GNU-stack, "", @progbits
