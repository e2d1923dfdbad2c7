/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grammar of hypercalls: for each row of hypercalls.def, what its arguments stand for, and for
 * each operation, what the fields of its structure stand for. grammar.c turns bytes into calls by
 * it; the rows are in rows_*.c.
 */
#ifndef SHOJI_FUZZ_GRAMMAR_H
#define SHOJI_FUZZ_GRAMMAR_H

#include "world.h"

/* What a number stands for. Mostly a valid one is made, sometimes one that could be, or a hostile
 * one. */
enum kind {
	K_END, /* behind the last field */
	/* arguments only */
	K_CMD,	 /* the row's command */
	K_LIST,	 /* handle of the row's structure, or of an array of it */
	K_COUNT, /* its elements */
	K_DONE,	 /* handle of uint32_t, or 0 */
	/* numbers */
	K_ZERO,
	K_SMALL,  /* 0 .. 7 */
	K_NUMBER, /* anything */
	K_BOOL,
	K_DOMAIN,
	K_FOREIGN, /* of mmu_update: two domains */
	K_VCPU,
	K_FRAME,
	K_ENTRY,   /* of a page table */
	K_PLACE,   /* machine address of an entry, with a command of mmu_update */
	K_REQUEST, /* the same with one of the extension's commands */
	K_RUN,	   /* so many entries */
	K_GO_ON,   /* phase and position of shoji_space */
	K_FLUSH,   /* of shoji_set_entry */
	K_ADDRESS, /* machine address of an entry */
	K_DESCRIPTOR,
	K_VIRTUAL, /* address in the guest's tables */
	K_HOST,	   /* the same, or of an entry: where a grant was mapped, or is to be */
	K_CODE,	   /* address that may have to be canonical */
	K_ROOT,	   /* CR3 value */
	K_PORT,
	K_PIRQ,
	K_VIRQ,
	K_REF,	  /* grant reference */
	K_HANDLE, /* of a grant mapping */
	K_GNTMAP, /* its flags */
	K_ORDER,  /* of an extent */
	K_TIME,
	K_UVMF,	  /* flags of update_va_mapping */
	K_OFFSET, /* in a page */
	K_CPUMASK_BITS,
	K_CPU,
	K_DOMCTL_VERSION,
	K_SYSCTL_VERSION,
	K_PLATFORM_VERSION,
	/* handles of lists in the window */
	K_FRAMES,
	K_PFNS,
	K_PORTS,
	K_BYTES,
	K_ROOM,
	K_E820,
	K_LEAVES,
	K_CONTEXT,
	K_TRAPS,
	K_MASK, /* a bit map */
	K_AREA, /* of a time record */
};

struct field {
	uint16_t offset;
	uint8_t size;
	uint8_t kind; /* enum kind */
};

#define FIELDS_MAX 14

struct row {
	uint8_t number;		       /* of hypercalls.def */
	uint8_t size;		       /* bytes of the structure; 0: none */
	uint8_t max;		       /* elements of the list; 0: one, which is no list */
	uint32_t cmd;		       /* command */
	uint8_t args[5];	       /* enum kind */
	void (*mend)(void *structure); /* make fields fit each other; or NULL */
	struct field fields[FIELDS_MAX];
};

/* F(field, kind) of the structure that T names at that place. */
#define F(f, k)                                                   \
	{                                                         \
		offsetof(T, f), (uint8_t)sizeof(((T *)0)->f), (k) \
	}
#define CALL(name, ...)                                             \
	{                                                           \
		.number = HYPERCALL_##name, .args = { __VA_ARGS__ } \
	}
#define OP(name, command, ...)                                                   \
	{                                                                        \
		.number = HYPERCALL_##name, .cmd = (command), .size = sizeof(T), \
		.args = {K_CMD, K_LIST}, .fields = {                             \
			__VA_ARGS__                                              \
		}                                                                \
	}

struct rows {
	const struct row *first;
	unsigned int count;
};

/* rows_*.c */
extern const struct rows rows_vcpu, rows_memory, rows_events, rows_control, rows_machine;

/* Bytes of the program, then numbers made from them. */
struct bytes {
	const uint8_t *at, *end;
	uint64_t state;
};

uint8_t take(struct bytes *b);
uint64_t take_number(struct bytes *b);

/* A call of v, which is current, built from bytes; its structures are in the window. */
void grammar_call(struct vcpu *v, struct bytes *b, uint64_t *number, uint64_t args[CALL_ARGS]);
uint64_t grammar_pick(struct vcpu *v, struct bytes *b, enum kind kind);
void grammar_reset(void);
void grammar_start_step(void);
void grammar_check(void); /* each row of hypercalls.def has one of the grammar */

#endif
