/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Speculation: carrying out what spec_choose() decided.
 *
 * Thunks and fences are overwritten once, while the boot program's tables still let us write code.
 * A vCPU that comes onto a CPU finds nothing there that another one taught it, and nothing that it
 * taught that CPU itself before it was elsewhere in between: its guest may have asked to forget
 * there. Data: the plan, constant after boot; per CPU and vCPU, who was last where.
 */
#include "machine/spec.h"

#include "core/log.h"
#include "lib/string.h"
#include "machine/context.h"
#include "machine/cpu_ops.h"
#include "machine/options.h"
#include "machine/percpu.h"

#define MSR_SPEC_CTRL	      0x48
#define MSR_PRED_CMD	      0x49
#define MSR_ARCH_CAPABILITIES 0x10a
#define MSR_AMD_DE_CFG	      0xc0011029
#define PRED_CMD_IBPB	      1
#define DE_CFG_LFENCE_WAITS   (1ULL << 1)
#define EFER_AUTO_IBRS	      (1ULL << 21)
#define THUNK_BYTES	      32

extern char thunks_start[], thunks_end[];
extern const int32_t fence_sites_start[], fence_sites_end[];

static struct spec_plan plan;
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

	if (plan.thunk == THUNK_RETPOLINE)
		return; /* as they were built */
	for (char *at = thunks_start; at < thunks_end; at += THUNK_BYTES)
		write_jump((uint8_t *)at, n++, plan.thunk == THUNK_LFENCE);
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
	spec_choose(&cpu, &options.spec, &plan);
	write_thunks();
	if (!plan.lock)
		drop_fences();
}

void spec_init_cpu(void)
{
	uint64_t v;

	if (plan.spec_ctrl)
		cpu_wrmsr(MSR_SPEC_CTRL, plan.spec_ctrl);
	if (plan.auto_ibrs)
		cpu_wrmsr(MSR_EFER, cpu_rdmsr(MSR_EFER) | EFER_AUTO_IBRS);
	/* LFENCE waits for what is before it: always on Intel's, if told so on AMD's */
	if (amd && cpu_rdmsr_safe(MSR_AMD_DE_CFG, &v) && !(v & DE_CFG_LFENCE_WAITS))
		(void)cpu_wrmsr_safe(MSR_AMD_DE_CFG, v | DE_CFG_LFENCE_WAITS);
}

void spec_log(void)
{
	static const char *const thunks[] = {"retpoline", "lfence", "jmp"};

	log_info("speculation: bti-thunk=%s%s; on a switch: %s%s%s; locks: %s", thunks[plan.thunk],
		 plan.spec_ctrl || plan.auto_ibrs ? " with IBRS" : "", plan.ibpb ? "ibpb " : "",
		 plan.rsb ? "rsb" : "", plan.ibpb || plan.rsb ? "" : "nothing",
		 plan.lock ? "fenced" : "plain");
}

/* --- on a switch --- */

/* Addresses that lead nowhere, in place of those that others left to return to. */
static void fill_return_stack(void)
{
	uint64_t n = 16;

	__asm__ volatile("1:	call	3f\n"
			 "2:	pause\n\tlfence\n\tjmp 2b\n"
			 "3:	call	5f\n"
			 "4:	pause\n\tlfence\n\tjmp 4b\n"
			 "5:	dec	%0\n"
			 "	jnz	1b\n"
			 "	add	$(32 * 8), %%rsp\n"
			 : "+r"(n)
			 :
			 : "memory", "cc");
}

void spec_switch_to(struct vcpu *v)
{
	struct percpu *p = this_percpu();
	struct vcpu_machine *m = vcpu_machine(v);

	if (p->last_vcpu == m->serial && m->last_cpu == p->cpu.id)
		return;
	p->last_vcpu = m->serial;
	m->last_cpu = p->cpu.id;
	if (plan.rsb)
		fill_return_stack();
	if (plan.ibpb)
		cpu_wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
}
