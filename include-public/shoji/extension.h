/* SPDX-License-Identifier: MIT */
/*
 * The extension ABI: what this hypervisor offers beyond the base ABI, hypercalls 64 to 127. A
 * kernel finds it by CPUID:
 *
 *   SHOJI_CPUID_FIRST_LEAF      EAX highest leaf of this range, EBX ECX EDX the signature
 *                               "ShojiShojiSh" (cpuid.h)
 *   SHOJI_CPUID_FIRST_LEAF + 1  EAX version of the extension ABI (SHOJI_ABI_VERSION when built),
 *                               EBX features 0..31, ECX features 32..63, EDX 0
 *
 * or, without CPUID, by calling shoji_version: on another hypervisor it answers -XEN_ENOSYS.
 *
 * From version 1 on, every frame that memory_op gives to a domain is zero.
 *
 * The version grows by one with each addition; nothing is taken away or changes its meaning. A
 * kernel uses a feature only if its bit is set; the version is for people and logs.
 */
#ifndef SHOJI_PUBLIC_EXTENSION_H
#define SHOJI_PUBLIC_EXTENSION_H

#include "cpuid.h"
#include "types.h"

#define SHOJI_ABI_VERSION 1

#define SHOJI_HYPERCALL_FIRST 64 /* the numbers of this ABI */
#define SHOJI_HYPERCALL_LAST  127

/* shoji_version(cmd, handle). Any domain. ENOSYS: unknown command; EFAULT. */
#define SHOJI_VERSION_abi      0 /* returns the version; handle is ignored */
#define SHOJI_VERSION_features 1 /* out: struct shoji_features; returns 0 */
#define SHOJI_VERSION_name     2 /* out: struct shoji_name; returns 0 */

#ifndef __ASSEMBLER__
struct shoji_features {
	uint64_t bitmap[2]; /* out: bit n of the list below is bitmap[n / 64], bit n % 64 */
};
SHOJI_ABI_SIZE(struct shoji_features, 16);

struct shoji_name {
	char product[16]; /* out: "Shoji" */
	char version[48]; /* out: of the program, for people */
};
SHOJI_ABI_SIZE(struct shoji_name, 64);
SHOJI_ABI_OFFSET(struct shoji_name, version, 16);
#endif

/* Features: bit numbers. None so far: version 1 announces itself only. */
#define SHOJI_NR_FEATURES 0

#endif
