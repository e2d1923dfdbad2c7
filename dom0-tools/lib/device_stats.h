/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device_stats.h: the page of counters that a backend keeps for its device and `shoji top` reads.
 *
 * The supervisor makes the file (a page, zeroed; "5-vbd-51712" or "5-vif-0" in the folder stats of
 * its run directory); the backend maps it and is the only one who writes. Counters start at the
 * guest's start and outlive the backend process.
 */
#ifndef SHOJI_LIB_DEVICE_STATS_H
#define SHOJI_LIB_DEVICE_STATS_H

#include <stdint.h>

#define DEVICE_STATS_BYTES 4096
#define DEVICE_STATS_MAGIC 0x53484f4a49535431ULL /* a page without it is not filled yet */

struct disk_stats {
	uint64_t magic;
	uint64_t rd_ops, rd_bytes, wr_ops, wr_bytes, flush_ops;
};

struct net_stats {
	uint64_t magic;
	uint64_t rx_packets, rx_bytes; /* to the guest */
	uint64_t tx_packets, tx_bytes;
};

#endif
