/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's RDMSR and WRMSR. The segment bases are its own and live in the CPU while it runs. Of
 * the rest it sees fixed values, and dom0 a few registers that describe the machine; writing what
 * a register already says is no error. What is not listed faults, and kernels are ready for that.
 */
#include "machine/msr.h"

#include "core/domain.h"
#include "core/guest_access.h"
#include "machine/cpu_ops.h"

#define MSR_TSC		  0x10
#define MSR_UCODE_REV	  0x8b
#define MSR_PLATFORM_INFO 0xce
#define MSR_MTRR_CAP	  0xfe
#define MSR_MISC_FEATURES 0x140
#define MSR_SYSENTER_CS	  0x174
#define MSR_SYSENTER_EIP  0x176
#define MSR_MCG_CAP	  0x179
#define MSR_MCG_STATUS	  0x17a
#define MSR_MISC_ENABLE	  0x1a0
#define MSR_DEBUGCTL	  0x1d9
#define MSR_MTRR_FIRST	  0x200
#define MSR_MTRR_LAST	  0x20f
#define MSR_MTRR_FIX	  0x250
#define MSR_MTRR_FIX_LAST 0x26f
#define MSR_MTRR_DEFAULT  0x2ff
#define MSR_AMD_SYSCFG	  0xc0010010
#define MSR_AMD_HWCR	  0xc0010015
#define MSR_AMD_TOP_MEM	  0xc001001a
#define MSR_AMD_TOP_MEM2  0xc001001d
#define MSR_AMD_MMIO_CONF 0xc0010058
#define MSR_AMD_DE_CFG	  0xc0011029

#define PAT_VALUE	    0x050100070406ULL /* WB WT UC- UC WC WP */
#define EFER_LMA	    (1ULL << 10)
#define APIC_BASE_BSP	    (1ULL << 8)
#define APIC_BASE_X2	    (1ULL << 10)
#define MISC_NO_BTS_PEBS    (3ULL << 11)
#define MISC_PERF	    (1ULL << 7)
#define HWCR_TSC_INVARIANT  (1ULL << 24)
#define DE_CFG_LFENCE_WAITS (1ULL << 1)

static bool is_amd(void)
{
	uint32_t r[4];

	cpu_cpuid(0, 0, r);
	return r[2] == 0x444d4163 || r[2] == 0x656e6975; /* "cAMD", Hygon's "uine" */
}

/* Registers that describe the machine, readable by dom0 as they are. */
static bool describes_machine(uint32_t msr)
{
	switch (msr) {
	case MSR_MTRR_CAP:
	case MSR_MTRR_FIRST ... MSR_MTRR_LAST:
	case MSR_MTRR_FIX ... MSR_MTRR_FIX_LAST:
	case MSR_MTRR_DEFAULT:
	case MSR_AMD_SYSCFG:
	case MSR_AMD_TOP_MEM ... MSR_AMD_TOP_MEM2:
	case MSR_AMD_MMIO_CONF:
		return true;
	default:
		return false;
	}
}

static bool read_apic_base(const struct vcpu *v, uint64_t *value)
{
	*value = cpu_rdmsr(MSR_APIC_BASE) & ~(APIC_BASE_BSP | APIC_BASE_X2);
	if (v->id == 0)
		*value |= APIC_BASE_BSP;
	return true;
}

static bool read_misc_enable(uint64_t *value)
{
	if (!cpu_rdmsr_safe(MSR_MISC_ENABLE, value))
		return false;
	*value = (*value & ~MISC_PERF) | MISC_NO_BTS_PEBS;
	return true;
}

static bool read_amd(uint32_t msr, uint64_t *value)
{
	*value = msr == MSR_AMD_HWCR ? HWCR_TSC_INVARIANT : DE_CFG_LFENCE_WAITS;
	return is_amd();
}

bool msr_guest_read(const struct vcpu *v, uint32_t msr, uint64_t *value)
{
	*value = 0;
	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		*value = cpu_rdmsr(msr);
		return true;
	case MSR_EFER:
		*value = (cpu_rdmsr(MSR_EFER) & (EFER_SCE | EFER_LME | EFER_NXE)) | EFER_LMA;
		return true;
	case MSR_APIC_BASE:
		return read_apic_base(v, value);
	case MSR_PAT:
		*value = PAT_VALUE;
		return true;
	case MSR_TSC:
		*value = cpu_rdtsc();
		return true;
	case MSR_UCODE_REV:
		return cpu_rdmsr_safe(msr, value);
	case MSR_MISC_ENABLE:
		return read_misc_enable(value);
	case MSR_PLATFORM_INFO:
	case MSR_MISC_FEATURES:
		return !is_amd();
	case MSR_MCG_CAP: /* no banks */
	case MSR_MCG_STATUS:
	case MSR_DEBUGCTL:
	case MSR_SYSENTER_CS ... MSR_SYSENTER_EIP:
		return true;
	case MSR_AMD_HWCR:
	case MSR_AMD_DE_CFG:
		return read_amd(msr, value);
	default:
		return v->domain->privileged && describes_machine(msr) &&
		       cpu_rdmsr_safe(msr, value);
	}
}

bool msr_guest_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	uint64_t present;

	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		if (!guest_canonical(value))
			return false;
		cpu_wrmsr(msr, value);
		return true;
	case MSR_UCODE_REV: /* asks for the revision to be reported */
		return value == 0;
	case MSR_STAR: /* registered by callbacks instead */
	case MSR_LSTAR:
	case MSR_CSTAR:
	case MSR_SYSCALL_MASK:
	case MSR_SYSENTER_CS ... MSR_SYSENTER_EIP:
		return true;
	case MSR_TSC:
		return false;
	default:
		return msr_guest_read(v, msr, &present) && present == value;
	}
}
