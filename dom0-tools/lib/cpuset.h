/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpuset.h: sets of processors as people and libvirt write them: "0-3,^2,7". At most 64. Pure.
 */
#ifndef SHOJI_LIB_CPUSET_H
#define SHOJI_LIB_CPUSET_H

#include <stdint.h>

#define CPUSET_CPUS	 64
#define CPUSET_TEXT_SIZE 200 /* "0,2,4,..." with the final NUL */

/* 0, or -1 and *set as it was: no such list, a number beyond 63, or nothing left. "all" is all. */
int cpuset_parse(const char *text, uint64_t *set);
/* Ranges in ascending order; "all" if every CPU below `cpus` is in it, "none" if none. */
void cpuset_format(uint64_t set, unsigned int cpus, char text[CPUSET_TEXT_SIZE]);
uint64_t cpuset_first(unsigned int cpus); /* CPUs 0 .. cpus - 1 */

#endif
