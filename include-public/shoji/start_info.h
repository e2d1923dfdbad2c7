/* SPDX-License-Identifier: MIT */
/*
 * What a PV kernel finds at its entry point: RSI holds the virtual address of struct
 * xen_start_info, RSP a small stack.
 *
 * The builder lays out from VIRT_BASE upwards, in this order and each on its own pages: the kernel,
 * the module (initrd), the phys-to-machine list (unless INIT_P2M places it elsewhere), start_info,
 * store page, console page, the initial page tables, a one-page stack; all mapped, with at least
 * 512 KiB of mapped slack after the stack, ending at a multiple of 4 MiB.
 */
#ifndef SHOJI_PUBLIC_START_INFO_H
#define SHOJI_PUBLIC_START_INFO_H

#include "types.h"

#define XEN_START_MAGIC	  "xen-3.0-x86_64" /* start_info.magic */
#define MAX_GUEST_CMDLINE 1024

struct xen_start_info {
	char magic[32];	       /* XEN_START_MAGIC, padded with zeros */
	uint64_t nr_pages;     /* frames the domain has */
	uint64_t shared_info;  /* machine address (not frame) of the shared info page */
	uint32_t flags;	       /* SIF_… */
	xen_pfn_t store_mfn;   /* machine frame of the store's ring; 0: none yet */
	uint32_t store_evtchn; /* the store's port; 0: none yet */
	union {
		struct {
			xen_pfn_t mfn;	 /* machine frame of the console ring */
			uint32_t evtchn; /* its port */
		} domU;
		struct {
			uint32_t info_off;  /* offset of dom0_vga_console_info from here */
			uint32_t info_size; /* its size; 0: no VGA console */
		} dom0;
	} console;	       /* dom0: initial domain; domU: all others */
	uint64_t pt_base;      /* virtual address of the initial L4 */
	uint64_t nr_pt_frames; /* frames of initial tables, contiguous from pt_base */
	uint64_t mfn_list;     /* virtual address of the list: uint64_t mfn per pfn */
	uint64_t mod_start;    /* virtual address of the module, or its pfn: SIF_MOD_START_PFN */
	uint64_t mod_len;      /* bytes; 0: none */
	char cmd_line[MAX_GUEST_CMDLINE]; /* ends with a zero byte */
	uint64_t first_p2m_pfn; /* pfns that hold the list, if it is outside the initial mapping */
	uint64_t nr_p2m_frames;
};
SHOJI_ABI_SIZE(struct xen_start_info, 1168);
SHOJI_ABI_OFFSET(struct xen_start_info, store_mfn, 56);
SHOJI_ABI_OFFSET(struct xen_start_info, console, 72);
SHOJI_ABI_OFFSET(struct xen_start_info, nr_p2m_frames, 1160);

#define SIF_PRIVILEGED	    (1 << 0)	/* the domain is privileged */
#define SIF_INITDOMAIN	    (1 << 1)	/* it is the initial (control) domain */
#define SIF_MULTIBOOT_MOD   (1 << 2)	/* mod_start points to a xen_multiboot_mod_list */
#define SIF_MOD_START_PFN   (1 << 3)	/* mod_start is a pfn, the module is not mapped */
#define SIF_VIRT_P2M_4TOOLS (1 << 4)	/* tools understand arch_shared_info.p2m_vaddr */
#define SIF_PM_MASK	    (0xFF << 8) /* power management left to dom0 */

/* A module, addresses relative to mod_start's mapping. */
struct xen_multiboot_mod_list {
	uint32_t mod_start; /* first byte */
	uint32_t mod_end;   /* first byte after */
	uint32_t cmdline;   /* of the module's command line */
	uint32_t pad;
};
SHOJI_ABI_SIZE(struct xen_multiboot_mod_list, 16);
SHOJI_ABI_OFFSET(struct xen_multiboot_mod_list, pad, 12);

#define XEN_VGATYPE_TEXT_MODE_3 0x03 /* VGA text, 80 columns */
#define XEN_VGATYPE_VESA_LFB	0x23 /* linear frame buffer set up by VESA */
#define XEN_VGATYPE_EFI_LFB	0x70 /* linear frame buffer set up by UEFI */

/* dom0's screen. A consumer checks console.dom0.info_size before reading the later fields. */
struct xen_dom0_vga_console_info {
	uint8_t video_type; /* XEN_VGATYPE_… */
	union {
		struct {
			uint16_t font_height;	     /* lines per character */
			uint16_t cursor_x, cursor_y; /* characters */
			uint16_t rows, columns;	     /* characters */
		} text_mode_3;
		struct {
			uint16_t width, height; /* pixels */
			uint16_t bytes_per_line;
			uint16_t bits_per_pixel;
			uint32_t lfb_base;	   /* machine address, low half */
			uint32_t lfb_size;	   /* units of 64 KiB */
			uint8_t red_pos, red_size; /* bit position and width in a pixel */
			uint8_t green_pos, green_size;
			uint8_t blue_pos, blue_size;
			uint8_t rsvd_pos, rsvd_size;
			uint32_t gbl_caps;   /* VESA capabilities */
			uint16_t mode_attrs; /* VESA mode attributes */
			uint16_t pad;
			uint32_t ext_lfb_base; /* machine address, high half */
		} vesa_lfb;		       /* both kinds of linear frame buffer */
	} u;
};
SHOJI_ABI_SIZE(struct xen_dom0_vga_console_info, 40);
SHOJI_ABI_OFFSET(struct xen_dom0_vga_console_info, u, 4);

#endif
