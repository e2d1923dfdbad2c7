#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Build the disk image that `make run` boots and that can be written to a USB stick as it is.

    image.py [--hypervisor shoji|xen] [--kernel-options …] [--hypervisor-options …] OUTPUT.img
    image.py --guest OUTPUT.ext4      a Debian 12 root for a guest (log in as root, password shoji), with
                                      OUTPUT.ext4.initrd and OUTPUT.ext4.initrd-trixie for both kernels

The image has a GPT with an EFI system partition (loader, its text file, dom0's kernel and initrd)
and an ext4 root: Debian 12 made by mmdebstrap, Debian's kernel modules, our programs and units, one
guest in /var/lib/shoji/hello. No loop device and no mount is needed, but root is (for the owners of
files). Steps whose inputs have not changed are not repeated. With --hypervisor xen Debian's own
hypervisor takes the place of ours: to see which half is at fault.
"""
import argparse
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(TOP, "build")
OUT = os.path.join(BUILD, "image")
KERNEL = os.path.join(BUILD, "kernel", "current")
sys.path.insert(0, os.path.join(TOP, "tests/tools"))

import cpio  # noqa: E402  pylint: disable=wrong-import-position
import esp  # noqa: E402  pylint: disable=wrong-import-position
import initramfs  # noqa: E402  pylint: disable=wrong-import-position

MIB = 1 << 20
ESP_MIB = 128
ROOT_MIB = 1536
GUEST_MIB = 640

INITRD_MODULES = """xen-blkfront virtio_pci virtio_blk virtio_scsi ahci ata_piix sd_mod sr_mod nvme
    usb_storage uas xhci_pci ehci_pci mmc_block sdhci_pci sdhci_acpi ext4 crc32c_generic
    mptspi megaraid_sas hv_storvsc""".split()
# Kernel modules that a machine without screen, sound and radio does not load.
LEFT_OUT_MODULES = re.compile(r"/kernel/(sound|net/(wireless|mac80211|bluetooth)|"
                              r"drivers/(gpu|media|staging|infiniband|iio|isdn|comedi|video|bluetooth|net/wireless))/")

MMDEBSTRAP = ["mmdebstrap", "--quiet", "--variant=minbase",
              "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
              "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-include=/usr/share/doc/*/copyright",
              "--aptopt=APT::Install-Recommends \"false\""]
UNWANTED_UNITS = ["apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "fstrim.timer",
                  "e2scrub_all.timer", "e2scrub_reap.service"]


def run(*command, **options):
    """A command that must succeed."""
    result = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if result.returncode:
        sys.exit(f"image: '{' '.join(command)}' failed:\n{result.stdout}")
    return result.stdout


def say(text):
    """Progress."""
    print("image: " + text, flush=True)


def digest(*paths, text=""):
    """A fingerprint of files and trees (content, mode) and a text."""
    total = hashlib.sha256(text.encode())
    for path in paths:
        names = [path]
        if os.path.isdir(path):
            names = sorted(os.path.join(top, name) for top, _, files in os.walk(path) for name in files)
        for name in names:
            total.update(f"{os.path.relpath(name, TOP)} {os.lstat(name).st_mode}\0".encode())
            if os.path.isfile(name):
                with open(name, "rb") as file:
                    total.update(file.read())
    return total.hexdigest()


def fresh(name, mark):
    """True when step `name` was done with this mark."""
    try:
        with open(os.path.join(OUT, name + ".mark"), encoding="utf-8") as file:
            return file.read() == mark
    except FileNotFoundError:
        return False


def done(name, mark):
    """Remember that step `name` was done with this mark."""
    with open(os.path.join(OUT, name + ".mark"), "w", encoding="utf-8") as file:
        file.write(mark)


def packages():
    """The root's packages beside minbase."""
    with open(os.path.join(HERE, "packages.txt"), encoding="utf-8") as lines:
        return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


# -- the Debian roots ------------------------------------------------------------------------------

def debian_root(name, include):
    """A Debian tree in build/image/NAME, made once for each list of packages."""
    path = os.path.join(OUT, name)
    mark = digest(text=" ".join(MMDEBSTRAP + include))
    if fresh(name, mark) and os.path.isdir(path):
        return path, mark
    say(f"Debian 12 root '{name}' by mmdebstrap (about 20 s)")
    shutil.rmtree(path, ignore_errors=True)
    run(*MMDEBSTRAP, "--include=" + ",".join(include), "bookworm", path)
    for lists in ("var/lib/apt/lists", "var/cache/apt"):
        shutil.rmtree(os.path.join(path, lists), ignore_errors=True)
    for left in ("etc/machine-id", "var/lib/dbus/machine-id"):
        target = os.path.join(path, left)
        if os.path.exists(target):
            with open(target, "w", encoding="utf-8"):
                pass
    done(name, mark)
    return path, mark


def copy_tree(source, target):
    """A copy that shares the files with its source; whoever changes one replaces it."""
    shutil.rmtree(target, ignore_errors=True)
    run("cp", "-al", source, target)


def lay_over(source, target):
    """Copy a tree over another without writing through shared files."""
    run("cp", "-a", "--remove-destination", "--no-preserve=ownership", source + "/.", target)


def add_modules(stage):
    """Debian's kernel modules, without those for screens and sound, and their dependency lists."""
    version = os.path.basename(os.path.realpath(KERNEL))
    source = os.path.join(KERNEL, "lib/modules", version)
    target = os.path.join(stage, "usr/lib/modules", version)
    for top, _, files in os.walk(source):
        inside = top[len(source):]
        if LEFT_OUT_MODULES.search(inside + "/"):
            continue
        os.makedirs(target + inside, exist_ok=True)
        for name in files:
            os.link(os.path.join(top, name), os.path.join(target + inside, name))
    run("/sbin/depmod", "-b", stage, version)


def add_programs(stage):
    """What `make install` of the tools and drivers puts there."""
    for part in ("dom0-tools", "pv-drivers"):
        if os.path.exists(os.path.join(TOP, part, "Makefile")):
            run("make", "-C", os.path.join(TOP, part), "install", f"DESTDIR={stage}", "PREFIX=/usr")


def enable_units(stage):
    """The [Install] sections of our units, as systemctl enable would; and what we switch off."""
    system = os.path.join(stage, "etc/systemd/system")
    for folder in ("etc/systemd/system", "usr/lib/systemd/system"):
        for name in os.listdir(os.path.join(stage, folder)):
            if not name.startswith("shoji") or not os.path.isfile(os.path.join(stage, folder, name)):
                continue
            with open(os.path.join(stage, folder, name), encoding="utf-8") as file:
                targets = re.findall(r"^WantedBy=(\S+)", file.read(), re.M)
            for target in targets:
                link(f"/{folder}/{name}", f"{system}/{target}.wants/{name}")
    for name in ("systemd-networkd.service", "systemd-resolved.service"):
        if os.path.exists(os.path.join(stage, "usr/lib/systemd/system", name)):
            link(f"/lib/systemd/system/{name}", f"{system}/multi-user.target.wants/{name}")
    for name in UNWANTED_UNITS:
        link("/dev/null", f"{system}/{name}")


def link(target, path):
    """A symbolic link, with its folder, in place of what was there."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        os.remove(path)
    os.symlink(target, path)


def make_ext4(path, stage, label, size_mib):
    """A file system with the content of a directory."""
    if os.path.exists(path):
        os.remove(path)
    run("/sbin/mkfs.ext4", "-q", "-F", "-L", label, "-d", stage, "-E", "root_owner=0:0,lazy_itable_init=1",
        path, f"{size_mib}M")


# -- initrd and guest ------------------------------------------------------------------------------

def boot_initrd(path, kernel=KERNEL):
    """The initrd of dom0 and of Debian guests: finds the root and leaves."""
    with open(path, "wb") as file:
        archive = cpio.Archive(file)
        initramfs.add_skeleton(archive, "initrd")
        initramfs.add_modules(archive, INITRD_MODULES, aliases=True, kernel=kernel)
        archive.add_file("init", os.path.join(HERE, "initrd/init"))
        archive.close()


def hello_guest(stage):
    """Kernel, initrd and disk of the example guest, and its definition."""
    folder = os.path.join(stage, "var/lib/shoji/hello")
    os.makedirs(folder, exist_ok=True)
    os.link(os.path.join(KERNEL, "vmlinuz"), os.path.join(folder, "vmlinuz"))
    with open(os.path.join(folder, "initrd.img"), "wb") as file:
        with open(os.path.join(initramfs.OUT, "guest.cpio.gz"), "rb") as base:
            file.write(base.read())
        packed = os.path.join(OUT, "hello.cpio")
        with open(packed, "wb") as plain:
            archive = cpio.Archive(plain)
            archive.add_tree(os.path.join(HERE, "hello"))
            archive.close()
        with open(packed, "rb") as plain:
            file.write(bytes(-file.tell() % 4) + gzip.compress(plain.read(), mtime=0))
    empty = os.path.join(OUT, "empty")
    os.makedirs(empty, exist_ok=True)
    make_ext4(os.path.join(folder, "disk.img"), empty, "hello", 32)
    os.makedirs(os.path.join(stage, "etc/shoji"), exist_ok=True)
    shutil.copyfile(os.path.join(TOP, "docs/examples/hello.xml"), os.path.join(stage, "etc/shoji/hello.xml"))


# -- the images ------------------------------------------------------------------------------------

def programs_mark():
    """A fingerprint of what add_programs would install."""
    installed = os.path.join(OUT, "programs")
    shutil.rmtree(installed, ignore_errors=True)
    os.makedirs(installed)
    add_programs(installed)
    return digest(installed)


def root_image():
    """build/image/root.ext4: everything that dom0 runs."""
    debian, mark = debian_root("debian", packages())
    mark = digest(os.path.join(HERE, "root"), os.path.join(HERE, "hello"), os.path.join(TOP, "docs/examples"),
                  os.path.abspath(__file__), text=mark + os.path.realpath(KERNEL) + initramfs.fingerprint() + programs_mark())
    path = os.path.join(OUT, "root.ext4")
    if fresh("root.ext4", mark) and os.path.exists(path):
        return path, mark
    say("dom0's root file system")
    stage = os.path.join(OUT, "stage")
    copy_tree(debian, stage)
    add_modules(stage)
    lay_over(os.path.join(HERE, "root"), stage)
    lay_over(os.path.join(OUT, "programs"), stage)
    hello_guest(stage)
    enable_units(stage)
    link("/run/systemd/resolve/stub-resolv.conf", os.path.join(stage, "etc/resolv.conf"))
    make_ext4(path, stage, "shoji-root", ROOT_MIB)
    shutil.rmtree(stage)
    done("root.ext4", mark)
    return path, mark


def esp_image(options):
    """build/image/esp.img: loader, text file, kernel, initrd."""
    initrd = os.path.join(OUT, "initrd.img")
    boot_initrd(initrd)
    loader = os.path.join(BUILD, "xen/xen.efi" if options.hypervisor == "xen" else "shoji.efi")
    if not os.path.exists(loader):
        sys.exit(f"image: {loader} is missing: run 'make'")
    kernel_options = f"root=LABEL=shoji-root ro console=tty0 console=hvc0 {options.kernel_options}".strip()
    mark = digest(loader, initrd, esp.__file__, text=kernel_options + options.hypervisor_options + os.path.realpath(KERNEL))
    path = os.path.join(OUT, "esp.img")
    if not fresh("esp.img", mark) or not os.path.exists(path):
        say("EFI system partition")
        esp.write(path, options.hypervisor, loader, options.hypervisor_options,
                  os.path.join(KERNEL, "vmlinuz"), kernel_options, initrd, size_mib=ESP_MIB)
        done("esp.img", mark)
    return path, mark


def whole_image(options):
    """The GPT with both partitions."""
    root, root_mark = root_image()
    system, system_mark = esp_image(options)
    mark = digest(text=root_mark + system_mark)
    name = os.path.basename(options.output)
    if fresh(name, mark) and os.path.exists(options.output):
        return
    say(f"{os.path.relpath(options.output)} ({1 + ESP_MIB + ROOT_MIB + 1} MiB)")
    temporary = options.output + ".new"
    with open(temporary, "wb") as file:
        file.truncate((1 + ESP_MIB + ROOT_MIB + 1) * MIB)
    table = ("label: gpt\n"
             f"start=1MiB, size={ESP_MIB}MiB, type=U, name=ESP\n"
             f"start={1 + ESP_MIB}MiB, size={ROOT_MIB}MiB, type=L, name=shoji-root\n")
    run("/sbin/sfdisk", "-q", temporary, input=table)
    for source, start in ((system, 1), (root, 1 + ESP_MIB)):
        run("dd", "if=" + source, "of=" + temporary, "bs=1M", f"seek={start}", "conv=notrunc,sparse", "status=none")
    os.rename(temporary, options.output)
    done(name, mark)


def guest_image(output):
    """A plain Debian 12 for a guest; its disk is the bare file system, its initrd lies beside it."""
    debian, mark = debian_root("guest-debian", ["systemd-sysv", "udev", "iproute2", "iputils-ping"])
    boot_initrd(output + ".initrd")
    boot_initrd(output + ".initrd-trixie", os.path.join(BUILD, "kernel", "trixie"))
    mark = digest(os.path.abspath(__file__), text=mark)
    name = os.path.basename(output)
    if fresh(name, mark) and os.path.exists(output):
        return
    say(os.path.relpath(output))
    stage = os.path.join(OUT, "guest-stage")
    copy_tree(debian, stage)
    replace_text(stage, "etc/hostname", "guest\n")
    replace_text(stage, "etc/fstab", "/dev/xvda / ext4 defaults 0 1\n")
    password = run("openssl", "passwd", "-6", "-salt", "shoji", "shoji").strip()
    with open(os.path.join(stage, "etc/shadow"), encoding="utf-8") as file:
        shadow = re.sub(r"^root:[^:]*:", lambda _: f"root:{password}:", file.read(), flags=re.M)
    replace_text(stage, "etc/shadow", shadow, 0o640)
    enable_units(stage)
    make_ext4(output, stage, "guest-root", GUEST_MIB)
    shutil.rmtree(stage)
    done(name, mark)


def replace_text(stage, path, text, mode=0o644):
    """Write a file of the stage without writing through to the tree it was copied from."""
    target = os.path.join(stage, path)
    owner = os.stat(target) if os.path.exists(target) else None
    if os.path.lexists(target):
        os.remove(target)
    with open(target, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(target, mode)
    if owner:
        os.chown(target, owner.st_uid, owner.st_gid)


def give_back():
    """When run by sudo, the results belong to the caller."""
    user, group = os.environ.get("SUDO_UID"), os.environ.get("SUDO_GID")
    if user and group:
        for name in os.listdir(OUT):
            if name.endswith((".img", ".mark", ".ext4", ".initrd", ".initrd-trixie")):
                os.chown(os.path.join(OUT, name), int(user), int(group))


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--hypervisor", default="shoji", choices=["shoji", "xen"])
    parser.add_argument("--hypervisor-options", default="dom0_mem=2048M com1=115200,8n1 console=com1")
    parser.add_argument("--kernel-options", default="quiet")
    parser.add_argument("--guest", action="store_true")
    parser.add_argument("output")
    options = parser.parse_args()
    options.output = os.path.abspath(options.output)
    if os.geteuid():
        os.execvp("sudo", ["sudo", "/usr/bin/python3", os.path.abspath(__file__)] + sys.argv[1:])
    os.umask(0o022)
    os.makedirs(OUT, exist_ok=True)
    initramfs.build()
    if options.guest:
        guest_image(options.output)
    else:
        whole_image(options)
    give_back()


if __name__ == "__main__":
    main()
