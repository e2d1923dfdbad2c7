#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a trip into the hypervisor costs: instructions inside it, and loads of CR3, per operation.

A small kernel (entry_paths.c) does each thing a thousand times between two marks of the plugin count.c,
under -icount; the difference is divided by a thousand. Prints one Markdown table, one column per setting
of the options given, such as pti=off pti=on; "xen" and options of Xen, in one word, measure Debian's Xen.
Seconds, not minutes; no disk, no Linux.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

BENCH = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(BENCH))
BUILD = os.path.join(TOP, "build")
ROUNDS = 1000
OPERATIONS = [  # first mark, name
    (10, "system call of a program, and iret back"),
    (12, "null hypercall (xen_version)"),
    (14, "iret within the kernel"),
    (16, "page fault of the kernel, and iret"),
    (18, "page fault of a program, and iret"),
    (20, "event to oneself: send, upcall, iret"),
]


def build():
    """The kernel and the plugin."""
    subprocess.run(["make", "-s", "-C", f"{TOP}/tests/guests", "entry_paths"], check=True)
    os.makedirs(f"{BUILD}/bench", exist_ok=True)
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-fvisibility=hidden", "-o",
                    f"{BUILD}/bench/count.so", f"{BENCH}/count.c"], check=True)


def hypervisor(setting):
    """(image, its command line) of a setting."""
    if setting.split()[0] == "xen":
        return f"{BUILD}/xen/xen", f"com1=115200,8n1 console=com1 loglvl=all dom0_mem=128M dom0_max_vcpus=4 {setting[3:]}"
    return f"{BUILD}/shoji", f"dom0_max_vcpus=4 {setting}"


def run(setting, cpu):
    """{mark: [value, user, kernel, hypervisor, CR3 loads, ...]} of one boot."""
    image, options = hypervisor(setting)
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as counts:
        said = subprocess.run(
            ["timeout", "300", "qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-cpu", cpu, "-m", "256",
             "-icount", "shift=0,sleep=off", "-plugin", f"{BUILD}/bench/count.so,out={counts.name}",
             "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot",
             "-kernel", image, "-append", options, "-initrd", f"{BUILD}/guests/entry_paths.elf"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        text = said.stdout.decode(errors="replace")
        if re.search(r"^FAIL", text, re.M) or not re.search(r"^END ", text, re.M):
            raise SystemExit(f"entry_paths: the kernel did not get through\n{text[-2000:]}")
        rows = [[int(word) for word in line.split()] for line in counts]
    return {row[0]: row[1:] for row in rows}


def per_round(counts, mark):
    """(hypervisor instructions, CR3 loads) per operation."""
    first, last = counts[mark], counts[mark + 1]
    return (last[3] - first[3]) / ROUNDS, (last[4] - first[4]) / ROUNDS


def main():
    """One column per setting."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("settings", nargs="*", default=["pti=off", "pti=on"], help="hypervisor options, one run each; 'xen OPTIONS'")
    parser.add_argument("--cpu", default="Haswell-v4", help="QEMU's CPU model")
    options = parser.parse_args()
    build()
    results = [run(setting, options.cpu) for setting in options.settings]
    print("| hypervisor instructions (CR3 loads) | " + " | ".join(options.settings) + " |")
    print("|---|" + "---:|" * len(results))
    for mark, name in OPERATIONS:
        cells = ["{:.0f} ({:.0f})".format(*per_round(result, mark)) for result in results]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    sys.exit(main())
