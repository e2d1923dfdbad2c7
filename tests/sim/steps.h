/* SPDX-License-Identifier: GPL-2.0-only */
/* Forced into every source of the simulator: steps in the scheduler's trees are counted. */
#ifndef SHOJI_SIM_STEPS_H
#define SHOJI_SIM_STEPS_H

#include <stdint.h>

extern uint64_t tree_steps;
#define TREE_STEP() ((void)tree_steps++)

#endif
