/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of nodes. A canonical path is "/" or "/a/b": letters, digits, - _ @ and slashes, none
 * doubled and none at the end. Names that begin with @ stand for events, not for nodes.
 */
#ifndef SHOJI_STORE_PATH_H
#define SHOJI_STORE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shoji/io_store.h"

#define PATH_ABSOLUTE_MAX XENSTORE_ABS_PATH_MAX
#define PATH_DEPTH_MAX	  (PATH_ABSOLUTE_MAX / 2)

/* A canonical absolute path. */
bool path_is_valid(const char *path);

/* "@introduceDomain" and the like. */
bool path_is_event(const char *path);

/*
 * Makes the client's spelling absolute: relative ones are below the domain's own directory.
 * out has PATH_ABSOLUTE_MAX + 1 bytes. *prefix is the length that was put in front.
 */
bool path_resolve(const char *text, uint16_t domid, char *out, size_t *prefix);

/* child is below parent, or the same. */
bool path_is_within(const char *child, const char *parent);
/* How many names child is longer than parent, given that it is within. */
size_t path_levels_below(const char *child, const char *parent);

/* Steps over the names of a path: the next name's begin and length, or NULL. */
const char *path_next(const char **rest, size_t *length);

/* Cuts the last name off; "/a" becomes "/". False for "/". */
bool path_to_parent(char *path);
const char *path_last_name(const char *path);

#endif
