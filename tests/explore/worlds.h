/* SPDX-License-Identifier: GPL-2.0-only */
/* The worlds that are explored: each is as small as what it is about allows. */
#ifndef SHOJI_EXPLORE_WORLDS_H
#define SHOJI_EXPLORE_WORLDS_H

#include "world.h"

#define PINS  (OP(PIN) | OP(UNPIN) | OP(UPDATE))
#define HOLDS (OP(HOLD) | OP(DROP))

static const struct setup worlds[] = {
	{
		.name = "pins",
		.what = "two vCPUs of one domain pin a table and change its entry",
		.one_domain = true,
		.frames = {2, 0},
		.ops = {PINS | OP(RELOAD), PINS | OP(RELOAD)},
		.targets = 3,
		.tables = {1, 1},
		.places = 1,
		.top = FRAME_L1,
		.small = true,
	},
	{
		.name = "types",
		.what = "the same, and each can hold a type as on its page-table root",
		.one_domain = true,
		.frames = {2, 0},
		.ops = {PINS | HOLDS | OP(RELOAD), PINS | HOLDS | OP(RELOAD)},
		.targets = 3,
		.tables = {1, 1},
		.places = 1,
		.top = FRAME_L1,
		.descriptors = true,
	},
	{
		.name = "cut",
		.what = "a table of three entries, checked and let go in parts",
		.one_domain = true,
		.frames = {2, 0},
		.ops = {PINS, PINS},
		.targets = 2,
		.tables = {1, 1},
		.places = 3,
		.top = FRAME_L1,
	},
	{
		.name = "upper",
		.what = "tables of level 1 and 2 that refer to each other",
		.one_domain = true,
		.frames = {2, 0},
		.ops = {PINS, PINS},
		.targets = 3,
		.tables = {3, 3},
		.places = 1,
		.top = FRAME_L2,
	},
	{
		.name = "three",
		.what = "three frames, any of which may be a table or be mapped",
		.one_domain = true,
		.frames = {3, 0},
		.ops = {PINS, PINS},
		.targets = 7,
		.tables = {7, 7},
		.places = 1,
		.top = FRAME_L1,
	},
	{
		.name = "grants",
		.what = "A grants a frame, B maps it, A wants it to be a table",
		.frames = {1, 1},
		.ops = {OP(SETREF) | OP(PIN) | OP(UNPIN) | OP(RELOAD),
			OP(MAP) | OP(UNMAP) | OP(COPY) | OP(UPDATE)},
		.tables = {1, 2},
		.pinned = 2,
		.places = 1,
		.top = FRAME_L1,
		.small = true,
	},
	{
		.name = "balloon",
		.what = "frames are given back, taken and exchanged while they are in use",
		.frames = {1, 1},
		.ops = {OP(BALLOON) | PINS, OP(BALLOON) | OP(PIN)},
		.targets = 1,
		.tables = {3, 1},
		.places = 1,
		.top = FRAME_L1,
	},
	{
		.name = "death",
		.what = "a domain dies at any moment, with tables in parts; B takes what it leaves",
		.frames = {2, 0},
		.ops = {OP(PIN) | OP(UNPIN) | OP(UPDATE) | OP(KILL), OP(CONDEMN) | OP(BALLOON)},
		.targets = 2,
		.tables = {1, 0},
		.places = 2,
		.top = FRAME_L1,
		.small = true,
	},
	{
		.name = "builder",
		.what = "a domain is destroyed while the control domain works on its tables and "
			"frames",
		.one_domain = true,
		.frames = {2, 0},
		.ops = {OP(END), PINS | OP(BALLOON)},
		.targets = 2,
		.tables = {0, 1},
		.places = 1,
		.top = FRAME_L1,
		.small = true,
	},
	{
		.name = "heirs",
		.what = "A and B share a frame by a grant, and either dies at any moment",
		.frames = {1, 1},
		.ops = {OP(SETREF) | OP(CONDEMN) | OP(KILL) | OP(PIN),
			OP(MAP) | OP(UNMAP) | OP(COPY) | OP(CONDEMN) | OP(KILL) | OP(BALLOON)},
		.tables = {1, 2},
		.pinned = 2,
		.places = 1,
		.top = FRAME_L1,
	},
	{0},
};

#endif
