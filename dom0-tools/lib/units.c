/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * units.c: memory sizes, UUIDs, MAC addresses and disk names from and to text.
 *
 * Pure (but for units_uuid_random, which asks the kernel). Every number is bounded before it is
 * used; nothing overflows silently.
 */
#include "units.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct unit {
	const char *name;
	uint64_t bytes;
};

static const struct unit memory_units[] = {
	{"b", 1},
	{"bytes", 1},
	{"KB", 1000},
	{"k", 1024},
	{"KiB", 1024},
	{"MB", 1000ull * 1000},
	{"M", 1024ull * 1024},
	{"MiB", 1024ull * 1024},
	{"GB", 1000ull * 1000 * 1000},
	{"G", 1024ull * 1024 * 1024},
	{"GiB", 1024ull * 1024 * 1024},
	{"TB", 1000ull * 1000 * 1000 * 1000},
	{"T", 1024ull * 1024 * 1024 * 1024},
	{"TiB", 1024ull * 1024 * 1024 * 1024},
};

int units_number_parse(const char *text, uint64_t max, uint64_t *value)
{
	unsigned long long parsed;
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	parsed = strtoull(text, &end, 10);
	while (isspace((unsigned char)*end))
		end++;
	if (errno || *end || parsed > max)
		return -1;
	*value = parsed;
	return 0;
}

static const struct unit *find_unit(const char *name)
{
	for (size_t i = 0; i < sizeof(memory_units) / sizeof(memory_units[0]); i++)
		if (!strcmp(memory_units[i].name, name))
			return &memory_units[i];
	return NULL;
}

int units_memory_parse(const char *number, const char *unit, uint64_t *kib)
{
	const struct unit *u = find_unit(unit ? unit : "KiB");
	uint64_t value, bytes;

	if (!u || units_number_parse(number, UINT64_MAX, &value))
		return -1;
	if (__builtin_mul_overflow(value, u->bytes, &bytes) || bytes > UINT64_MAX - 1023)
		return -1;
	*kib = (bytes + 1023) / 1024;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two hex digits at text -> *byte. The text may end anywhere. */
static int hex_byte(const char *text, uint8_t *byte)
{
	int high = hex_digit(text[0]);
	int low = high < 0 ? -1 : hex_digit(text[1]);

	if (low < 0)
		return -1;
	*byte = (uint8_t)(high << 4 | low);
	return 0;
}

int units_uuid_parse(const char *text, uint8_t uuid[16])
{
	uint8_t parsed[16];
	unsigned int count = 0;

	while (count < 16) {
		if (count && *text == '-')
			text++;
		if (hex_byte(text, &parsed[count]))
			return -1;
		text += 2;
		count++;
	}
	if (*text)
		return -1;
	memcpy(uuid, parsed, sizeof(parsed));
	return 0;
}

void units_uuid_format(const uint8_t uuid[16], char text[UUID_TEXT_SIZE])
{
	char *to = text;

	for (unsigned int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		to += snprintf(to, 3, "%02x", uuid[i]);
	}
}

int units_uuid_random(uint8_t uuid[16])
{
	if (getrandom(uuid, 16, 0) != 16)
		return -1;
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40); /* version 4: random */
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	return 0;
}

int units_mac_parse(const char *text, uint8_t mac[6])
{
	uint8_t parsed[6];

	for (unsigned int i = 0; i < 6; i++) {
		if (i && *text++ != ':')
			return -1;
		if (hex_byte(text, &parsed[i]))
			return -1;
		text += 2;
	}
	if (*text)
		return -1;
	memcpy(mac, parsed, sizeof(parsed));
	return 0;
}

void units_mac_format(const uint8_t mac[6], char text[MAC_TEXT_SIZE])
{
	snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
}

void units_mac_derive(const uint8_t uuid[16], unsigned int index, uint8_t mac[6])
{
	uint32_t hash = 2166136261u; /* FNV-1a: spreads, and stays the same for ever */

	for (unsigned int i = 0; i < 16; i++)
		hash = (hash ^ uuid[i]) * 16777619u;
	hash = (hash ^ index) * 16777619u;
	mac[0] = 0x00;
	mac[1] = 0x16;
	mac[2] = 0x3e;
	mac[3] = (uint8_t)((hash >> 16) & 0x7f);
	mac[4] = (uint8_t)(hash >> 8);
	mac[5] = (uint8_t)hash;
}

/* "a".."z", "aa".. as in drive letters -> 0.. ; *end is left behind the letters. */
static int disk_index(const char *letters, unsigned int *index, const char **end)
{
	unsigned int value = 0, count = 0;

	while (*letters >= 'a' && *letters <= 'z' && count < 4) {
		value = value * 26 + (unsigned int)(*letters - 'a') + 1;
		letters++;
		count++;
	}
	*end = letters;
	if (!count)
		return -1;
	*index = value - 1;
	return 0;
}

int units_disk_number(const char *target, uint32_t *number)
{
	unsigned int index;
	uint64_t part = 0;
	const char *rest;

	if (strncmp(target, "xvd", 3) || disk_index(target + 3, &index, &rest))
		return -1;
	if (*rest && (*rest == '0' || units_number_parse(rest, 255, &part)))
		return -1;
	if (index < 16 && part < 16)
		*number = 202u << 8 | index << 4 | (uint32_t)part;
	else if (index < (1u << 20))
		*number = 1u << 28 | index << 8 | (uint32_t)part;
	else
		return -1;
	return 0;
}
