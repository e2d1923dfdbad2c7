/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How to switch the machine off when dom0 cannot tell any more.
 *
 * ACPI keeps the two numbers in a package named _S5_ in the DSDT (ACPI 6.4, 7.4.2 and 20.2). No AML
 * is run: the name is searched and the constants behind it are read. Pure.
 */
#include "init/power_s5.h"

#include "lib/string.h"

#define AML_NAME    0x08
#define AML_ROOT    '\\'
#define AML_ZERO    0x00
#define AML_ONE	    0x01
#define AML_BYTE    0x0a
#define AML_WORD    0x0b
#define AML_DWORD   0x0c
#define AML_PACKAGE 0x12

struct aml {
	const uint8_t *at, *end;
};

static bool next(struct aml *a, uint8_t *byte)
{
	if (a->at >= a->end)
		return false;
	*byte = *a->at++;
	return true;
}

/* The value's low byte. */
static bool constant(struct aml *a, uint8_t *value)
{
	uint8_t op;
	size_t more;

	if (!next(a, &op))
		return false;
	if (op == AML_ZERO || op == AML_ONE) {
		*value = op;
		return true;
	}
	more = op == AML_BYTE ? 0 : op == AML_WORD ? 1 : op == AML_DWORD ? 3 : 99;
	if (more == 99 || !next(a, value) || (size_t)(a->end - a->at) < more)
		return false;
	a->at += more;
	return true;
}

static bool package(struct aml a, uint8_t types[2])
{
	uint8_t op, length, count;

	if (!next(&a, &op) || op != AML_PACKAGE || !next(&a, &length))
		return false;
	if ((size_t)(a.end - a.at) < length >> 6U)
		return false;
	a.at += length >> 6; /* more bytes of the package's length */
	return next(&a, &count) && count >= 2 && constant(&a, &types[0]) && constant(&a, &types[1]);
}

static bool is_definition(const uint8_t *aml, size_t at)
{
	return (at >= 1 && aml[at - 1] == AML_NAME) ||
	       (at >= 2 && aml[at - 1] == AML_ROOT && aml[at - 2] == AML_NAME);
}

bool power_find_s5(const uint8_t *aml, size_t size, uint8_t types[2])
{
	for (size_t at = 0; at + 4 <= size; at++)
		if (!memcmp(aml + at, "_S5_", 4) && is_definition(aml, at) &&
		    package((struct aml){aml + at + 4, aml + size}, types))
			return true;
	return false;
}
