#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Take Debian's Linux source, apply the series, build the guest kernel.
#
#	build.sh		build/guest-kernel/{vmlinuz,vmlinux}: small, without modules
#	build.sh check		only apply the series and compile the files that it touches
#	build.sh apply		only apply the series
#	build.sh debian		build/guest-kernel/debian/{vmlinuz,vmlinux}: Debian's own configuration, without its modules
#	build.sh deb [CONFIG]	as packages to install, with Debian's own configuration (hours) or with another
#
# LINUX=6.12 takes that series and source instead of 6.1's; the kernel goes to build/guest-kernel/6.12/.
# The first line of a series names the version of the source that it was made for.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
linux=${LINUX:-6.1}
out=$root/build/guest-kernel
images=$out
[ "$linux" = 6.1 ] || images=$out/$linux
series=$here/linux-$linux
package=linux-source-$linux
jobs=${JOBS:-$(nproc)}
release=-shoji

die() { echo "guest-kernel: $*" >&2; exit 1; }

[ -f "$series/series" ] || die "there is no series for Linux $linux"

# 6.1's source is in Debian 12, this system's own apt; 6.12's in Debian 13, looked at beside it.
fetch_source() {
	case $linux in
	6.1)
		(cd "$root/build/debs" && apt-get download -q "$package" >/dev/null) ||
			die "$package cannot be downloaded; is a Debian 12 'main' source in apt?"
		;;
	*)
		/usr/bin/python3 "$root/tests/tools/fetch.py" --update "source-$linux" ||
			die "$package cannot be downloaded; it is in Debian 13's 'main', at deb.debian.org"
		;;
	esac
}

# Debian's source package, downloaded once.
download() {
	deb=$(ls "$root"/build/debs/${package}_*.deb 2>/dev/null | tail -1 || true)
	if [ -z "$deb" ]; then
		mkdir -p "$root/build/debs"
		echo "guest-kernel: downloading $package (140 MB)"
		fetch_source
		deb=$(ls "$root"/build/debs/${package}_*.deb | tail -1)
	fi
	version=$(basename "$deb" | cut -d_ -f2)
	made_for=$(sed -n "s/^# $package //p" "$series/series")
	[ "$version" = "$made_for" ] ||
		echo "guest-kernel: the series was made for $package $made_for, this is $version"
}

patches() { grep -v '^#' "$series/series"; }

# A fresh tree with the series in it, unless it is there already.
unpack() {
	local tree=$1 stamp
	download
	stamp=$(cat "$series"/series "$series"/*.patch | sha256sum | cut -c1-16)-$version
	[ "$(cat "$tree/.series-applied" 2>/dev/null)" = "$stamp" ] && return
	rm -rf "$tree" "$tree.unpacked"
	mkdir -p "$tree.unpacked"
	dpkg-deb -x "$deb" "$tree.unpacked/deb"
	tar -C "$tree.unpacked" -xf "$tree.unpacked/deb/usr/src/$package.tar.xz"
	mv "$tree.unpacked/$package" "$tree"
	rm -rf "$tree.unpacked"
	echo "guest-kernel: $package $version"
	while read -r patch; do
		echo "guest-kernel: $patch"
		patch -d "$tree" -p1 --quiet --fuzz=0 < "$series/$patch" ||
			die "$patch does not apply to $package $version"
	done < <(patches)
	echo "$stamp" > "$tree/.series-applied"
}

configure() {
	make -s -C "$1" tinyconfig
	(cd "$1" && KCONFIG_CONFIG=.config ./scripts/kconfig/merge_config.sh -m .config "$here/guest.config" >/dev/null)
	make -s -C "$1" olddefconfig
	keeps_option "$1"
}

keeps_option() {
	grep -q '^CONFIG_XEN_SHOJI=y' "$1/.config" || die "the configuration lost CONFIG_XEN_SHOJI"
}

touched() { sed -n 's/^+++ b\/\(.*\)\.[cS]$/\1.o/p' "$series"/*.patch | sort -u; }

compile() {
	make -s -C "$1" -j"$jobs" LOCALVERSION=$release KBUILD_BUILD_TIMESTAMP='2026-01-01' "${@:2}"
}

build() {
	compile "$1" bzImage
	mkdir -p "$images"
	cp "$1/arch/x86/boot/bzImage" "$images/vmlinuz"
	cp "$1/vmlinux" "$images/vmlinux"
	echo "guest-kernel: $images/vmlinuz ($(stat -c %s "$images/vmlinuz") bytes), $package $version"
}

debian_config() {
	ls "$root"/build/kernel/*/config 2>/dev/null | grep "/$linux\." | tail -1 ||
		die "Debian's configuration is not there; run tests/tools/fetch.py"
}

# Debian's configuration has a tree of its own: what is compiled stays for the next time.
debian_tree() {
	tree=$out/debian/$package
	mkdir -p "$out/debian"
	unpack "$tree" && configure_for_packages "$tree" "${1:-}"
}

# Debian signs modules and keeps type information; neither can be made here from its keys, or quickly.
configure_for_packages() {
	local config=${2:-}
	[ -n "$config" ] || config=$(debian_config)
	[ -f "$config" ] || die "there is no configuration '$config'"
	cp "$config" "$1/.config"
	"$1/scripts/config" --file "$1/.config" --set-str SYSTEM_TRUSTED_KEYS "" --set-str MODULE_SIG_KEY "" \
		-d MODULE_SIG -d SECURITY_LOCKDOWN_LSM -d DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT -d DEBUG_INFO_BTF \
		-e DEBUG_INFO_NONE -e XEN_SHOJI
	make -s -C "$1" olddefconfig
	keeps_option "$1"
}

packages() {
	for tool in rsync cpio dpkg-buildpackage; do
		command -v $tool >/dev/null || die "needs $tool (apt install rsync cpio dpkg-dev libssl-dev)"
	done
	compile "$1" KDEB_PKGVERSION="$version+shoji1" bindeb-pkg
	mkdir -p "$out/packages"
	mv "$(dirname "$1")"/linux-*_"$version+shoji1"_*.deb "$out/packages/"
	ls "$out"/packages/*.deb
}

tree=$out/$package
mkdir -p "$out"
case ${1:-build} in
apply) unpack "$tree" ;;
check) unpack "$tree" && configure "$tree" && compile "$tree" $(touched) ;;
build) unpack "$tree" && configure "$tree" && build "$tree" ;;
debian) debian_tree && images=$images/debian && build "$tree" ;;
deb) debian_tree "${2:-}" && packages "$tree" ;;
*) die "usage: build.sh [build | check | apply | debian | deb [CONFIG]]" ;;
esac
