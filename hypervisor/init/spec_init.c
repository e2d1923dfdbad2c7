/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Speculation: carrying out what spec_choose() decided.
 *
 * Thunks and fences are overwritten once, while the boot program's tables still let us write code.
 */
#include "machine/spec.h"

#include "core/log.h"
#include "lib/string.h"
#include "machine/cpu_ops.h"
#include "machine/options.h"

#define MSR_SPEC_CTRL	      0x48
#define MSR_ARCH_CAPABILITIES 0x10a
#define MSR_AMD_DE_CFG	      0xc0011029
#define DE_CFG_LFENCE_WAITS   (1ULL << 1)
#define EFER_AUTO_IBRS	      (1ULL << 21)
#define THUNK_BYTES	      32

extern char thunks_start[], thunks_end[];
extern const int32_t fence_sites_start[], fence_sites_end[];

static bool amd;

static void read_cpu(struct spec_cpu *c)
{
	uint32_t r[4], first[4], extended[4];

	memset(c, 0, sizeof(*c));
	cpu_cpuid(0, 0, first);
	amd = first[1] == 0x68747541 || first[1] == 0x6f677948; /* "Auth", "Hygo" */
	if (first[0] >= 7) {
		cpu_cpuid(7, 0, r);
		c->leaf7_edx = r[3];
		if (r[0] >= 2) {
			cpu_cpuid(7, 2, r);
			c->leaf7_2_edx = r[3];
		}
	}
	cpu_cpuid(0x80000000, 0, extended);
	if (extended[0] >= 0x80000008) {
		cpu_cpuid(0x80000008, 0, r);
		c->leaf80000008_ebx = r[1];
	}
	if (extended[0] >= 0x80000021) {
		cpu_cpuid(0x80000021, 0, r);
		c->leaf80000021_eax = r[0];
	}
	if (c->leaf7_edx & (1u << 29))
		c->arch_capabilities = cpu_rdmsr(MSR_ARCH_CAPABILITIES);
}

/* A plain jump by the register of thunk n, behind an LFENCE or not. What follows is never executed.
 */
static void write_jump(uint8_t *at, unsigned int n, bool fence)
{
	static const uint8_t lfence[] = {0x0f, 0xae, 0xe8};
	uint8_t *end = at + THUNK_BYTES;

	if (fence) {
		memcpy(at, lfence, sizeof(lfence));
		at += sizeof(lfence);
	}
	if (n >= 8)
		*at++ = 0x41;
	*at++ = 0xff;
	*at++ = (uint8_t)(0xe0 | (n & 7));
	memset(at, 0xcc, (size_t)(end - at));
}

static void write_thunks(void)
{
	unsigned int n = 0;

	if (spec_plan.thunk == THUNK_RETPOLINE)
		return; /* as they were built */
	for (char *at = thunks_start; at < thunks_end; at += THUNK_BYTES)
		write_jump((uint8_t *)at, n++, spec_plan.thunk == THUNK_LFENCE);
}

static void drop_fences(void)
{
	static const uint8_t nop[] = {0x0f, 0x1f, 0x00};

	for (const int32_t *site = fence_sites_start; site < fence_sites_end; site++)
		memcpy((char *)(uintptr_t)site + *site, nop, sizeof(nop));
}

void spec_init(void)
{
	struct spec_cpu cpu;

	read_cpu(&cpu);
	spec_choose(&cpu, &options.spec, &spec_plan);
	write_thunks();
	if (!spec_plan.lock)
		drop_fences();
}

void spec_init_cpu(void)
{
	uint64_t v;

	if (spec_plan.spec_ctrl)
		cpu_wrmsr(MSR_SPEC_CTRL, spec_plan.spec_ctrl);
	if (spec_plan.auto_ibrs)
		cpu_wrmsr(MSR_EFER, cpu_rdmsr(MSR_EFER) | EFER_AUTO_IBRS);
	/* LFENCE waits for what is before it: always on Intel's, if told so on AMD's */
	if (amd && cpu_rdmsr_safe(MSR_AMD_DE_CFG, &v) && !(v & DE_CFG_LFENCE_WAITS))
		(void)cpu_wrmsr_safe(MSR_AMD_DE_CFG, v | DE_CFG_LFENCE_WAITS);
}

void spec_log(void)
{
	static const char *const thunks[] = {"retpoline", "lfence", "jmp"};

	log_info("speculation: bti-thunk=%s%s; on a switch: %s%s%s; locks: %s",
		 thunks[spec_plan.thunk],
		 spec_plan.spec_ctrl || spec_plan.auto_ibrs ? " with IBRS" : "",
		 spec_plan.ibpb ? "ibpb " : "", spec_plan.rsb ? "rsb" : "",
		 spec_plan.ibpb || spec_plan.rsb ? "" : "nothing",
		 spec_plan.lock ? "fenced" : "plain");
}
