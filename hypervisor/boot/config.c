/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parser of shoji.cfg.
 *
 * Duty: text to struct boot_config, with the line of the first mistake. UTF-8 byte order marks and
 * Windows line ends, which editors leave on a FAT file system, do no harm. Pure; it does not look
 * whether the files exist.
 */
#include "boot/config.h"

#include <stddef.h>
#include <string.h>

struct text {
	const char *at, *end;
};

static const struct key {
	const char *name;
	size_t offset, size;
} keys[] = {
	{"options", offsetof(struct boot_config, options), BOOT_CMDLINE_MAX},
	{"kernel", offsetof(struct boot_config, kernel), CONFIG_PATH_MAX},
	{"cmdline", offsetof(struct boot_config, cmdline), BOOT_DOM0_CMDLINE_MAX},
	{"initrd", offsetof(struct boot_config, initrd), CONFIG_PATH_MAX},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct text trim(struct text t)
{
	while (t.at < t.end && is_space(*t.at))
		t.at++;
	while (t.end > t.at && is_space(t.end[-1]))
		t.end--;
	return t;
}

static struct text next_line(struct text *rest)
{
	struct text line = *rest;

	while (rest->at < rest->end && *rest->at != '\n')
		rest->at++;
	line.end = rest->at;
	if (rest->at < rest->end)
		rest->at++;
	return trim(line);
}

static const struct key *find_key(struct text name)
{
	size_t length = (size_t)(name.end - name.at);

	for (size_t i = 0; i < KEYS; i++)
		if (strlen(keys[i].name) == length && !memcmp(keys[i].name, name.at, length))
			return &keys[i];
	return NULL;
}

/* NULL, or what is wrong with the line. */
static const char *parse_line(struct text line, struct boot_config *config, unsigned int *seen)
{
	struct text name = line, value = line;
	const struct key *key;
	size_t length;
	char *to;

	name.end = memchr(line.at, '=', (size_t)(line.end - line.at));
	if (!name.end)
		return "no '=': a line is key=value";
	value.at = name.end + 1;
	name = trim(name);
	value = trim(value);
	key = find_key(name);
	if (!key)
		return "unknown key: known are options, kernel, cmdline, initrd";
	if (*seen & 1u << (key - keys))
		return "this key was given before";
	*seen |= 1u << (key - keys);
	length = (size_t)(value.end - value.at);
	if (length >= key->size)
		return "the value is too long";
	if (memchr(value.at, 0, length))
		return "a zero byte: this is no text file";
	to = (char *)config + key->offset;
	memcpy(to, value.at, length);
	to[length] = 0;
	return NULL;
}

bool config_parse(const char *text, uint64_t size, struct boot_config *config,
		  struct config_error *error)
{
	struct text rest = {text, text + size};
	unsigned int seen = 0;

	memset(config, 0, sizeof(*config));
	*error = (struct config_error){0, NULL};
	if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		rest.at += 3;
	while (rest.at < rest.end) {
		struct text line = next_line(&rest);

		error->line++;
		if (line.at == line.end || *line.at == '#')
			continue;
		error->what = parse_line(line, config, &seen);
		if (error->what)
			return false;
	}
	error->line = 0;
	if (!config->kernel[0])
		error->what = "no line kernel=FILE";
	return !error->what;
}
