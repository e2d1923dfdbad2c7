/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_elf.c: from a parsed ELF image to the builder's terms. The parser itself is the one that
 * the hypervisor's boot code uses for dom0 (hypervisor/lib/elf_image.c).
 */
#include "kernel_elf.h"

#include <string.h>

#include "elf_image.h"
#include "shoji/elfnote.h"

#define WHAT   "load the kernel"
#define ADVICE "give a Linux kernel with CONFIG_XEN_PV=y, for example Debian's"

static void take_image(const uint8_t *elf, const struct elf_image *from, struct build_image *to)
{
	_Static_assert(ELF_IMAGE_SEGMENTS_MAX <= BUILD_SEGMENTS_MAX, "segments");
	_Static_assert(ELF_IMAGE_ZEROES_MAX <= BUILD_ZEROES_MAX, "zeroes");

	to->segment_count = from->segment_count;
	for (unsigned int i = 0; i < from->segment_count; i++)
		to->segments[i] = (struct build_segment){
			.address = from->segments[i].phys,
			.memory_size = from->segments[i].memory_size,
			.file_size = from->segments[i].file_size,
			.data = elf + from->segments[i].file_offset,
		};
	to->zeroes_count = from->zeroes_count;
	for (unsigned int i = 0; i < from->zeroes_count; i++)
		to->zeroes[i] = (struct build_zeroes){from->zeroes[i].phys, from->zeroes[i].size};
}

/* Features that a guest can never have: asking for one of them is a refusal to run here. */
static const char *impossible_feature(const struct elf_image *image)
{
	static const char *const names[] = {"auto_translated_physmap", "supervisor_mode_kernel",
					    "hvm_callback_vector", "dom0"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *at = strstr(image->features, names[i]);

		if (at && at != image->features && at[-1] == '!')
			return names[i];
	}
	return NULL;
}

int kernel_elf_parse(const uint8_t *elf, size_t size, const char *path, struct kernel_elf *kernel,
		     struct failure *f)
{
	struct elf_image image;
	const char *why = elf_image_parse(elf, size, &image);

	if (!why)
		why = elf_image_check_pv(&image);
	if (why)
		return fail_set(f, FAIL_FILE, WHAT, path, ADVICE, "%s", why);
	if (impossible_feature(&image))
		return fail_set(f, FAIL_FILE, WHAT, path, ADVICE,
				"it insists on the feature '%s', which guests do not have here",
				impossible_feature(&image));
	memset(kernel, 0, sizeof(*kernel));
	take_image(elf, &image, &kernel->image);
	kernel->entry = image.entry;
	kernel->wishes.virt_base = image.virt_base;
	kernel->wishes.kernel_begin = image.phys_begin;
	kernel->wishes.kernel_end = image.phys_end;
	kernel->wishes.p2m_virt = elf_image_has_note(&image, XEN_ELFNOTE_INIT_P2M)
					  ? image.init_p2m
					  : BUILD_NO_ADDRESS;
	kernel->wishes.initrd_unmapped =
		elf_image_has_note(&image, XEN_ELFNOTE_MOD_START_PFN) && image.mod_start_pfn;
	kernel->hypercall_page = BUILD_NO_ADDRESS;
	if (elf_image_has_note(&image, XEN_ELFNOTE_HYPERCALL_PAGE))
		kernel->hypercall_page = image.hypercall_page - image.virt_base;
	return 0;
}
