/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Definitions of guests: any bytes as XML. What is refused says why; what is accepted is complete,
 * and written out and read again it is the same definition.
 */
/* SOURCES: dom0-tools/lib/def_check.c dom0-tools/lib/def_devices.c dom0-tools/lib/def_explain.c */
/* SOURCES: dom0-tools/lib/def_load.c dom0-tools/lib/def_schema.c dom0-tools/lib/def_write.c */
/* SOURCES: dom0-tools/lib/def_cputune.c dom0-tools/lib/cpuset.c */
/* SOURCES: dom0-tools/lib/units.c dom0-tools/lib/failure.c dom0-tools/lib/file_map.c */
/* FLAGS: -I/usr/include/libxml2 -DSCHEMA_FILE='"../../dom0-tools/schema/domain.rng"' */
/* LIBS: -lxml2 */
/* OPTIONS: -dict=definition.dict -max_len=4096 */
#include <stdlib.h>
#include <string.h>

#include "def.h"

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct domain_def *d)
{
	CHECK(d->name[0] && memchr(d->name, 0, sizeof(d->name)));
	CHECK(d->kernel && d->cmdline && strlen(d->cmdline) <= DEF_CMDLINE_MAX);
	CHECK(d->vcpus >= 1 && d->vcpus <= d->vcpus_max && d->vcpus_max <= DEF_VCPUS_MAX);
	CHECK(d->current_kib <= d->memory_kib && d->memory_kib <= 1ull << 32);
	CHECK(d->disk_count <= DEF_DISKS_MAX && d->nic_count <= DEF_NICS_MAX);
	for (unsigned int i = 0; i < d->disk_count; i++)
		for (unsigned int k = 0; k < i; k++)
			CHECK(strcmp(d->disks[i].target, d->disks[k].target) &&
			      d->disks[i].number != d->disks[k].number);
	for (unsigned int i = 0; i < d->disk_count; i++)
		CHECK(d->disks[i].source && d->disks[i].source[0] == '/');
}

/* Twice through the writer: the second time nothing changes any more. */
static void write_and_read(const struct domain_def *d)
{
	char *first = def_write(d, -1), *second;
	struct failure f = {0};
	struct domain_def *again;

	CHECK(first);
	again = def_load_text(first, strlen(first), "again", &f);
	CHECK(again);
	check(again);
	second = def_write(again, -1);
	CHECK(second && !strcmp(first, second));
	free(second);
	free(first);
	def_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = {0};
	struct domain_def *d = def_load_text((const char *)data, size, "fuzz", &f);
	char text[1200];

	if (d) {
		check(d);
		write_and_read(d);
		def_free(d);
		return 0;
	}
	CHECK(f.code != FAIL_NONE && f.why[0]);
	failure_format(&f, text, sizeof(text));
	return 0;
}
