/* SPDX-License-Identifier: GPL-2.0-only */
/* The grammar of what a vCPU does to itself: traps, segments, registers, vcpu_op, sched_op. */
#include "grammar.h"
#include "shoji/callback.h"
#include "shoji/extension.h"
#include "shoji/hypercalls.h"
#include "shoji/sched.h"
#include "shoji/vcpu.h"
#include "shoji/version.h"

/* An operation of vcpu_op. */
#define VCPUOP(command, ...)                                                      \
	{                                                                         \
		.number = HYPERCALL_vcpu_op, .cmd = (command), .size = sizeof(T), \
		.args = {K_CMD, K_VCPU, K_LIST}, .fields = {                      \
			__VA_ARGS__                                               \
		}                                                                 \
	}

static const struct row rows[] = {
	CALL(set_trap_table, K_TRAPS),
	CALL(stack_switch, K_SMALL, K_VIRTUAL),
	CALL(set_callbacks, K_CODE, K_CODE, K_CODE),
	CALL(fpu_taskswitch, K_BOOL),
	CALL(set_debugreg, K_SMALL, K_NUMBER),
	CALL(get_debugreg, K_SMALL),
	CALL(set_timer_op, K_TIME),
	CALL(iret, K_END),
	CALL(set_segment_base, K_SMALL, K_CODE),
	CALL(vm_assist, K_BOOL, K_SMALL),
	{.number = HYPERCALL_xen_version, .cmd = XENVER_version, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_xen_version, .cmd = XENVER_extraversion, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_xen_version, .cmd = XENVER_compile_info, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_xen_version, .cmd = XENVER_capabilities, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_xen_version, .cmd = XENVER_changeset, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_xen_version,
	 .cmd = XENVER_platform_parameters,
	 .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_xen_version, .cmd = XENVER_pagesize, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_xen_version, .cmd = XENVER_guest_handle, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_xen_version, .cmd = XENVER_commandline, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_xen_version, .cmd = XENVER_build_id, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_shoji_version, .cmd = SHOJI_VERSION_abi, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_shoji_version, .cmd = SHOJI_VERSION_features, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_shoji_version, .cmd = SHOJI_VERSION_name, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_shoji_version, .cmd = 3, .args = {K_CMD, K_ROOM}},
#define T struct xen_feature_info
	OP(xen_version, XENVER_get_features, F(submap_idx, K_SMALL)),
#undef T
#define T struct xen_callback_register
	OP(callback_op, CALLBACKOP_register, F(type, K_SMALL), F(flags, K_BOOL),
	   F(address, K_CODE)),
#undef T
#define T struct xen_callback_unregister
	OP(callback_op, CALLBACKOP_unregister, F(type, K_SMALL)),
#undef T
#define T struct xen_vcpu_runstate_info
	VCPUOP(VCPUOP_up, {0}),
	VCPUOP(VCPUOP_down, {0}),
	VCPUOP(VCPUOP_is_up, {0}),
	VCPUOP(VCPUOP_get_runstate_info, {0}),
	VCPUOP(VCPUOP_stop_periodic_timer, {0}),
	VCPUOP(VCPUOP_stop_singleshot_timer, {0}),
	VCPUOP(VCPUOP_send_nmi, {0}),
#undef T
	{.number = HYPERCALL_vcpu_op, .cmd = VCPUOP_initialise, .args = {K_CMD, K_VCPU, K_CONTEXT}},
#define T struct xen_vcpu_register_runstate_memory_area
	VCPUOP(VCPUOP_register_runstate_memory_area, F(addr.h, K_AREA)),
#undef T
#define T struct xen_vcpu_register_time_memory_area
	VCPUOP(VCPUOP_register_vcpu_time_memory_area, F(addr.h, K_AREA)),
#undef T
#define T struct xen_vcpu_set_periodic_timer
	VCPUOP(VCPUOP_set_periodic_timer, F(period_ns, K_TIME)),
#undef T
#define T struct xen_vcpu_set_singleshot_timer
	VCPUOP(VCPUOP_set_singleshot_timer, F(timeout_abs_ns, K_TIME), F(flags, K_BOOL)),
#undef T
#define T struct xen_vcpu_register_vcpu_info
	VCPUOP(VCPUOP_register_vcpu_info, F(mfn, K_FRAME), F(offset, K_OFFSET)),
#undef T
	{.number = HYPERCALL_sched_op, .cmd = SCHEDOP_yield, .args = {K_CMD}},
	{.number = HYPERCALL_sched_op, .cmd = SCHEDOP_block, .args = {K_CMD}},
#define T struct xen_sched_shutdown
	OP(sched_op, SCHEDOP_shutdown, F(reason, K_SMALL)),
	OP(sched_op, SCHEDOP_shutdown_code, F(reason, K_SMALL)),
#undef T
#define T struct xen_sched_poll
	OP(sched_op, SCHEDOP_poll, F(ports, K_PORTS), F(nr_ports, K_SMALL), F(timeout, K_TIME)),
#undef T
#define T struct xen_sched_remote_shutdown
	OP(sched_op, SCHEDOP_remote_shutdown, F(domain_id, K_DOMAIN), F(reason, K_SMALL)),
#undef T
};

const struct rows rows_vcpu = {rows, ARRAY_SIZE(rows)};
