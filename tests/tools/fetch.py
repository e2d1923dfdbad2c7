#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Fetch the Debian packages of images.txt and unpack them into build/; nothing is installed.

Results:  build/debs/*.deb                       as downloaded (kept: a second run needs no network)
          build/kernel/VERSION/{vmlinuz,vmlinux,lib/modules/VERSION}, build/kernel/current -> VERSION
          build/kernel/trixie -> VERSION                     the same of Debian 13
          build/xen/{xen,xen.efi}                Debian's hypervisor, for -kernel and for UEFI
          build/root/{base,reference}/           unpacked programs and libraries for the initramfs
          build/emulator/                        a newer QEMU, only when asked for
          build/debs/linux-source-6.12_*.deb     for guest-kernel-patches, only when asked for

A group is refetched only when its list of packages changes, or with --update.
"""
import argparse
import glob
import gzip
import os
import re
import shutil
import subprocess
import sys

import kernel_image

TOOLS = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(os.path.dirname(TOOLS)), "build")


def run(*command, **options):
    """Run a command; its failure is ours, with the command named."""
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            check=False, **options)
    if result.returncode:
        sys.exit(f"fetch: '{' '.join(command)}' failed:\n{result.stdout}")
    return result.stdout


def wanted(group_name):
    """The packages of one group."""
    names = []
    with open(os.path.join(TOOLS, "images.txt"), encoding="utf-8") as lines:
        for line in lines:
            words = line.split("#")[0].split()
            if len(words) == 2 and words[0] == group_name:
                names.append(words[1])
    return names


def kernel_package(options=()):
    """The image package that linux-image-amd64 depends on today."""
    output = run("apt-cache", *options, "depends", "linux-image-amd64")
    found = re.search(r"Depends: (linux-image-[0-9]\S+)", output)
    if not found:
        sys.exit("fetch: apt knows no linux-image-amd64; run 'apt-get update' and check sources.list")
    return found.group(1)


def release_options(release):
    """apt options that look at one release only, with lists in build/; nothing of the system changes."""
    lists = os.path.join(BUILD, "apt" if release == "trixie" else f"apt-{release}")
    for folder in ("lists/partial", "cache/archives/partial"):
        os.makedirs(os.path.join(lists, folder), exist_ok=True)
    with open(os.path.join(lists, "sources.list"), "w", encoding="utf-8") as file:
        file.write("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                   f"http://deb.debian.org/debian {release} main\n")
    options = ["-o", f"Dir::Etc::SourceList={lists}/sources.list", "-o", "Dir::Etc::SourceParts=/dev/null",
               "-o", f"Dir::State::Lists={lists}/lists", "-o", f"Dir::Cache={lists}/cache",
               "-o", "Acquire::Languages=none", "-o", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false"]
    if os.geteuid() == 0:
        options += ["-o", "APT::Sandbox::User=root"]
    run("apt-get", "-qq", *options, "update")
    return options


def download(names, options=()):
    """apt-get download into build/debs; returns the .deb files in the order of the names."""
    debs = os.path.join(BUILD, "debs")
    os.makedirs(debs, exist_ok=True)
    command = ["apt-get", "-qq", *options, "download"]
    if os.geteuid() == 0:
        command[1:1] = ["-o", "APT::Sandbox::User=root"]
    for name in names:
        for old in glob.glob(os.path.join(debs, name + "_*.deb")):
            os.remove(old)
    run(*command, *names, cwd=debs)
    return [glob.glob(os.path.join(debs, name + "_*.deb"))[0] for name in names]


def unpack(debs, target):
    """Unpack packages into an empty directory that replaces `target` when all went well."""
    fresh = target + ".new"
    shutil.rmtree(fresh, ignore_errors=True)
    os.makedirs(fresh)
    for deb in debs:
        run("dpkg-deb", "-x", deb, fresh)
    shutil.rmtree(target, ignore_errors=True)
    os.rename(fresh, target)


def take_kernel(link, options=()):
    """Download and unpack a release's kernel of today; derive the plain vmlinux, modules' dependencies, a link."""
    package = kernel_package(options)
    version = package.replace("linux-image-", "")
    target = os.path.join(BUILD, "kernel", version)
    unpack(download([package], options), target)
    if os.path.isdir(f"{target}/usr/lib/modules"):      # Debian 13 keeps them there
        os.rename(f"{target}/usr/lib", f"{target}/lib")
    os.rename(f"{target}/boot/vmlinuz-{version}", f"{target}/vmlinuz")
    os.rename(f"{target}/boot/config-{version}", f"{target}/config")
    kernel_image.extract(f"{target}/vmlinuz", f"{target}/vmlinux")
    run("/sbin/depmod", "-b", target, version)
    link = os.path.join(BUILD, "kernel", link)
    if os.path.islink(link):
        os.remove(link)
    os.symlink(version, link)


def take_xen(names):
    """Debian's hypervisor: the ELF for -kernel (unzipped) and the EFI application."""
    target = os.path.join(BUILD, "xen")
    unpack(download(names), target)
    images = sorted(glob.glob(f"{target}/boot/xen-*.gz"))
    with gzip.open(images[-1], "rb") as packed, open(f"{target}/xen", "wb") as plain:
        shutil.copyfileobj(packed, plain)
    efi = sorted(glob.glob(f"{target}/boot/xen-*.efi"))
    if efi:
        shutil.copyfile(efi[-1], f"{target}/xen.efi")


def take(group_name, update):
    """Bring one group up to date."""
    names = wanted(group_name)
    stamp = os.path.join(BUILD, "stamps", "fetch-" + group_name)
    text = "\n".join(names)
    if not update and os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as old:
            if old.read() == text:
                return
    print(f"fetch: {group_name}: {len(names)} packages", flush=True)
    if group_name == "kernel":
        take_kernel("current")
    elif group_name == "trixie":
        take_kernel("trixie", release_options("trixie"))
    elif group_name == "emulator":
        unpack(download(names, release_options("bookworm-backports")), os.path.join(BUILD, "emulator"))
    elif group_name == "source-6.12":
        download(names, release_options("trixie"))
    elif group_name == "xen":
        take_xen(names)
    else:
        unpack(download(names), os.path.join(BUILD, "root", group_name))
    os.makedirs(os.path.dirname(stamp), exist_ok=True)
    with open(stamp, "w", encoding="utf-8") as new:
        new.write(text)


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--update", action="store_true", help="fetch again what is there")
    parser.add_argument("group", nargs="*", default=["kernel", "trixie", "xen", "base", "reference"])
    options = parser.parse_args()
    for group_name in options.group:
        take(group_name, options.update)


if __name__ == "__main__":
    main()
