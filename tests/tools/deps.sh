#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Install the packages of packages.txt that are missing (says which; sudo if not root).
set -euo pipefail
list=$(dirname "$0")/packages.txt
wanted=$(sed 's/#.*//' "$list" | xargs)
# dpkg-query fails when it does not know one of them: that is what we want to hear.
installed=$( (dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted 2>/dev/null || true) | sed -n 's/ installed$//p' | sort -u)
missing=$(comm -23 <(tr ' ' '\n' <<<"$wanted" | sort -u) <(echo "$installed") | xargs)

root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Kernel and hypervisor packages are only downloaded, but apt must know of them.
known() { apt-cache show "$1" >/dev/null 2>&1; }
if [ -n "$missing" ] || ! known linux-image-amd64 || ! known xen-hypervisor-4.17-amd64; then
	root apt-get -qq update
fi
[ -n "$missing" ] || exit 0
echo "installing packages: $missing"
root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing
