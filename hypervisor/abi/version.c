/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen_version: who we are. The numbers say 4.17, whose ABI this is, so that programs made for it
 * start; the extra version, compiler and capabilities strings are our own.
 */
#include "abi/abi.h"
#include "core/build_info.h"
#include "core/extension.h"
#include "lib/string.h"
#include "shoji/features.h"
#include "shoji/version.h"

#define XEN_MAJOR 4
#define XEN_MINOR 17

static long write_string(uint64_t arg, const char *text, size_t room)
{
	char buffer[XEN_CAPABILITIES_INFO_LEN] = {0};

	strlcpy(buffer, text, room);
	return guest_write(gva(arg), buffer, room);
}

static long compile_info(uint64_t arg)
{
	struct xen_compile_info info = {0};

	strlcpy(info.compiler, build_compiler, sizeof(info.compiler));
	strlcpy(info.compile_by, "shoji", sizeof(info.compile_by));
	strlcpy(info.compile_date, build_date, sizeof(info.compile_date));
	return ABI_WRITE(arg, &info);
}

static long features(struct domain *d, uint64_t arg)
{
	struct xen_feature_info info;

	if (ABI_READ(&info, arg))
		return -XEN_EFAULT;
	if (info.submap_idx >= XENFEAT_NR_SUBMAPS)
		return -XEN_EINVAL;
	info.submap = 1u << XENFEAT_pae_pgdir_above_4gb | 1u << XENFEAT_mmu_pt_update_preserve_ad |
		      1u << XENFEAT_gnttab_map_avail_bits | 1u << XENFEAT_linux_rsdp_unrestricted;
	if (d->privileged)
		info.submap |= 1u << XENFEAT_dom0;
	return ABI_WRITE(arg, &info);
}

static long handle(struct domain *d, uint64_t arg)
{
	return guest_write(gva(arg), d->handle, sizeof(d->handle));
}

static long platform_parameters(uint64_t arg)
{
	struct xen_platform_parameters p = {.virt_start = HV_VIRT_START};

	return ABI_WRITE(arg, &p);
}

long abi_xen_version(uint64_t cmd, uint64_t arg)
{
	struct domain *d = current_vcpu()->domain;

	switch (cmd) {
	case XENVER_version:
		return XEN_MAJOR << 16 | XEN_MINOR;
	case XENVER_extraversion:
		return write_string(arg, "-shoji-" SHOJI_VERSION, XEN_EXTRAVERSION_LEN);
	case XENVER_compile_info:
		return compile_info(arg);
	case XENVER_capabilities:
		return write_string(arg, "xen-3.0-x86_64", XEN_CAPABILITIES_INFO_LEN);
	case XENVER_changeset:
		return write_string(arg, build_changeset, XEN_CHANGESET_INFO_LEN);
	case XENVER_platform_parameters:
		return platform_parameters(arg);
	case XENVER_get_features:
		return features(d, arg);
	case XENVER_pagesize:
		return PAGE_SIZE;
	case XENVER_guest_handle:
		return handle(d, arg);
	case XENVER_commandline:
		return write_string(arg, d->privileged && hv.cmdline ? hv.cmdline : "<denied>",
				    XEN_COMMANDLINE_LEN);
	default:
		return abi_unknown("xen_version", cmd);
	}
}

static long shoji_features(uint64_t arg)
{
	struct shoji_features f = {{extension_features()}};

	return ABI_WRITE(arg, &f);
}

static long shoji_name(uint64_t arg)
{
	struct shoji_name n = {.product = ""};

	strlcpy(n.product, "Shoji", sizeof(n.product));
	strlcpy(n.version, SHOJI_VERSION, sizeof(n.version));
	return ABI_WRITE(arg, &n);
}

/* The extension ABI's own entry: version and features (extension.h). */
long abi_shoji_version(uint64_t cmd, uint64_t arg)
{
	current_vcpu()->domain->extension_used = true;
	switch (cmd) {
	case SHOJI_VERSION_abi:
		return SHOJI_ABI_VERSION;
	case SHOJI_VERSION_features:
		return shoji_features(arg);
	case SHOJI_VERSION_name:
		return shoji_name(arg);
	default:
		return abi_unknown("shoji_version", cmd);
	}
}
