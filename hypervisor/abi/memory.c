/* SPDX-License-Identifier: GPL-2.0-only */
/* memory_op: the frame where an interrupted list goes on is kept in the upper bits of the command.
 */
#include "abi/abi.h"
#include "core/mm.h"

#define CMD_BITS 6

long abi_memory_op(uint64_t cmd, uint64_t arg)
{
	unsigned int op = cmd & ((1u << CMD_BITS) - 1);
	uint64_t start = cmd >> CMD_BITS;
	long rc = mm_memory_op(current_vcpu(), op, gva(arg), &start);

	if (rc == -XEN_ERESTART)
		return abi_continue(start << CMD_BITS | op, arg, 0, 0);
	return rc == -XEN_ENOSYS ? abi_unknown("memory_op", op) : rc;
}
