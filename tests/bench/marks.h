/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The moments that programs mark for the counting plugin (count.c): a no-op whose displacement is
 * a magic number and an id of 16 bits.
 */
#ifndef BENCH_MARKS_H
#define BENCH_MARKS_H

#include <stdint.h>

#define MARK_MAGIC 0x5348

/* 1 to 0x1ff: moments in a machine's life; the program "mark" has the first 64. */
#define MARK_DIGIT 0x200  /* + hexadecimal digit: one more digit of the value in the next line */
#define MARK_READY 0x300  /* all benchmarks ran */
#define MARK_BEGIN 0x1000 /* + n: benchmark n begins; the value is the number of operations */
#define MARK_END   0x2000 /* + n: it ends; the value is what it measured itself, in nanoseconds */

/* A table of no-ops with the ids from first on, 16 bytes each, and a return behind each. */
#define MARK_TABLE(name, first, count)                                      \
	__asm__(".pushsection .text\n"                                      \
		".balign 16\n" #name ":\n"                                  \
		".set id, 0x53480000 + " #first "\n"                        \
		".rept " #count "\n"                                        \
		".byte 0x0f, 0x1f, 0x84, 0x00; .long id; ret; .balign 16\n" \
		".set id, id + 1\n"                                         \
		".endr\n"                                                   \
		".popsection\n");                                           \
	extern const char name[]

static inline void mark_from(const char *table, unsigned int n)
{
	((void (*)(void))(uintptr_t)(table + (size_t)n * 16))();
}

#endif
