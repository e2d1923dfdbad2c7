/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions of a guest that only ring 0 may execute. v is current. */
#ifndef SHOJI_MACHINE_EMULATE_H
#define SHOJI_MACHINE_EMULATE_H

#include "core/vcpu.h"

/* After #GP with error code 0. True: dealt with (registers advanced, or the guest got a fault of
 * its own); false: give the #GP to the guest. */
bool emulate_gp(struct vcpu *v);
/* After #UD: the prefix that asks for our view of CPUID. False: give the #UD to the guest. */
bool emulate_ud(struct vcpu *v);
/* After #PF of a supervisor's access at CPL 3. False: it was something else. */
bool emulate_iretq(struct vcpu *v);

#endif
