#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Build the initramfs archives of the test machines in build/initramfs/.

base.cpio       dom0 (and bare machine): busybox, glibc, the /dev/xen libraries, modules, /guests
reference.cpio  Debian's xl, xenstored, xenconsoled; appended to base for --reference
guest.cpio      a PV guest: busybox, front-end modules; also found in dom0 as /guests/initrd
tools.cpio      our programs from build/tools; written at each run, as is the caller's overlay
"""
import glob
import gzip
import hashlib
import io
import lzma
import os
import re
import subprocess
import sys

import cpio

TOOLS = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(TOOLS))
BUILD = os.path.join(TOP, "build")
OUT = os.path.join(BUILD, "initramfs")
KERNEL = os.path.join(BUILD, "kernel", "current")

GUEST_MODULES = "xen-blkfront xen-netfront ext4 crc32c_generic xen-evtchn xenfs xen-privcmd".split()
DOM0_MODULES = GUEST_MODULES + """
    xen-gntdev xen-gntalloc xen-blkback xen-netback tun bridge loop ahci sd_mod sr_mod ata_piix
    virtio_pci virtio_blk virtio_net virtio_scsi 9p 9pnet_virtio e1000e e1000 vfat nls_ascii
    nls_cp437 iptable_nat xt_MASQUERADE usb_storage xhci_pci xhci_hcd nvme""".split()

LIBRARY = re.compile(r"(usr/)?lib(64|/x86_64-linux-gnu)/([^/]+\.so[^/]*|xenfsimage/.*)$")
UNWANTED = re.compile(r"lib(icu(i18n|io|test|tu|data)|mvec|BrokenLocale|memusage|pcprofile)|/(tc|oxenstored)$")
TERMINFO = re.compile(r"lib/terminfo/./(linux|vt100|vt102|vt220|xterm|xterm-256color|ansi|dumb|screen)$")
PROGRAM = re.compile(r"(usr/)?s?bin/")
REFERENCE = re.compile(r"usr/lib/xen-4.17/(bin/(xl|xen[a-z0-9-]+|pygrub)|lib/.*\.so.*)$|etc/xen/|(usr/)?bin/bash")

# libxml2 drags in 30 MB of character tables it does not touch for UTF-8 documents.
ICU_STUB = "const char icudt72_dat[64] = {0};\n"


def merged_usr(path):
    """/bin, /sbin and /lib are links into /usr in every current Debian."""
    return "usr/" + path if re.match(r"(s?bin|lib|lib64)/", path) else path


def module_name(path):
    """The name of a module as programs know it."""
    return re.sub(r"\.ko(\.xz)?$", "", os.path.basename(path)).replace("-", "_")


def module_closure(names, kernel):
    """Root, version, paths of the modules with all they depend on, and their modules.dep."""
    version = os.path.basename(os.path.realpath(kernel))
    root = os.path.join(kernel, "lib/modules", version)
    needs, by_name = {}, {}
    with open(os.path.join(root, "modules.dep"), encoding="utf-8") as lines:
        for line in lines:
            path, rest = line.split(":", 1)
            needs[path] = rest.split()
            by_name[module_name(path)] = path
    chosen = set()
    for name in names:
        path = by_name.get(name.replace("-", "_"))
        if path:
            chosen.update([path] + needs[path])
    lines = [f"{path}: {' '.join(needs[path])}" for path in sorted(chosen)]
    return root, version, sorted(chosen), "\n".join(lines).replace(".ko.xz", ".ko") + "\n"


def add_modules(archive, names, aliases=False, kernel=KERNEL):
    """Modules (unpacked), the modules.dep that busybox's modprobe reads, and which devices they drive."""
    root, version, paths, dependencies = module_closure(names, kernel)
    for path in paths:
        if path.endswith(".xz"):
            with lzma.open(os.path.join(root, path)) as packed:
                archive.add_bytes(f"usr/lib/modules/{version}/{path[:-3]}", packed.read())
        else:
            archive.add_file(f"usr/lib/modules/{version}/{path}", os.path.join(root, path))
    archive.add_bytes(f"usr/lib/modules/{version}/modules.dep", dependencies.encode())
    if aliases:
        known = {module_name(path) for path in paths}
        with open(os.path.join(root, "modules.alias"), encoding="utf-8") as lines:
            text = "".join(line for line in lines if line.split()[-1].replace("-", "_") in known)
        archive.add_bytes(f"usr/lib/modules/{version}/modules.alias", text.encode())


def add_skeleton(archive, role):
    """Directories, the first devices, busybox and its names, our /init."""
    for path in "proc sys dev run tmp root mnt var/log var/lib var/lock etc usr/bin usr/sbin usr/lib".split():
        archive.folder(path)
    for path in "bin sbin lib lib64".split():
        archive.add_link(path, "usr/" + path)
    archive.folder("usr/lib64")
    archive.add_device("dev/console", 5, 1)
    archive.add_device("dev/null", 1, 3, 0o666)
    busybox = os.path.join(BUILD, "root/base/bin/busybox")
    archive.add_file("usr/bin/busybox", busybox)
    applets = subprocess.run([busybox, "--list"], stdout=subprocess.PIPE, text=True, check=True).stdout
    for applet in sorted(set(applets.split()) - {"busybox"}):
        archive.add_link("usr/bin/" + applet, "busybox")
    archive.add_bytes("etc/role", role.encode() + b"\n")
    archive.add_tree(os.path.join(TOOLS, "rootfs"))


