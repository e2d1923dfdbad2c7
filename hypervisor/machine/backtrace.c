/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Backtraces by frame pointers. The symbol tables are made by symbols.py from a first link and come
 * in with the second; the first is linked with empty ones.
 */
#include "machine/backtrace.h"

#include "core/log.h"
#include "machine/machine_inline.h"

#define DEPTH_MAX 32

const struct symbol_table *backtrace_init;

/* The text that holds this address; NULL: none does. */
static const struct symbol_table *text_of(uint64_t address)
{
	const struct symbol_table *tables[] = {&symbols_image, backtrace_init};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		if (tables[i] && address >= (uint64_t)tables[i]->start &&
		    address < (uint64_t)tables[i]->end)
			return tables[i];
	return NULL;
}

const char *backtrace_symbol(uint64_t address, uint64_t *offset)
{
	const struct symbol_table *t = text_of(address);
	uint32_t low = 0, high, at;

	if (!t || !t->count)
		return NULL;
	at = (uint32_t)(address - (uint64_t)t->start);
	high = t->count;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (t->symbols[middle].offset <= at)
			low = middle;
		else
			high = middle;
	}
	*offset = at - t->symbols[low].offset;
	return t->names + t->symbols[low].name;
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

		if (!text_of(frame[1]))
			break;
		log_caller(frame[1]);
		if (frame[0] <= frame_pointer)
			break;
		frame_pointer = frame[0];
	}
}
