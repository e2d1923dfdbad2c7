/* SPDX-License-Identifier: GPL-2.0-only */
/* What a backend may still ask of the kernel once it has opened all it needs. */
#ifndef SHOJI_SANDBOX_SANDBOX_H
#define SHOJI_SANDBOX_SANDBOX_H

/*
 * From here on this process opens no file, starts no program or process, and connects to nothing
 * but unix sockets: such calls fail with EPERM. Reading, writing, waiting, mapping and device
 * controls of what is open go on. For good, and for the threads it has. 0 or -errno.
 */
int sandbox_enter(void);

#endif
