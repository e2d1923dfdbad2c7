/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a guest that has no domain just now will have one again: its supervisor still lives. */
#ifndef SHOJI_CONSOLE_SUPERVISED_H
#define SHOJI_CONSOLE_SUPERVISED_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* Somebody holds the lock of this name. Guests that others' tools made have no lock. */
bool supervised(const char *name);

/* A line of locks, as /proc/locks has them, says that this file is locked. Pure. */
bool supervised_find(FILE *locks, dev_t device, ino_t inode);

#endif
