/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypercalls of the extension ABI that are the control domain's: limits, audit. */
#include "kit.h"

#include "shoji/event_channel.h"
#include "shoji/extension.h"
#include "shoji/vcpu.h"

static struct shoji_limits limits;

static uint64_t used(unsigned int kind)
{
	EQUAL(CALL(HYPERCALL_shoji_limits, own_domid(), &limits), 0);
	CHECK(!limits.use[kind].limit || limits.use[kind].used <= limits.use[kind].limit);
	return limits.use[kind].used;
}

TEST_DOM0(limits_of_oneself)
{
	struct xen_evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
	struct xen_evtchn_close c;
	uint64_t ports = used(SHOJI_LIMIT_event_channels);

	EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_alloc_unbound, &a), 0);
	EQUAL(used(SHOJI_LIMIT_event_channels), ports + 1);
	c.port = a.port;
	EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_close, &c), 0);
	EQUAL(used(SHOJI_LIMIT_event_channels), ports);
	CHECK(used(SHOJI_LIMIT_vcpus) && used(SHOJI_LIMIT_memory));
	for (unsigned int i = SHOJI_NR_LIMITS; i < ARRAY(limits.use); i++)
		CHECK(!limits.use[i].used && !limits.use[i].limit);
}

TEST_DOM0(timers_are_counted)
{
	uint64_t before, never = now() + 3600 * 1000000000UL;

	EQUAL(CALL(HYPERCALL_set_timer_op, 0), 0);
	before = used(SHOJI_LIMIT_timers);
	EQUAL(CALL(HYPERCALL_set_timer_op, never), 0);
	EQUAL(used(SHOJI_LIMIT_timers), before + 1);
	EQUAL(CALL(HYPERCALL_set_timer_op, 0), 0);
	EQUAL(used(SHOJI_LIMIT_timers), before);
}

TEST_DOM0(limits_of_nobody)
{
	static const uint64_t nobody[] = {4242,	     DOMID_SELF,    DOMID_INVALID, 0x10000,
					  0x1000000, 0x100000000UL, ~0UL};

	for (unsigned int i = 0; i < ARRAY(nobody); i++)
		EQUAL(CALL(HYPERCALL_shoji_limits, nobody[i], &limits), -XEN_ESRCH);
	EQUAL(CALL(HYPERCALL_shoji_limits, own_domid(), HOLE), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_shoji_limits, own_domid(), HV_IMAGE), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_shoji_limits, own_domid(), NO_MEMORY), -XEN_EFAULT);
}

TEST_DOM0(an_audit_in_slices)
{
	static struct shoji_audit_finding findings[4];
	struct shoji_audit a = {.findings = (uint64_t)findings, .room = ARRAY(findings)};
	long rc = 0;

	do
		rc = CALL(HYPERCALL_shoji_audit, SHOJI_AUDIT_slice, &a, rc);
	while (rc > 0);
	EQUAL(rc, 0);
	EQUAL(a.found, 0);
	CHECK(a.frames && a.tables && a.entries);
	EQUAL(CALL(HYPERCALL_shoji_audit, SHOJI_AUDIT_slice, &a, 0x123456789abUL), -XEN_EINVAL);
}

TEST_DOM0(an_audit_of_the_machine)
{
	static struct shoji_audit_finding findings[4];
	struct shoji_audit a = {.findings = (uint64_t)findings, .room = ARRAY(findings)};
	struct shoji_audit_plant p = {.kind = SHOJI_AUDIT_references};

	EQUAL(CALL(HYPERCALL_shoji_audit, SHOJI_AUDIT_run, &a, 0), 0);
	EQUAL(a.found, 0);
	CHECK(a.frames && a.tables && a.entries);
	EQUAL(CALL(HYPERCALL_shoji_audit, SHOJI_AUDIT_run, &a, 0x123456789abUL), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_shoji_audit, SHOJI_AUDIT_run, HOLE, 0), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_shoji_audit, SHOJI_AUDIT_plant, &p, 0), -XEN_EOPNOTSUPP);
	EQUAL(CALL(HYPERCALL_shoji_audit, SHOJI_AUDIT_plant, HOLE, 0), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_shoji_audit, 999, &a, 0), -XEN_ENOSYS);
}

TEST_GUEST(the_control_domains_questions)
{
	struct shoji_audit a = {0};

	for (unsigned int cmd = 0; cmd < 4; cmd++)
		EQUAL(CALL(HYPERCALL_shoji_audit, cmd, &a, 0), -XEN_EPERM);
	EQUAL(CALL(HYPERCALL_shoji_limits, own_domid(), &limits), -XEN_EPERM);
	EQUAL(CALL(HYPERCALL_shoji_limits, 0, HOLE), -XEN_EPERM);
}

/* More than it may: that is no error, but not all of it is written (test_tiny_kernels.py). */
TEST_GUEST(lines_in_the_log)
{
	static const char text[] = "one line of a flood";

	for (unsigned int i = 0; i < 20000; i++)
		EQUAL(CALL(HYPERCALL_console_io, CONSOLEIO_write, sizeof(text) - 1, text), 0);
}
