#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Take Debian's Linux source, apply the series, build the guest kernel.
#
#	build.sh		build/guest-kernel/{vmlinuz,vmlinux}
#	build.sh check		only apply the series and compile the files that it touches
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
out=$root/build/guest-kernel
series=$here/linux-6.1
package=linux-source-6.1
jobs=${JOBS:-$(nproc)}

die() { echo "guest-kernel: $*" >&2; exit 1; }

# Debian's source package, downloaded and unpacked once; the series is applied to a fresh tree.
unpack() {
	local deb tree=$out/$package
	deb=$(ls "$root"/build/debs/${package}_*.deb 2>/dev/null | tail -1 || true)
	if [ -z "$deb" ]; then
		mkdir -p "$root/build/debs"
		echo "guest-kernel: downloading $package (140 MB)"
		(cd "$root/build/debs" && apt-get download -q "$package" >/dev/null) ||
			die "$package cannot be downloaded; is a Debian 12 'main' source in apt?"
		deb=$(ls "$root"/build/debs/${package}_*.deb | tail -1)
	fi
	version=$(basename "$deb" | cut -d_ -f2)
	stamp=$(cat "$series"/series "$series"/*.patch | sha256sum | cut -c1-16)-$version
	[ "$(cat "$out/applied" 2>/dev/null)" = "$stamp" ] && return
	rm -rf "$out/applied" "$out/deb" "$tree"
	mkdir -p "$out"
	dpkg-deb -x "$deb" "$out/deb"
	tar -C "$out" -xf "$out/deb/usr/src/$package.tar.xz"
	rm -rf "$out/deb"
	echo "guest-kernel: $package $version"
	while read -r patch; do
		echo "guest-kernel: $patch"
		patch -d "$tree" -p1 --quiet --fuzz=0 < "$series/$patch" ||
			die "$patch does not apply to $package $version"
	done < "$series/series"
	echo "$stamp" > "$out/applied"
}

configure() {
	make -s -C "$out/$package" tinyconfig
	(cd "$out/$package" && KCONFIG_CONFIG=.config ./scripts/kconfig/merge_config.sh -m .config "$here/guest.config" >/dev/null)
	make -s -C "$out/$package" olddefconfig
	grep -q '^CONFIG_XEN_SHOJI=y' "$out/$package/.config" || die "the configuration lost CONFIG_XEN_SHOJI"
}

touched() { sed -n 's/^+++ b\/\(.*\)\.c$/\1.o/p' "$series"/*.patch; }

build() {
	local tree=$out/$package
	make -s -C "$tree" -j"$jobs" LOCALVERSION=-shoji KBUILD_BUILD_TIMESTAMP='2026-01-01' bzImage
	cp "$tree/arch/x86/boot/bzImage" "$out/vmlinuz"
	cp "$tree/vmlinux" "$out/vmlinux"
	echo "guest-kernel: $out/vmlinuz ($(stat -c %s "$out/vmlinuz") bytes)"
}

unpack
configure
case ${1:-build} in
check) make -s -C "$out/$package" -j"$jobs" $(touched) ;;
build) build ;;
*) die "usage: build.sh [check | build]" ;;
esac
