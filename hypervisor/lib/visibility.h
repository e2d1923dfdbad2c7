/* SPDX-License-Identifier: GPL-2.0-only */
/* Included before everything else by the Makefile: all symbols are ours, so no table of their
 * addresses (GOT) is ever needed. */
#pragma GCC visibility push(hidden)
