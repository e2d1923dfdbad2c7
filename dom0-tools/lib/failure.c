/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * failure.c: fills and formats `struct failure` (see failure.h for the rules).
 *
 * No state, no locks. The strings are cut, never overrun. Nothing here prints.
 */
#include "failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const code_names[FAIL_CODE_COUNT] = {
	[FAIL_NONE] = "ok",
	[FAIL_GENERAL] = "general",
	[FAIL_USAGE] = "usage",
	[FAIL_DEFINITION] = "definition",
	[FAIL_NO_DOMAIN] = "no-domain",
	[FAIL_EXISTS] = "exists",
	[FAIL_MEMORY] = "memory",
	[FAIL_FILE] = "file",
	[FAIL_HYPERVISOR] = "hypervisor",
	[FAIL_STORE] = "store",
	[FAIL_TIMEOUT] = "timeout",
	[FAIL_DEVICE] = "device",
	[FAIL_STATE] = "state",
	[FAIL_AUDIT] = "audit",
};

static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

int fail_set(struct failure *f, enum failure_code code, const char *what, const char *object,
	     const char *advice, const char *why_format, ...)
{
	int saved = errno;
	va_list ap;

	if (f && f->code == FAIL_NONE) {
		f->code = code;
		copy_text(f->what, sizeof(f->what), what);
		copy_text(f->object, sizeof(f->object), object);
		copy_text(f->advice, sizeof(f->advice), advice);
		va_start(ap, why_format);
		vsnprintf(f->why, sizeof(f->why), why_format, ap);
		va_end(ap);
	}
	errno = saved;
	return -1;
}

int fail_errno(struct failure *f, enum failure_code code, const char *what, const char *object,
	       const char *advice)
{
	return fail_set(f, code, what, object, advice, "%s", strerror(errno));
}

void failure_format(const struct failure *f, char *buffer, size_t size)
{
	bool object = f->object[0] != '\0';
	bool advice = f->advice[0] != '\0';

	if (f->code == FAIL_DEFINITION && !object && !advice) { /* begins with file:line */
		snprintf(buffer, size, "%s", f->why);
		return;
	}
	snprintf(buffer, size, "cannot %s%s%s%s: %s%s%s", f->what, object ? " '" : "", f->object,
		 object ? "'" : "", f->why, advice ? "\n  " : "", f->advice);
}

const char *failure_code_name(enum failure_code code)
{
	if ((unsigned int)code >= FAIL_CODE_COUNT || !code_names[code])
		return "general";
	return code_names[code];
}