def icu_stub():
    """The stand-in for libicudata, compiled here."""
    path = os.path.join(OUT, "libicudata.so.72")
    subprocess.run(["gcc", "-shared", "-nostdlib", "-Wl,-soname,libicudata.so.72", "-x", "c", "-o", path, "-"],
                   input=ICU_STUB, text=True, check=True)
    return path


def write_base(file):
    """dom0 without programs of ours."""
    archive = cpio.Archive(file)
    add_skeleton(archive, "dom0")

    def keep(path):
        if UNWANTED.search(path) or path.endswith("/busybox"):
            return False
        return LIBRARY.match(path) or TERMINFO.match(path) or PROGRAM.match(path)
    archive.add_tree(os.path.join(BUILD, "root/base"), keep=keep, rename=merged_usr)
    archive.add_file("usr/lib/x86_64-linux-gnu/libicudata.so.72", icu_stub())
    add_modules(archive, DOM0_MODULES)
    archive.add_file("guests/vmlinuz", os.path.join(KERNEL, "vmlinuz"))
    archive.add_file("guests/initrd", os.path.join(OUT, "guest.cpio.gz"))
    archive.close()


def write_reference(file):
    """Debian's own tools."""
    archive = cpio.Archive(file)
    archive.add_tree(os.path.join(BUILD, "root/reference"), rename=merged_usr, keep=lambda path: (
        not UNWANTED.search(path) and (LIBRARY.match(path) or REFERENCE.match(path))))
    archive.close()


def write_guest(file):
    """A guest with a shell on its console."""
    archive = cpio.Archive(file)
    add_skeleton(archive, "guest")
    add_modules(archive, GUEST_MODULES)
    archive.close()


def write_tools(file):
    """Our programs as they stand in build/tools."""
    archive = cpio.Archive(file)
    for path in sorted(glob.glob(os.path.join(BUILD, "tools", "*"))):
        if os.path.isfile(path) and os.access(path, os.X_OK):
            archive.add_file("usr/sbin/" + os.path.basename(path), path)
    schema = os.path.join(TOP, "dom0-tools/schema")
    if os.path.isdir(schema):
        archive.add_tree(schema, "usr/share/shoji")
    examples = os.path.join(TOP, "docs/examples")
    if os.path.isdir(examples):
        archive.add_tree(examples, "usr/share/shoji/examples")
    archive.close()


def overlay(file, source):
    """The caller's directory, laid over the root."""
    archive = cpio.Archive(file)
    archive.add_tree(source, rename=merged_usr)
    archive.close()


def fingerprint():
    """Changes when anything that goes into the cached archives changes."""
    digest = hashlib.sha256(os.path.realpath(KERNEL).encode())
    inputs = glob.glob(os.path.join(TOOLS, "*.py")) + [os.path.join(TOOLS, "images.txt")]
    inputs += glob.glob(os.path.join(TOOLS, "rootfs/**"), recursive=True)
    for path in sorted(filter(os.path.isfile, inputs)):
        with open(path, "rb") as file:
            digest.update(path[len(TOP):].encode() + file.read())
    return digest.hexdigest()


def write(name, writer, pack=False):
    """Write one archive under a temporary name, then put it in place."""
    path = os.path.join(OUT, name)
    with open(path + ".new", "wb") as file:
        writer(file)
    if pack:
        subprocess.run(["gzip", "-9nf", path + ".new"], check=True)
        os.rename(path + ".new.gz", path + ".gz")
    else:
        os.rename(path + ".new", path)


def build():
    """Bring the cached archives up to date."""
    os.makedirs(OUT, exist_ok=True)
    stamp = os.path.join(OUT, "fingerprint")
    now = fingerprint()
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as file:
            if file.read() == now:
                return
    write("guest.cpio", write_guest, pack=True)
    write("base.cpio", write_base)
    write("reference.cpio", write_reference)
    with open(stamp, "w", encoding="utf-8") as file:
        file.write(now)


def guest_with(path, files):
    """Write a guest's initramfs to `path`, with more in it: {name: path of a file, or bytes of a program}."""
    build()
    with open(path, "wb") as file, gzip.open(os.path.join(OUT, "guest.cpio.gz")) as usual:
        file.write(usual.read())
        archive = cpio.Archive(file)
        for name, content in files.items():
            if isinstance(content, bytes):
                archive.add_bytes(name, content, 0o755)
            else:
                archive.add_file(name, content)
        archive.close()


def assemble(path, reference=False, overlays=()):
    """Base, our tools and the overlays as one file for -initrd."""
    with open(path, "wb") as file:
        for name in ["base"] + (["reference"] if reference else []):
            with open(os.path.join(OUT, name + ".cpio"), "rb") as part:
                file.write(part.read())
        tail = io.BytesIO()
        write_tools(tail)
        for source in overlays:
            overlay(tail, source)
        file.write(tail.getvalue())


if __name__ == "__main__":
    build()
    if len(sys.argv) > 1:
        assemble(sys.argv[1], reference=True)
