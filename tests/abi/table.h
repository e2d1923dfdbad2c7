/* SPDX-License-Identifier: GPL-2.0-only */
/* One row of the tables that layout.py writes and compare.c compares. */
#ifndef ABI_TABLE_H
#define ABI_TABLE_H

struct abi_value {
	const char *name; /* what was measured; null ends the table */
	int known;	  /* 0: these headers do not have it */
	long long value;
};

extern const struct abi_value abi_ours[], abi_oracle[];

#endif
