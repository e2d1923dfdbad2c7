/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does to a guest's console or store page what a hostile guest would: writes nonsense into an index
 * and rings the bell. It maps the page as the daemons do, from dom0, since a stock guest behaves.
 *
 *	ring_liar DOMID console|store
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shoji/io_console.h"
#include "shoji/io_store.h"
#include "xa_gnttab.h"

int main(int argc, char **argv)
{
	uint32_t ref = argc == 3 && !strcmp(argv[2], "store") ? XA_GNTTAB_STORE : XA_GNTTAB_CONSOLE;
	struct xa_gnttab *gnttab;
	void *page;

	if (argc != 3 || xa_gnttab_open(&gnttab) < 0)
		return 2;
	page = xa_gnttab_map(gnttab, (uint32_t)atoi(argv[1]), &ref, 1, true);
	if (!page) {
		perror("ring_liar: map");
		return 1;
	}
	if (ref == XA_GNTTAB_STORE)
		((struct xen_xenstore_domain_interface *)page)->rsp_cons += 5000;
	else
		((struct xen_xencons_interface *)page)->out_cons += 3000;
	xa_gnttab_unmap(gnttab, page, 1);
	puts("lied");
	return 0;
}
