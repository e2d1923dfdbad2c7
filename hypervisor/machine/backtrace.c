/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Backtraces by frame pointers. The symbol table is made by symbols.py from a first link and comes
 * in with the second; the first is linked with an empty one. Offsets are from text_start, sorted.
 */
#include "machine/backtrace.h"

#include "core/log.h"
#include "machine/machine_inline.h"
#include "machine/symbols.h"

#define DEPTH_MAX 32

extern const char text_start[], text_end[];

static bool in_text(uint64_t address)
{
	return address >= (uint64_t)text_start && address < (uint64_t)text_end;
}

const char *backtrace_symbol(uint64_t address, uint64_t *offset)
{
	uint32_t low = 0, high = symbols_count, at = (uint32_t)(address - (uint64_t)text_start);

	if (!in_text(address) || !symbols_count)
		return NULL;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (symbols[middle].offset <= at)
			low = middle;
		else
			high = middle;
	}
	*offset = at - symbols[low].offset;
	return symbols_names + symbols[low].name;
}

static void log_caller(uint64_t rip)
{
	uint64_t offset;
	const char *name = backtrace_symbol(rip, &offset);

	if (name)
		log_error("  %016lx %s+0x%lx", (unsigned long)rip, name, (unsigned long)offset);
	else
		log_error("  %016lx", (unsigned long)rip);
}

/* Two words of a frame at `fp`, in this CPU's block? */
static bool on_our_stack(uint64_t fp)
{
	uint64_t block = (uint64_t)this_cpu();

	return !(fp & 7) && fp > block && fp <= block + CPU_BLOCK_BYTES - 2 * sizeof(uint64_t);
}

void backtrace_log(uint64_t rip, uint64_t frame_pointer)
{
	log_error("call trace:");
	log_caller(rip);
	for (unsigned int i = 0; i < DEPTH_MAX && on_our_stack(frame_pointer); i++) {
		const uint64_t *frame = (const uint64_t *)frame_pointer;

		if (!in_text(frame[1]))
			break;
		log_caller(frame[1]);
		if (frame[0] <= frame_pointer)
			break;
		frame_pointer = frame[0];
	}
}
