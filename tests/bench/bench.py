#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""make bench: instructions by privilege level, Shoji beside Debian's Xen 4.17, in one run.

Every machine is the same emulator under -icount (an instruction is a nanosecond), the same kernel and
the same programs; the plugin count.c does the counting. Prints one Markdown table.
"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

BENCH = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(BENCH))
BUILD = os.path.join(TOP, "build")
OUT = os.path.join(BUILD, "bench")
sys.path.insert(0, os.path.join(TOP, "tests/system"))
sys.path.insert(0, os.path.join(TOP, "tests/tools"))
import cpio                             # pylint: disable=wrong-import-position
import initramfs                        # pylint: disable=wrong-import-position
from machine import Machine             # pylint: disable=wrong-import-position

ICOUNT = ("-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2024-01-01T00:00:00,clock=vm")
MILLION = 1e6

XL_GUEST = """name = "bench"
kernel = "/guests/vmlinux"
ramdisk = "/guests/marked"
memory = 128
vcpus = 1
tsc_mode = "native"
extra = "console=hvc0 rdinit=/usr/bin/mark-guest"
"""
SHOJI_GUEST = """<domain type='xen'>
  <name>bench</name>
  <memory unit='MiB'>128</memory>
  <vcpu>1</vcpu>
  <os>
    <type>linux</type>
    <kernel>/guests/vmlinux</kernel>
    <initrd>/guests/marked</initrd>
    <cmdline>console=hvc0 rdinit=/usr/bin/mark-guest</cmdline>
  </os>
  <devices><console type='pty'/></devices>
</domain>
"""


