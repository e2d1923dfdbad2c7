/* SPDX-License-Identifier: GPL-2.0-only */
/* shoji.cfg: the text file beside the UEFI application. */
#ifndef SHOJI_BOOT_CONFIG_H
#define SHOJI_BOOT_CONFIG_H

#include "boot/boot_info.h"

#define CONFIG_PATH_MAX 256

struct boot_config {
	char options[BOOT_CMDLINE_MAX]; /* options=: for the hypervisor */
	char kernel[CONFIG_PATH_MAX];	/* kernel=: file, beside the configuration or \absolute */
	char cmdline[BOOT_DOM0_CMDLINE_MAX]; /* cmdline=: for dom0's kernel */
	char initrd[CONFIG_PATH_MAX];	     /* initrd=: file; empty: none */
};

struct config_error {
	unsigned int line; /* 0: about the file as a whole */
	const char *what;
};

/* Lines "key=value"; blank lines and lines that begin with # do not count. False: see the error. */
bool config_parse(const char *text, uint64_t size, struct boot_config *config,
		  struct config_error *error);

#endif
