/* SPDX-License-Identifier: MIT */
/*
 * The value of a device's `state` node in the store, in decimal. Each end writes its own and
 * watches the other's.
 */
#ifndef SHOJI_PUBLIC_IO_XENBUS_H
#define SHOJI_PUBLIC_IO_XENBUS_H

enum xen_xenbus_state {
	XenbusStateUnknown = 0,
	XenbusStateInitialising = 1,
	XenbusStateInitWait = 2,    /* ready; waits for the other end's details */
	XenbusStateInitialised = 3, /* details are published; waits for the connection */
	XenbusStateConnected = 4,
	XenbusStateClosing = 5,
	XenbusStateClosed = 6,
	XenbusStateReconfiguring = 7,
	XenbusStateReconfigured = 8
};

#endif
