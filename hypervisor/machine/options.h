/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's command line: words with spaces between them, name=value or name. */
#ifndef SHOJI_MACHINE_OPTIONS_H
#define SHOJI_MACHINE_OPTIONS_H

#include "lib/types.h"
#include "machine/spec.h"

enum { LOGLVL_NONE = -1, LOGLVL_ALL = 3 }; /* or an enum log_level */
enum options_console { CONSOLE_COM1, CONSOLE_VGA, CONSOLE_NONE };

#define OPTIONS_UNKNOWN_MAX 8
#define OPTIONS_WORD_MAX    64

struct options {
	uint64_t dom0_mem, dom0_mem_min, dom0_mem_max; /* bytes; 0: as the builder likes */
	unsigned int dom0_max_vcpus;		       /* 0: as many as CPUs */
	unsigned int maxcpus;			       /* 0: all */
	enum options_console console;
	unsigned int com1_baud; /* 0: leave it as the firmware set it */
	uint16_t com1_port;
	unsigned int com1_irq; /* 0: poll */
	int loglvl, guest_loglvl;
	bool noreboot, sync_console;
	bool audit_plant;	       /* dom0 may make faults on purpose (core/audit_plant.c) */
	bool tsc_unstable, tsc_stable; /* neither: measured */
	bool sched_static;	       /* each vCPU has its CPU; no ticks */
	int pti;		       /* < 0: by the CPU's need; 0 off, 1 on */
	struct spec_wish spec;

	/* words that mean nothing to us, for a warning once there is a console */
	unsigned int unknown_count;
	char unknown[OPTIONS_UNKNOWN_MAX][OPTIONS_WORD_MAX];
};

extern struct options options;

void options_parse(const char *cmdline, struct options *o); /* defaults where it says nothing */
void options_log_unknown(const struct options *o);

/* 4096, 0x1000, 512M, 2G; false: bad. Exported for tests. */
bool options_size(const char *text, const char *end, uint64_t *bytes);

#endif
