/* SPDX-License-Identifier: GPL-2.0-only */
/* shoji_audit (shoji/extension.h): decoding, and the findings on their way to the caller. */
#include "abi/abi.h"
#include "core/audit.h"

static long write_result(uint64_t arg, struct shoji_audit *r, const struct shoji_audit *asked,
			 const struct shoji_audit_finding *list)
{
	r->findings = asked->findings;
	r->room = asked->room;
	r->written = MIN(r->written, asked->room);
	if (guest_write(gva(asked->findings), list, r->written * sizeof(*list)))
		return -XEN_EFAULT;
	return ABI_WRITE(arg, r);
}

static long run(uint64_t cmd, uint64_t arg, uint64_t token)
{
	const struct shoji_audit_finding *list;
	struct shoji_audit asked, result;
	long rc;

	if (ABI_READ(&asked, arg))
		return -XEN_EFAULT;
	rc = audit_run(&token, cmd == SHOJI_AUDIT_slice, &result, &list);
	if (rc == -XEN_ERESTART)
		return abi_continue(cmd, arg, token, 0);
	if (rc == -XEN_EAGAIN)
		return (long)token;
	if (rc)
		return rc;
	rc = write_result(arg, &result, &asked, list);
	audit_end();
	return rc;
}

static long plant(uint64_t arg)
{
	struct shoji_audit_plant p;
	long rc;

	if (ABI_READ(&p, arg))
		return -XEN_EFAULT;
	rc = audit_plant(&p);
	return rc ? rc : ABI_WRITE(arg, &p);
}

long abi_shoji_audit(uint64_t cmd, uint64_t arg, uint64_t token)
{
	switch (cmd) {
	case SHOJI_AUDIT_run:
	case SHOJI_AUDIT_slice:
		return run(cmd, arg, token);
	case SHOJI_AUDIT_plant:
		return plant(arg);
	default:
		return abi_unknown("shoji_audit", cmd);
	}
}
