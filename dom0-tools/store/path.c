/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths: checking, making absolute, comparing. Pure functions over strings; no data, no lock.
 * It does not look into the tree.
 */
#include "path.h"

#include <stdio.h>
#include <string.h>

static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/_@";

bool path_is_valid(const char *path)
{
	size_t length = strnlen(path, PATH_ABSOLUTE_MAX + 1);

	if (path[0] != '/' || length > PATH_ABSOLUTE_MAX)
		return false;
	if (length > 1 && path[length - 1] == '/')
		return false;
	return !strstr(path, "//") && strspn(path, allowed) == length;
}

bool path_is_event(const char *path)
{
	return path[0] == '@' && path[1] && strspn(path, allowed) == strlen(path) &&
	       !strchr(path, '/') && strlen(path) <= XENSTORE_REL_PATH_MAX;
}

bool path_resolve(const char *text, uint16_t domid, char *out, size_t *prefix)
{
	int n;

	*prefix = 0;
	if (text[0] == '/') {
		if (strnlen(text, PATH_ABSOLUTE_MAX + 1) > PATH_ABSOLUTE_MAX)
			return false;
		strcpy(out, text);
		return path_is_valid(out);
	}
	if (!text[0] || text[0] == '@' || strlen(text) > XENSTORE_REL_PATH_MAX)
		return false;
	n = snprintf(out, PATH_ABSOLUTE_MAX + 1, "/local/domain/%u/%s", domid, text);
	*prefix = (size_t)n - strlen(text);
	return path_is_valid(out);
}

bool path_is_within(const char *child, const char *parent)
{
	size_t n = strlen(parent);

	if (n == 1 && parent[0] == '/')
		return child[0] == '/';
	return !strncmp(child, parent, n) && (child[n] == '\0' || child[n] == '/');
}

static size_t count_names(const char *path)
{
	size_t count = 0;

	if (path[0] == '/' && !path[1])
		return 0;
	for (; *path; path++)
		count += *path == '/';
	return count;
}

size_t path_levels_below(const char *child, const char *parent)
{
	return count_names(child) - count_names(parent);
}

const char *path_next(const char **rest, size_t *length)
{
	const char *name = *rest;

	if (*name == '/')
		name++;
	*length = strcspn(name, "/");
	if (!*length)
		return NULL;
	*rest = name + *length;
	return name;
}

bool path_to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || !path[1])
		return false;
	if (slash == path)
		slash++;
	*slash = '\0';
	return true;
}

const char *path_last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
