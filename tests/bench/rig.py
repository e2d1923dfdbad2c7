# SPDX-License-Identifier: GPL-2.0-only
"""What every measurement needs: the plugin and the programs compiled, dom0's overlay, the counters read.

Every machine is the same emulator under -icount (an instruction is a nanosecond, idle time is skipped). Shoji is
built without lock-order checks and assertions (DEBUG=0) in build/release: Debian's Xen has none either.
"""
import collections
import dataclasses
import fcntl
import os
import re
import shutil
import subprocess
import sys
import time

BENCH = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(BENCH))
BUILD = os.path.join(TOP, "build")
OUT = os.path.join(BUILD, "bench")
STOCK = os.path.join(BUILD, "kernel/current")
# 6.1's patched kernel, or with LINUX=6.12 or LINUX=debian those, as guest-kernel-patches/build.sh has them.
LINUX = os.environ.get("LINUX", "6.1")
PATCHED_FOLDER = os.path.join(BUILD, "guest-kernel", "" if LINUX == "6.1" else LINUX)
PATCHED = os.path.join(PATCHED_FOLDER, "vmlinux")
PATCHED_IMAGE = os.path.join(PATCHED_FOLDER, "vmlinuz")     # the emulator's own loader takes this one
sys.path.insert(0, os.path.join(TOP, "tests/system"))
sys.path.insert(0, os.path.join(TOP, "tests/tools"))
import cpio                             # pylint: disable=wrong-import-position
import initramfs                        # pylint: disable=wrong-import-position
from machine import HYPERVISORS, Machine    # pylint: disable=wrong-import-position,unused-import

ICOUNT = ("-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2024-01-01T00:00:00,clock=vm")
GAUGE = ("gauge.c", "gauge_calls.c", "gauge_memory.c", "gauge_processes.c")
MARK_READY, MARK_BEGIN, MARK_END = 0x300, 0x1000, 0x2000

# One line of the plugin; the handlers of the stock kernel and of the patched one are counted apart.
Counts = collections.namedtuple("Counts", "value user kernel hypervisor cr3 flushes syscalls hypercalls exits "
                                          "faults upcalls patched_faults patched_upcalls")


def difference(later, earlier):
    """Field by field."""
    return Counts(*[a - b for a, b in zip(later, earlier)])


def total(counts):
    """All instructions, whoever ran them."""
    return counts.user + counts.kernel + counts.hypervisor


