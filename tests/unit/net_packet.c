/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the network backend makes of a packet's slots, honest and not, and where it finds the place
 * of a checksum. Each refusal is a number that a hostile frontend may write into a slot.
 */
/* SOURCES: pv-drivers/net/packet.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/packet.h"

static union xen_netif_tx_sring_entry slots[PACKET_SLOTS_MAX + 1];
static struct packet p;
static const char *why;

static void request(unsigned int slot, uint16_t offset, uint16_t size, uint16_t flags)
{
	slots[slot].req = (struct xen_netif_tx_request){.gref = 100 + slot,
							.offset = offset,
							.flags = flags,
							.id = (uint16_t)(200 + slot),
							.size = size};
}

static void extra(unsigned int slot, uint8_t type, uint8_t flags)
{
	memset(&slots[slot], 0, sizeof(slots[slot]));
	slots[slot].extra.type = type;
	slots[slot].extra.flags = flags;
}

static void segmentation(unsigned int slot, uint16_t size, uint8_t type)
{
	extra(slot, XEN_NETIF_EXTRA_TYPE_GSO, 0);
	slots[slot].extra.u.gso.size = size;
	slots[slot].extra.u.gso.type = type;
}

static enum packet_verdict parse(unsigned int available)
{
	enum packet_verdict verdict;

	memset(&p, 0x5a, sizeof(p));
	why = NULL;
	verdict = packet_parse(slots, available, &p, &why);
	assert_true((verdict == PACKET_IMPOSSIBLE) == (why != NULL));
	return verdict;
}

static int setup(void **state)
{
	(void)state;
	memset(slots, 0xa5, sizeof(slots)); /* what lies behind a packet must not matter */
	return 0;
}

/* --- honest packets --- */

static void test_one_slot(void **state)
{
	(void)state;
	request(0, 96, 1514, NETTXF_csum_blank | NETTXF_data_validated);
	assert_int_equal(parse(1), PACKET_OK);
	assert_int_equal(p.slots, 1);
	assert_int_equal(p.size, 1514);
	assert_int_equal(p.fragment_count, 1);
	assert_int_equal(p.fragments[0].ref, 100);
	assert_int_equal(p.fragments[0].offset, 96);
	assert_int_equal(p.fragments[0].length, 1514);
	assert_int_equal(p.ids[0], 200);
	assert_true(p.csum_blank && p.validated);
	assert_int_equal(p.gso_size, 0);
	assert_int_equal(p.extra_slots, 0);
}

/* The first slot tells the size of the whole; its own part is what the others leave. */
static void test_fragments(void **state)
{
	(void)state;
	request(0, 4000, 5000, NETTXF_more_data);
	request(1, 0, 4096, NETTXF_more_data);
	request(2, 100, 850, 0);
	assert_int_equal(parse(3), PACKET_OK);
	assert_int_equal(p.slots, 3);
	assert_int_equal(p.fragment_count, 3);
	assert_int_equal(p.fragments[0].length, 54);
	assert_int_equal(p.fragments[1].length, 4096);
	assert_int_equal(p.fragments[2].length, 850);
	assert_int_equal(p.fragments[2].offset, 100);
	assert_int_equal(p.ids[2], 202);
}

static void test_segmented(void **state)
{
	(void)state;
	request(0, 0, 8000, NETTXF_csum_blank | NETTXF_extra_info | NETTXF_more_data);
	segmentation(1, 1448, XEN_NETIF_GSO_TYPE_TCPV6);
	request(2, 0, 4000, 0);
	assert_int_equal(parse(3), PACKET_OK);
	assert_int_equal(p.slots, 3);
	assert_int_equal(p.extra_slots, 1u << 1);
	assert_int_equal(p.gso_size, 1448);
	assert_int_equal(p.gso_type, XEN_NETIF_GSO_TYPE_TCPV6);
	assert_int_equal(p.fragment_count, 2);
	assert_int_equal(p.fragments[0].length, 4000);
	assert_int_equal(p.fragments[1].ref, 102);
}

static void test_most_slots(void **state)
{
	(void)state;
	request(0, 0, 65535, NETTXF_more_data);
	for (unsigned int i = 1; i < PACKET_FRAGMENTS_MAX; i++)
		request(i, 0, 3800, i + 1 < PACKET_FRAGMENTS_MAX ? NETTXF_more_data : 0);
	assert_int_equal(parse(PACKET_SLOTS_MAX), PACKET_OK);
	assert_int_equal(p.fragment_count, PACKET_FRAGMENTS_MAX);
	assert_int_equal(p.fragments[0].length, 65535 - 17 * 3800);
}

static void test_only_its_own_slots(void **state)
{
	(void)state;
	request(0, 0, 60, 0);
	request(1, 0, 60, 0);
	assert_int_equal(parse(2), PACKET_OK);
	assert_int_equal(p.slots, 1);
}

