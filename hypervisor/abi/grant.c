/* SPDX-License-Identifier: GPL-2.0-only */
/* grant_table_op: core/grant_op.c does the work; here only the array's bounds and the continuation.
 */
#include "abi/abi.h"
#include "core/grant.h"

long abi_grant_table_op(uint64_t cmd, uint64_t list, uint64_t count)
{
	unsigned int done, n = (unsigned int)count;
	size_t size;
	long rc;

	if (cmd > UINT32_MAX || !grant_op_known((unsigned int)cmd))
		return abi_unknown("grant_table_op", cmd);
	if (count > INT32_MAX)
		return -XEN_EINVAL;
	size = grant_op_size((unsigned int)cmd);
	if (n && !guest_range_ok(gva(list), n * size))
		return -XEN_EFAULT;
	rc = grant_op(current_vcpu(), (unsigned int)cmd, gva(list), n, &done);
	if (rc == -XEN_ERESTART)
		return abi_continue(cmd, list + done * size, n - done, 0);
	return rc;
}
