/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypercall table at run time. Each row of hypercalls.def has one handler
 *	long abi_<name>(uint64_t arg1, …);	as many arguments as the row says
 * that decodes, checks, calls core, and returns the guest's result: >= 0 or -XEN_E….
 */
#ifndef SHOJI_ABI_ABI_H
#define SHOJI_ABI_ABI_H

#include "core/domain.h"
#include "core/guest_access.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/preempt.h"
#include "shoji/errno.h"
#include "shoji/hypercalls.h"

struct vcpu;

/* What a guest may switch on by vm_assist. */
#define VM_ASSISTS                                                                       \
	(1UL << VMASST_TYPE_4gb_segments | 1UL << VMASST_TYPE_writable_pagetables |      \
	 1UL << VMASST_TYPE_pae_extended_cr3 | 1UL << VMASST_TYPE_runstate_update_flag | \
	 1UL << VMASST_TYPE_architectural_iopl)

/* From entry code: carry out the call in v's registers. */
void abi_hypercall(struct vcpu *v);
/* One call by number; used by abi_hypercall and by multicall. */
long abi_call(struct vcpu *v, uint64_t nr, const uint64_t args[6]);

/*
 * Stop here and let the guest issue this call again with these arguments (it keeps its number).
 * Return what this returns. Unused arguments are 0.
 */
long abi_continue(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);

/* Read the argument structure of an operation, run it, write it back; the usual shape of an _op. */
#define ABI_READ(dst, addr)  guest_read((dst), gva(addr), sizeof(*(dst)))
#define ABI_WRITE(addr, src) guest_write(gva(addr), (src), sizeof(*(src)))

/* Sub-operation `cmd` of hypercall `name` is unknown: -XEN_ENOSYS, logged once per domain. */
long abi_unknown(const char *name, uint64_t cmd);

#define ABI_ARGS_0
#define ABI_ARGS_1 uint64_t
#define ABI_ARGS_2 uint64_t, uint64_t
#define ABI_ARGS_3 uint64_t, uint64_t, uint64_t
#define ABI_ARGS_4 uint64_t, uint64_t, uint64_t, uint64_t
#define ABI_ARGS_5 uint64_t, uint64_t, uint64_t, uint64_t, uint64_t
#define ABI_ARGS_6 uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t

#define ABI_PROTO_0 void
#define ABI_PROTO_1 ABI_ARGS_1
#define ABI_PROTO_2 ABI_ARGS_2
#define ABI_PROTO_3 ABI_ARGS_3
#define ABI_PROTO_4 ABI_ARGS_4
#define ABI_PROTO_5 ABI_ARGS_5
#define ABI_PROTO_6 ABI_ARGS_6

#define HYPERCALL(number, name, since, nargs, who, preemptible) long abi_##name(ABI_PROTO_##nargs);
#include "shoji/hypercalls.def"
#undef HYPERCALL

#endif