/* --- packets that are answered with an error --- */

static void test_short(void **state)
{
	(void)state;
	for (uint16_t size = 0; size < 14; size++) {
		request(0, 0, size, 0);
		assert_int_equal(parse(1), PACKET_DROP);
		assert_int_equal(p.slots, 1);
	}
	request(0, 0, 14, 0);
	assert_int_equal(parse(1), PACKET_OK);
}

static void test_extra_not_offered(void **state)
{
	static const uint8_t types[] = {XEN_NETIF_EXTRA_TYPE_MCAST_ADD,
					XEN_NETIF_EXTRA_TYPE_MCAST_DEL, XEN_NETIF_EXTRA_TYPE_HASH};

	(void)state;
	for (unsigned int i = 0; i < sizeof(types); i++) {
		request(0, 0, 60, NETTXF_extra_info);
		extra(1, types[i], XEN_NETIF_EXTRA_FLAG_MORE);
		segmentation(2, 1448, XEN_NETIF_GSO_TYPE_TCPV4);
		assert_int_equal(parse(3), PACKET_DROP);
		assert_int_equal(p.slots, 3);
		assert_int_equal(p.extra_slots, 3u << 1);
	}
}

/* --- packets behind which nothing can be trusted --- */

static void test_page_end(void **state)
{
	(void)state;
	request(0, 4036, 60, 0);
	assert_int_equal(parse(1), PACKET_OK);
	request(0, 4037, 60, 0);
	assert_int_equal(parse(1), PACKET_IMPOSSIBLE);
	request(0, 0xffff, 60, 0);
	assert_int_equal(parse(1), PACKET_IMPOSSIBLE);
	request(0, 0, 4097, 0);
	assert_int_equal(parse(1), PACKET_IMPOSSIBLE);
	request(0, 0, 2000, NETTXF_more_data);
	request(1, 4090, 7, 0);
	assert_int_equal(parse(2), PACKET_IMPOSSIBLE);
	request(1, 0xffff, 7, 0);
	assert_int_equal(parse(2), PACKET_IMPOSSIBLE);
}

static void test_fragment_larger_than_packet(void **state)
{
	(void)state;
	request(0, 0, 100, NETTXF_more_data);
	request(1, 0, 101, 0);
	assert_int_equal(parse(2), PACKET_IMPOSSIBLE);
	request(1, 0, 100, 0); /* leaves nothing for the first slot */
	assert_int_equal(parse(2), PACKET_IMPOSSIBLE);
	request(1, 0, 99, 0);
	assert_int_equal(parse(2), PACKET_OK);
	request(1, 0, 60, NETTXF_more_data);
	request(2, 0, 60, 0);
	assert_int_equal(parse(3), PACKET_IMPOSSIBLE);
}

static void test_missing_slots(void **state)
{
	(void)state;
	request(0, 0, 100, NETTXF_more_data);
	assert_int_equal(parse(1), PACKET_IMPOSSIBLE);
	request(0, 0, 100, NETTXF_extra_info);
	segmentation(1, 1448, XEN_NETIF_GSO_TYPE_TCPV4); /* of a former round */
	assert_int_equal(parse(1), PACKET_IMPOSSIBLE);
	request(0, 0, 100, NETTXF_extra_info | NETTXF_more_data);
	segmentation(1, 1448, XEN_NETIF_GSO_TYPE_TCPV4);
	assert_int_equal(parse(2), PACKET_IMPOSSIBLE);
}

static void test_endless(void **state)
{
	(void)state;
	request(0, 0, 65535, NETTXF_more_data);
	for (unsigned int i = 1; i < PACKET_SLOTS_MAX; i++)
		request(i, 0, 3500, i == PACKET_FRAGMENTS_MAX ? 0 : NETTXF_more_data);
	assert_int_equal(parse(PACKET_SLOTS_MAX), PACKET_IMPOSSIBLE);
	request(0, 0, 60, NETTXF_extra_info);
	for (unsigned int i = 1; i < PACKET_SLOTS_MAX; i++)
		extra(i, XEN_NETIF_EXTRA_TYPE_HASH, XEN_NETIF_EXTRA_FLAG_MORE);
	assert_int_equal(parse(PACKET_SLOTS_MAX), PACKET_IMPOSSIBLE);
}

