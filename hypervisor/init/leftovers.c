/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Before the init part goes: does our data hold an address in it?
 *
 * Looked at are the data of the image and of each CPU, word by word. Not the stacks: nothing of
 * them outlives the way out of here. Those for exceptions show where the last NMI hit.
 */
#include "init/leftovers.h"

#include "core/log.h"
#include "machine/backtrace.h"
#include "machine/percpu.h"

extern const char data_start[], image_end[], init_start[], init_end[];

static void check_range(const char *from, const char *to)
{
	for (const char *at = from; at + sizeof(uint64_t) <= to; at += sizeof(uint64_t)) {
		uint64_t word = *(const uint64_t *)at;

		if (word >= (uint64_t)init_start && word < (uint64_t)init_end &&
		    at != (const char *)&backtrace_init)
			panic("the word at %p still points to %p, which goes with the start", at,
			      (const void *)word);
	}
}

void leftovers_check(void)
{
	check_range(data_start, (const char *)boot_cpu_area.stacks);
	check_range((const char *)(&boot_cpu_area + 1), boot_cpu_block);
	check_range(boot_cpu_block + CPU_BLOCK_BYTES, image_end);
	for (unsigned int i = 0; i < machine_cpu_count(); i++) {
		const char *block = (const char *)machine_cpu(i);

		check_range(block, block + sizeof(struct percpu));
	}
}
