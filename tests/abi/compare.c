/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares the layout of the public headers with that of Debian's libxen-dev, value by value. The
 * two tables are generated (layout.py) and compiled apart, since their names collide; rows of the
 * same index measure the same thing. Prints what differs; the last line says how many passed and
 * failed, for the Makefile to add up. It does not know what the values mean.
 */
#include <stdio.h>

#include "table.h"

static int row_agrees(const struct abi_value *ours, const struct abi_value *oracle)
{
	if (!oracle->known) {
		printf("FAIL %s: unknown to libxen-dev (list it in layout.py if it is ours "
		       "alone)\n",
		       ours->name);
		return 0;
	}
	if (ours->value != oracle->value) {
		printf("FAIL %s: ours %lld (0x%llx), libxen-dev %lld (0x%llx)\n", ours->name,
		       ours->value, (unsigned long long)ours->value, oracle->value,
		       (unsigned long long)oracle->value);
		return 0;
	}
	return 1;
}

int main(void)
{
	unsigned passed = 0, failed = 0;

	for (unsigned i = 0; abi_ours[i].name; i++) {
		if (row_agrees(&abi_ours[i], &abi_oracle[i]))
			passed++;
		else
			failed++;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0 || passed == 0;
}
