/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plants a fault in the hypervisor's records of its own domain, for a machine booted with
 * audit-plant: `plant KIND` (a number of shoji/extension.h), `plant undo`; prints the frame. And
 * `plant nobody PROGRAM ARGUMENT...` runs a program as a user without rights.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shoji/extension.h"
#include "shoji/hypercalls.h"
#include "xa_call.h"

#define NOBODY 65534

static int plant(const char *what)
{
	struct xa_call *xc = xa_call_open();
	struct shoji_audit_plant *p = xc ? xa_call_buffer_alloc(xc, sizeof(*p)) : NULL;
	long rc;

	if (!p)
		return 1;
	p->undo = !strcmp(what, "undo");
	p->kind = p->undo ? 0 : (uint32_t)atoi(what);
	rc = xa_call_3(xc, HYPERCALL_shoji_audit, SHOJI_AUDIT_plant, (uintptr_t)p, 0);
	if (rc)
		fprintf(stderr, "plant: %s\n", strerror((int)-rc));
	else
		printf("0x%llx\n", (unsigned long long)p->frame);
	return rc ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return plant(argv[1]);
	if (argc > 2 && !strcmp(argv[1], "nobody") && !setuid(NOBODY))
		execvp(argv[2], argv + 2);
	return 127;
}