static void test_impossible_extras(void **state)
{
	static const struct {
		uint8_t type;
		uint16_t size;
		uint8_t gso;
	} cases[] = {
		{XEN_NETIF_EXTRA_TYPE_NONE, 1448, XEN_NETIF_GSO_TYPE_TCPV4},
		{XEN_NETIF_EXTRA_TYPE_MAX, 1448, XEN_NETIF_GSO_TYPE_TCPV4},
		{0xff, 1448, XEN_NETIF_GSO_TYPE_TCPV4},
		{XEN_NETIF_EXTRA_TYPE_GSO, 0, XEN_NETIF_GSO_TYPE_TCPV4},
		{XEN_NETIF_EXTRA_TYPE_GSO, 1448, XEN_NETIF_GSO_TYPE_NONE},
		{XEN_NETIF_EXTRA_TYPE_GSO, 1448, 3},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		request(0, 0, 60, NETTXF_extra_info);
		segmentation(1, cases[i].size, cases[i].gso);
		slots[1].extra.type = cases[i].type;
		assert_int_equal(parse(2), PACKET_IMPOSSIBLE);
	}
}

/* --- checksums --- */

static uint8_t frame[128];
static struct packet_checksum c;

static void ipv4(size_t at, uint8_t words, uint8_t proto)
{
	frame[at - 2] = 0x08;
	frame[at - 1] = 0x00;
	frame[at] = (uint8_t)(0x40 | words);
	frame[at + 9] = proto;
}

static int clear_frame(void **state)
{
	(void)state;
	memset(frame, 0, sizeof(frame));
	memset(&c, 0, sizeof(c));
	return 0;
}

static void test_checksum_tcp(void **state)
{
	(void)state;
	ipv4(14, 5, 6);
	frame[34 + 12] = 0x80;
	assert_true(packet_find_checksum(frame, 100, &c));
	assert_int_equal(c.start, 34);
	assert_int_equal(c.offset, 16);
	assert_int_equal(c.header_bytes, 34 + 32);
}

static void test_checksum_udp_options_vlan(void **state)
{
	(void)state;
	frame[12] = 0x81;
	ipv4(18, 7, 17);
	assert_true(packet_find_checksum(frame, 100, &c));
	assert_int_equal(c.start, 18 + 28);
	assert_int_equal(c.offset, 6);
}

static void test_checksum_ipv6(void **state)
{
	(void)state;
	frame[12] = 0x86;
	frame[13] = 0xdd;
	frame[14] = 0x60;
	frame[14 + 6] = 6;
	frame[54 + 12] = 0x50;
	assert_true(packet_find_checksum(frame, 74, &c));
	assert_int_equal(c.start, 54);
	assert_int_equal(c.header_bytes, 74);
}

/* Cut anywhere, the frame gives no checksum or one that lies within. */
static void test_checksum_cut(void **state)
{
	(void)state;
	ipv4(14, 5, 6);
	frame[34 + 12] = 0x50;
	for (size_t bytes = 0; bytes < 54; bytes++)
		assert_false(packet_find_checksum(frame, bytes, &c));
	assert_true(packet_find_checksum(frame, 54, &c));
	frame[34 + 12] = 0x60; /* a TCP header of 24 bytes */
	assert_false(packet_find_checksum(frame, 54, &c));
	frame[34 + 12] = 0x40;
	assert_false(packet_find_checksum(frame, 100, &c));
}

static void test_checksum_nonsense(void **state)
{
	(void)state;
	ipv4(14, 4, 6); /* an IP header of 16 bytes */
	frame[30 + 12] = 0x50;
	assert_false(packet_find_checksum(frame, 100, &c));
	ipv4(14, 5, 1);
	frame[34 + 12] = 0x50;
	assert_false(packet_find_checksum(frame, 100, &c));
	ipv4(14, 5, 6);
	frame[14] = 0x65; /* version 6 in a frame of version 4 */
	assert_false(packet_find_checksum(frame, 100, &c));
	ipv4(14, 5, 6);
	frame[14 + 7] = 8; /* a later piece of a datagram */
	assert_false(packet_find_checksum(frame, 100, &c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_slot, setup),
		cmocka_unit_test_setup(test_fragments, setup),
		cmocka_unit_test_setup(test_segmented, setup),
		cmocka_unit_test_setup(test_most_slots, setup),
		cmocka_unit_test_setup(test_only_its_own_slots, setup),
		cmocka_unit_test_setup(test_short, setup),
		cmocka_unit_test_setup(test_extra_not_offered, setup),
		cmocka_unit_test_setup(test_page_end, setup),
		cmocka_unit_test_setup(test_fragment_larger_than_packet, setup),
		cmocka_unit_test_setup(test_missing_slots, setup),
		cmocka_unit_test_setup(test_endless, setup),
		cmocka_unit_test_setup(test_impossible_extras, setup),
		cmocka_unit_test_setup(test_checksum_tcp, clear_frame),
		cmocka_unit_test_setup(test_checksum_udp_options_vlan, clear_frame),
		cmocka_unit_test_setup(test_checksum_ipv6, clear_frame),
		cmocka_unit_test_setup(test_checksum_cut, clear_frame),
		cmocka_unit_test_setup(test_checksum_nonsense, clear_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