def compile_tools():
    """The plugin and the marking program."""
    os.makedirs(OUT, exist_ok=True)
    flags = ["-O2", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(["gcc", *flags, "-shared", "-fPIC", "-fvisibility=hidden", "-o", f"{OUT}/count.so",
                    f"{BENCH}/count.c"], check=True)
    subprocess.run(["gcc", *flags, "-static", "-o", f"{OUT}/mark", f"{BENCH}/mark.c"], check=True)


def guest_initrd(path):
    """The usual guest initramfs and the marking program, as a second archive behind it."""
    with open(path, "wb") as file:
        with open(os.path.join(BUILD, "initramfs/guest.cpio.gz"), "rb") as guest:
            file.write(subprocess.run(["gzip", "-dc"], stdin=guest, stdout=subprocess.PIPE, check=True).stdout)
        extra = cpio.Archive(file)
        extra.add_file("usr/bin/mark-guest", f"{OUT}/mark")
        extra.close()


def make_overlay(folder):
    """What dom0 gets besides the usual."""
    os.makedirs(f"{folder}/usr/bin")
    os.makedirs(f"{folder}/guests")
    os.makedirs(f"{folder}/etc/bench")
    for name in ("mark", "mark-init"):
        shutil.copy(f"{OUT}/mark", f"{folder}/usr/bin/{name}")
    shutil.copy(f"{BUILD}/kernel/current/vmlinux", f"{folder}/guests/vmlinux")
    guest_initrd(f"{folder}/guests/marked")
    for name, text in (("bench.cfg", XL_GUEST), ("bench.xml", SHOJI_GUEST)):
        with open(f"{folder}/etc/bench/{name}", "w", encoding="utf-8") as file:
            file.write(text)


class Counts:
    """The lines that the plugin has written so far."""

    def __init__(self, path):
        self.path = path

    def last(self, mark):
        """[user, kernel, hypervisor, CR3 loads] at the last mark of this number, or None."""
        found = None
        with open(self.path, encoding="utf-8") as lines:
            for line in lines:
                fields = [int(field) for field in line.split()]
                if len(fields) == 5 and fields[0] == mark:
                    found = fields[1:]
        return found

    def wait(self, mark, seconds=600):
        """Until the mark is there."""
        end = time.time() + seconds
        while time.time() < end:
            counts = self.last(mark)
            if counts:
                return counts
            time.sleep(0.2)
        raise SystemExit(f"bench: no mark {mark} within {seconds} s")


def difference(later, earlier):
    """Element by element."""
    return [a - b for a, b in zip(later, earlier)]


def total(counts):
    """All instructions, whoever ran them."""
    return sum(counts[:3])


def life_cycle(machine, counts, prepare, create, destroy):
    """Create a guest, wait for its first program, destroy it; counts of each part."""
    machine.run(prepare, 300).ok()
    machine.run(f"mark 2; {create}; mark 3", 900).ok()
    running = counts.wait(4)
    machine.run("sleep 2", 300)
    machine.run(f"mark 5; {destroy}; mark 6", 300).ok()
    created = counts.last(2)
    return {
        "create": difference(counts.last(3), created),
        "first": difference(running, created),
        "destroy": difference(counts.last(6), counts.last(5)),
    }


def measure(hypervisor, folder, guest):
    """One machine: boot, and the life of a guest."""
    path = f"{OUT}/{hypervisor}.counts"
    if os.path.exists(path):
        os.unlink(path)
    extra = ICOUNT + ("-plugin", f"{OUT}/count.so,out={path}")
    with Machine(hypervisor=hypervisor, kernel_options="rdinit=/usr/bin/mark-init", reference=True,
                 overlays=(folder,), extra=extra, boot_timeout=1800) as machine:
        counts = Counts(path)
        result = {"boot": counts.wait(1)}
        if guest:
            if hypervisor == "xen":
                result.update(life_cycle(machine, counts, "start-reference", "xl create -q /etc/bench/bench.cfg",
                                         "xl destroy bench"))
            else:
                result.update(life_cycle(machine, counts, "shoji-services start",
                                         "shoji create /etc/bench/bench.xml", "shoji destroy bench"))
    return result


def code_lines():
    """Lines that are neither blank nor comment, of everything that runs in ring 0 after boot."""
    count = 0
    for room in ("core", "abi", "machine", "lib"):
        for path in sorted(glob.glob(f"{TOP}/hypervisor/{room}/*.[chS]")):
            with open(path, encoding="utf-8") as file:
                text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
            count += sum(1 for line in text.split("\n") if line.strip())
    return count


def image_size():
    """Bytes of text and read-only data."""
    sizes = subprocess.run(["size", "-A", f"{BUILD}/hypervisor.elf"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return sum(int(line.split()[1]) for line in sizes.split("\n") if line.startswith((".text", ".rodata")))


def row(name, ours, peers, goal):
    """One line of the table, in millions."""
    ratio = f"{ours / peers:.2f}" if peers else "-"
    print(f"| {name} | {ours / MILLION:,.1f} | {peers / MILLION:,.1f} | {ratio} | {goal} |")


def print_table(ours, peers, guest):
    """Both machines side by side, with the goals."""
    print("\n| million instructions | Shoji | Xen 4.17 | ratio | goal |\n|---|---:|---:|---:|---:|")
    row("start to dom0's first program", total(ours["boot"]), total(peers["boot"]), "≤ 1")
    row("of these in the hypervisor", ours["boot"][2], peers["boot"][2], "")
    if guest:
        row("create a guest (plain vmlinux)", total(ours["create"]), total(peers["create"]), "≤ 0.25")
        row("create to the guest's first program", total(ours["first"]), total(peers["first"]), "")
        row("of these in the hypervisor", ours["first"][2], peers["first"][2], "≤ 0.5")
        row("destroy", total(ours["destroy"]), total(peers["destroy"]), "")
    print(f"\nring-0 lines of code: {code_lines():,} (goal ≤ 20,000); "
          f"text and read-only data: {image_size() / 1024:.0f} KiB (goal ≤ 400)")


def print_levels(result):
    """One machine alone, by privilege level."""
    print("\n| million instructions | programs | kernels | hypervisor |\n|---|---:|---:|---:|")
    for step, counts in result.items():
        print(f"| {step} | " + " | ".join(f"{count / MILLION:,.2f}" for count in counts[:3]) + " |")


def main():
    """Both machines, then the table; or one machine."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--boot-only", action="store_true", help="no guest")
    parser.add_argument("--only", choices=("shoji", "xen"), help="this machine alone, by privilege level")
    options = parser.parse_args()
    compile_tools()
    initramfs.build()
    with tempfile.TemporaryDirectory() as folder:
        make_overlay(folder)
        if options.only:
            print_levels(measure(options.only, folder, not options.boot_only))
        else:
            ours = measure("shoji", folder, not options.boot_only)
            print_table(ours, measure("xen", folder, not options.boot_only), not options.boot_only)


if __name__ == "__main__":
    main()