@dataclasses.dataclass
class Rig:
    """A folder for one run: programs, dom0's overlay, counters; and which build of Shoji is measured."""
    folder: str
    build: str = f"{BUILD}/release"

    def prepare(self):
        """Build what runs; one run at a time does."""
        os.makedirs(OUT, exist_ok=True)
        with open(f"{OUT}/lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.build_all()

    def build_all(self):
        """Hypervisor, plugin, programs, initramfs."""
        debug = int(self.build == BUILD)
        subprocess.run(["make", "-s", "-C", f"{TOP}/hypervisor", f"B={os.path.relpath(self.build, TOP + '/hypervisor')}",
                        f"DEBUG={debug}"], check=True, stdout=subprocess.DEVNULL)
        flags = ["-O2", "-Wall", "-Wextra", "-Werror"]
        subprocess.run(["gcc", *flags, "-shared", "-fPIC", "-fvisibility=hidden", "-o", f"{self.folder}/count.so",
                        f"{BENCH}/count.c"], check=True)
        for program, sources in (("mark", ("mark.c",)), ("gauge", GAUGE)):
            subprocess.run(["gcc", *flags, "-static", "-o", f"{self.folder}/{program}",
                            *[f"{BENCH}/{name}" for name in sources]], check=True)
        initramfs.build()
        self.make_overlay()

    def overlay(self):
        """Laid over dom0's root."""
        return f"{self.folder}/overlay"

    def make_overlay(self):
        """What dom0 gets besides the usual."""
        os.makedirs(f"{self.overlay()}/usr/bin")
        os.makedirs(f"{self.overlay()}/guests")
        for name, program in (("mark", "mark"), ("mark-init", "mark"), ("gauge", "gauge")):
            shutil.copy(f"{self.folder}/{program}", f"{self.overlay()}/usr/bin/{name}")
        shutil.copy(f"{STOCK}/vmlinux", f"{self.overlay()}/guests/vmlinux")
        if os.path.exists(PATCHED):
            shutil.copy(PATCHED, f"{self.overlay()}/guests/patched")
        os.makedirs(f"{self.overlay()}/etc/xen/scripts")
        with open(f"{self.overlay()}/etc/xen/scripts/block-plain", "w", encoding="ascii") as file:
            file.write(BLOCK_SCRIPT)
        os.chmod(file.name, 0o755)
        self.guest_initrd(f"{self.overlay()}/guests/marked")

    def guest_initrd(self, path):
        """The usual guest initramfs and the programs, as a second archive behind it."""
        with open(path, "wb") as file:
            with open(os.path.join(BUILD, "initramfs/guest.cpio.gz"), "rb") as guest:
                file.write(subprocess.run(["gzip", "-dc"], stdin=guest, stdout=subprocess.PIPE, check=True).stdout)
            extra = cpio.Archive(file)
            extra.add_file("usr/bin/mark-guest", f"{self.folder}/mark")
            extra.add_file("usr/bin/gauge", f"{self.folder}/gauge")
            extra.close()

    def elf(self):
        """The hypervisor with its symbols."""
        return f"{self.build}/hypervisor.elf"


# -- guests -----------------------------------------------------------------------------------

XL_GUEST = """name = "bench"
kernel = "{kernel}"
ramdisk = "{initrd}"
memory = {memory}
vcpus = 1
tsc_mode = "native"
disk = [{disk}]
extra = "console=hvc0 {options}"
"""
SHOJI_GUEST = """<domain type='xen'>
  <name>bench</name>
  <memory unit='MiB'>{memory}</memory>
  <vcpu>1</vcpu>
  <os>
    <type>linux</type>
    <kernel>{kernel}</kernel>
    <initrd>{initrd}</initrd>
    <cmdline>console=hvc0 {options}</cmdline>
  </os>
  <devices>{disk}<console type='pty'/></devices>
</domain>
"""
# Debian's own script wants more of Debian than dom0's initramfs has.
BLOCK_SCRIPT = """#!/bin/sh
[ "$1" = add ] || exit 0
xenstore-write "$XENBUS_PATH/physical-device" "$(stat -L -c %t:%T "$(xenstore-read "$XENBUS_PATH/params")")" \\
	"$XENBUS_PATH/hotplug-status" connected
"""
DISKS = {
    "xen": "'format=raw, vdev=xvda, access=w, script=block-plain, target=/dev/vda'",
    "shoji": "<disk type='block' device='disk'><driver name='shoji' type='raw'/><source dev='/dev/vda'/>"
             "<target dev='xvda' bus='xen'/></disk>",
}
COMMANDS = {
    "xen": {"services": "start-reference", "create": "xl create -q /tmp/bench.def", "destroy": "xl destroy bench",
            "gone": "! xl domid bench", "log": "cat /var/log/xen/guest-bench.log"},
    "shoji": {"services": "shoji-services start", "create": "shoji create /tmp/bench.def", "destroy": "shoji destroy bench",
              "gone": "! shoji info bench", "log": "shoji console bench --log"},
}


def define_guest(machine, options, kernel="/guests/vmlinux", initrd="/guests/marked", memory=128, disk=False):
    """Write the guest's definition into dom0; its disk is dom0's /dev/vda."""
    text = XL_GUEST if machine.hypervisor == "xen" else SHOJI_GUEST
    machine.put("/tmp/bench.def", text.format(kernel=kernel, initrd=initrd, memory=memory, options=options,
                                              disk=DISKS[machine.hypervisor] if disk else "").encode())


def audit(machine):
    """What was measured must have left the hypervisor's books in order."""
    if machine.hypervisor == "shoji":
        machine.audit(1800)


# -- the machine and its counters ----------------------------------------------------------------

HANDLER = re.compile(r"asm_(exc_|sysvec_|common_interrupt|spurious_interrupt)")


def handlers(symbols):
    """(0 for a fault or 1 for an event, address) of a kernel's handlers, from lines as nm writes them."""
    for line in symbols.splitlines():
        address, _, name = line.split()[:3]
        if HANDLER.match(name):
            fault = name.startswith("asm_exc_") and "hypervisor_callback" not in name
            yield 0 if fault else 1, int(address, 16)


def stock_symbols():
    """The names of Debian's kernel, as it says them itself: its package has neither symbols nor System.map."""
    path = f"{OUT}/kallsyms-{os.path.basename(os.path.realpath(STOCK))}"
    if not os.path.exists(path):
        disk = path + ".disk"
        with open(disk, "wb") as file:
            file.truncate(32 << 20)
        with Machine(hypervisor="none", disks=(f"virtio:{disk}",)) as machine:
            machine.run("modprobe -a virtio_pci virtio_blk; wait_for 30 test -b /dev/vda").ok()
            machine.run("grep -v '\\[' /proc/kallsyms > /tmp/names && cp /tmp/names /dev/vda && sync", 120).ok()
            machine.power_off()
        with open(disk, encoding="ascii") as file, open(path + ".new", "w", encoding="ascii") as kept:
            kept.write(file.read().rstrip("\0"))
        os.rename(path + ".new", path)
        os.unlink(disk)
    with open(path, encoding="ascii") as file:
        return file.read()


def elf_symbols(path):
    """The same of an ELF file."""
    return subprocess.run(["nm", "-n", "--defined-only", path], stdout=subprocess.PIPE, text=True, check=True).stdout


def write_watches(path, with_patched):
    """For the plugin: which addresses to count, and in which column."""
    with open(path, "w", encoding="ascii") as file:
        for column, address in handlers(stock_symbols()):
            file.write(f"{column} {address:x}\n")
        if with_patched:
            for column, address in handlers(elf_symbols(PATCHED)):
                file.write(f"{column + 2} {address:x}\n")


class Counters:
    """One machine's plugin: its arguments and what it has written so far."""

    def __init__(self, rig, name, profile=False, with_patched=False):
        self.rig = rig
        self.path = f"{rig.folder}/{name}.counts"
        self.profile = f"{rig.folder}/{name}.blocks" if profile else ""
        write_watches(f"{rig.folder}/{name}.watch", with_patched)
        self.arguments = f"{rig.folder}/count.so,out={self.path},watch={rig.folder}/{name}.watch"
        if profile:
            self.arguments += f",profile={self.profile}"

    def machine(self, **description):
        """The machine with this plugin."""
        if description["hypervisor"] == "shoji":
            description["hypervisor_image"] = f"{self.rig.build}/shoji"
        return Machine(extra=ICOUNT + ("-plugin", self.arguments), boot_timeout=1800, reference=True, audited=False,
                       overlays=(self.rig.overlay(),), **description)

    def lines(self):
        """(id, Counts), in order."""
        if not os.path.exists(self.path):
            return
        with open(self.path, encoding="ascii") as lines:
            for line in lines:
                fields = [int(field) for field in line.split()]
                if line.endswith("\n"):
                    yield fields[0], Counts(*fields[1:])

    def last(self, mark):
        """At the last mark of this number, or None."""
        found = None
        for number, counts in self.lines():
            if number == mark:
                found = counts
        return found

    def wait(self, mark, seconds=1200, times=1):
        """Until the mark was passed so many times."""
        end = time.time() + seconds
        while time.time() < end:
            if sum(number == mark for number, _ in self.lines()) >= times:
                return self.last(mark)
            time.sleep(0.2)
        raise TimeoutError(f"bench: no mark {mark} within {seconds} s")
