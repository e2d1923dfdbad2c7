/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.c: the tools' own memory of domains, as small files under /run/shoji (see record.h).
 *
 * A record appears whole or not at all: it is written under a temporary name and renamed. There is
 * one writer per domain (its creator, then its supervisor).
 */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "units.h"

#define WHAT "keep a record of the domain"

void record_run_path(char *path, size_t size, const char *format, ...)
{
	const char *base = getenv("SHOJI_RUN");
	int used = snprintf(path, size, "%s/", base && *base ? base : "/run/shoji");
	va_list ap;

	if (used < 0 || (size_t)used >= size)
		return;
	va_start(ap, format);
	vsnprintf(path + used, size - (size_t)used, format, ap);
	va_end(ap);
}

static int make_directories(struct failure *f)
{
	static const char *const names[] = {"", "domains", "locks", "stats"};
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		record_run_path(path, sizeof(path), "%s", names[i]);
		if (mkdir(path, 0700) && errno != EEXIST)
			return fail_errno(f, FAIL_GENERAL, WHAT, path, "run as root");
	}
	return 0;
}

static int write_text(const char *directory, const char *name, const char *text)
{
	char path[300];
	FILE *out;
	int rc;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	out = fopen(path, "we");
	if (!out)
		return -1;
	rc = fputs(text, out) < 0 ? -1 : 0;
	return fclose(out) || rc ? -1 : 0;
}

static int fill_directory(const char *directory, const struct record *r,
			  const struct domain_def *def)
{
	char status[256], uuid[UUID_TEXT_SIZE], *xml = def_write(def, r->domid);
	int rc;

	units_uuid_format(r->uuid, uuid);
	snprintf(status, sizeof(status), "name %s\nuuid %s\nsupervisor %d\n", r->name, uuid,
		 (int)r->supervisor);
	rc = xml ? write_text(directory, "domain.xml", xml) : -1;
	free(xml);
	return rc || write_text(directory, "status", status) ? -1 : 0;
}

static void remove_directory(const char *directory)
{
	static const char *const names[] = {"domain.xml", "status"};
	char path[300];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	rmdir(directory);
}

int record_write(const struct record *r, const struct domain_def *def, struct failure *f)
{
	char temporary[256], final[256];
	int rc;

	if (make_directories(f))
		return -1;
	record_run_path(temporary, sizeof(temporary), "domains/.new-%u", r->domid);
	record_run_path(final, sizeof(final), "domains/%u", r->domid);
	remove_directory(temporary);
	rc = mkdir(temporary, 0700) || fill_directory(temporary, r, def);
	if (!rc) {
		remove_directory(final);
		rc = rename(temporary, final);
	}
	if (!rc)
		return 0;
	fail_errno(f, FAIL_GENERAL, WHAT, final, "is /run full?");
	remove_directory(temporary);
	return -1;
}

static void take_line(struct record *r, const char *key, const char *value)
{
	uint64_t number;

	if (!strcmp(key, "name"))
		snprintf(r->name, sizeof(r->name), "%.63s", value);
	else if (!strcmp(key, "uuid"))
		units_uuid_parse(value, r->uuid);
	else if (!strcmp(key, "supervisor") && !units_number_parse(value, 1u << 30, &number))
		r->supervisor = (pid_t)number;
}

int record_read(uint16_t domid, struct record *r)
{
	char path[256], key[32], value[128];
	FILE *in;

	record_run_path(path, sizeof(path), "domains/%u/status", domid);
	in = fopen(path, "re");
	if (!in)
		return -1;
	*r = (struct record){.domid = domid};
	while (fscanf(in, "%31s %127s", key, value) == 2)
		take_line(r, key, value);
	fclose(in);
	return r->name[0] ? 0 : -1;
}

struct domain_def *record_definition(uint16_t domid, struct failure *f)
{
	char path[256];

	record_run_path(path, sizeof(path), "domains/%u/domain.xml", domid);
	if (access(path, R_OK)) {
		fail_set(f, FAIL_NO_DOMAIN, "read the definition of domain", NULL,
			 "only domains made by 'shoji create' have one",
			 "there is no record of domain %u", domid);
		return NULL;
	}
	return def_load_file(path, f);
}

void record_remove(uint16_t domid)
{
	char path[256];

	record_run_path(path, sizeof(path), "domains/%u", domid);
	remove_directory(path);
}

int record_lock_name(const char *name, struct failure *f)
{
	char path[256];
	int fd;

	if (make_directories(f))
		return -1;
	record_run_path(path, sizeof(path), "locks/%s", name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(f, FAIL_GENERAL, "lock the name", name, NULL);
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	fail_set(f, FAIL_EXISTS, "use the name", name,
		 "'shoji list' shows the domains; choose another name, or wait",
		 "a domain of that name is there, or is just being made or taken away");
	close(fd);
	return -1;
}

bool record_supervised(const struct record *r)
{
	int fd = record_lock_name(r->name, NULL);

	if (fd < 0)
		return true;
	close(fd);
	return false;
}
