/* SPDX-License-Identifier: GPL-2.0-only */
/* The time records that guests read without asking: vcpu_time_info and the wall clock. */
#ifndef SHOJI_CORE_TIME_INFO_H
#define SHOJI_CORE_TIME_INFO_H

#include "lib/types.h"

struct domain;
struct vcpu;
struct xen_vcpu_time_info;

void time_info_update(struct vcpu *v);		  /* v is current, or does not run */
struct xen_vcpu_time_info time_info_record(void); /* as of now on this CPU; version 2 */
void time_info_init_wallclock(struct domain *d);
/* dom0 set the clock: seconds and ns since 1970 at system time `at`. Every domain's record follows.
 */
void time_info_set_wallclock(uint64_t seconds, uint32_t nsec, nsec_t at);

#endif
