/* SPDX-License-Identifier: MIT */
/*
 * The store's wire protocol: a tree of small values that domains use to find each other's
 * devices. The same messages travel over a unix socket in the control domain and over one shared
 * page per guest.
 *
 * A message is one header and `len` bytes of payload. Requests carry an id of the client's
 * choosing, which the reply repeats; a reply has the type of its request, or XS_ERROR with the
 * error's name (a string such as "ENOENT") as payload. Watch events come unasked, between replies.
 * Strings in payloads end with a zero byte unless the table says otherwise.
 */
#ifndef SHOJI_IO_STORE_H
#define SHOJI_IO_STORE_H

#include <stdint.h>

/*
 * Message types. "|" stands for a zero byte.
 *
 *                              request                          reply
 *   XS_CONTROL                 command|[argument|]…             text|
 *   XS_DIRECTORY               path|                            name|…
 *   XS_READ                    path|                            value, no zero byte added
 *   XS_GET_PERMS               path|                            permission|…
 *   XS_WATCH                   path|token|[depth|]              OK|
 *   XS_UNWATCH                 path|token|                      OK|
 *   XS_TRANSACTION_START       |                                transaction id in decimal|
 *   XS_TRANSACTION_END         T| (commit) or F| (drop)         OK|
 *   XS_INTRODUCE               domid|frame|port|                OK|
 *   XS_RELEASE                 domid|                           OK|
 *   XS_GET_DOMAIN_PATH         domid|                           path|
 *   XS_WRITE                   path|value, up to the end        OK|
 *   XS_MKDIR                   path|                            OK|
 *   XS_RM                      path|                            OK|
 *   XS_SET_PERMS               path|permission|…                OK|
 *   XS_WATCH_EVENT             (from the store only)            path|token|
 *   XS_IS_DOMAIN_INTRODUCED    domid|                           T| or F|
 *   XS_RESUME                  domid|                           OK|
 *   XS_SET_TARGET              domid|target domid|              OK|
 *   XS_RESET_WATCHES           |                                OK|
 *   XS_DIRECTORY_PART          path|offset|                     generation|name|…, | after the last
 */
#define XS_CONTROL		0
#define XS_DIRECTORY		1
#define XS_READ			2
#define XS_GET_PERMS		3
#define XS_WATCH		4
#define XS_UNWATCH		5
#define XS_TRANSACTION_START	6
#define XS_TRANSACTION_END	7
#define XS_INTRODUCE		8
#define XS_RELEASE		9
#define XS_GET_DOMAIN_PATH	10
#define XS_WRITE		11
#define XS_MKDIR		12
#define XS_RM			13
#define XS_SET_PERMS		14
#define XS_WATCH_EVENT		15
#define XS_ERROR		16
#define XS_IS_DOMAIN_INTRODUCED 17
#define XS_RESUME		18
#define XS_SET_TARGET		19
#define XS_RESET_WATCHES	21
#define XS_DIRECTORY_PART	22
#define XS_TYPE_COUNT		23

struct xen_xsd_sockmsg {
	uint32_t type;	 /* XS_… */
	uint32_t req_id; /* repeated in the reply; 0 in watch events */
	uint32_t tx_id;	 /* transaction, or 0 */
	uint32_t len;	 /* of the payload, at most XENSTORE_PAYLOAD_MAX */
};

#define XENSTORE_PAYLOAD_MAX  4096
#define XENSTORE_ABS_PATH_MAX 3072 /* absolute paths, without the zero byte */
#define XENSTORE_REL_PATH_MAX 2048 /* paths below the client's own directory */

#define XENSTORE_RING_SIZE 1024

/*
 * The page a guest shares with the store: two streams of bytes. Indices run freely and are masked
 * on use. The guest writes req_prod and rsp_cons, the store req_cons and rsp_prod; whoever moves an
 * index notifies the event channel.
 */
struct xen_xenstore_domain_interface {
	uint8_t req[XENSTORE_RING_SIZE];
	uint8_t rsp[XENSTORE_RING_SIZE];
	uint32_t req_cons, req_prod;
	uint32_t rsp_cons, rsp_prod;
	uint32_t server_features; /* XENSTORE_SERVER_FEATURE_… */
	uint32_t connection;	  /* XENSTORE_CONNECTED or XENSTORE_RECONNECT */
	uint32_t error;		  /* XENSTORE_ERROR_… */
};

#define XENSTORE_SERVER_FEATURE_RECONNECTION 1 /* the guest may write connection */
#define XENSTORE_SERVER_FEATURE_ERROR	     2 /* the store writes error */

#define XENSTORE_CONNECTED 0
#define XENSTORE_RECONNECT 1 /* set by the guest, cleared by the store when it is done */

#define XENSTORE_ERROR_NONE    0
#define XENSTORE_ERROR_COMM    1
#define XENSTORE_ERROR_RINGIDX 2 /* an index made no sense */
#define XENSTORE_ERROR_PROTO   3 /* a payload longer than the limit */

#ifdef __cplusplus
#define SHOJI_IO_STORE_ASSERT static_assert
#else
#define SHOJI_IO_STORE_ASSERT _Static_assert
#endif
SHOJI_IO_STORE_ASSERT(sizeof(struct xen_xsd_sockmsg) == 16, "message header");
SHOJI_IO_STORE_ASSERT(sizeof(struct xen_xenstore_domain_interface) == 2076, "store ring page");
#undef SHOJI_IO_STORE_ASSERT

#endif
