#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What udhcpc was offered becomes the configuration.
case $1 in
bound | renew)
	ip addr flush dev "$interface"
	ip addr add "$ip/${mask:-24}" dev "$interface"
	[ -n "$router" ] && ip route add default via "${router%% *}"
	for server in $dns; do echo "nameserver $server"; done > /etc/resolv.conf
	;;
esac
exit 0
