#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""make bounds: the longest runs of the hypervisor without a preemption point, in instructions.

kernels/adversary.c asks for the worst there is, one operation after the other, each under a mark;
the plugin longest.c counts what the hypervisor does between two instructions of a guest. Prints one
Markdown table. A run above LIMIT, or above what ALLOWED says, is a failure.
"""
import argparse
import os
import re
import subprocess
import sys

BENCH = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(os.path.dirname(BENCH)), "build")
OUT = os.path.join(BUILD, "bench")
LIMIT = 50000
# What is longer, and for good reason: docs/bounds.md says which.
ALLOWED = {
    "exchange: 2048 frames for 4 extents of 512": 320000,
    "exchange: 4 extents of 512 frames for as many": 120000,
    "exchange: 4 extents of 512 frames for 2048 frames": 200000,
}
NO_MARK = "everything between"


def boot(kernel, arguments, options, cpus):
    """The machine's words and the plugin's lines."""
    symbols, runs = f"{OUT}/hypervisor.symbols", f"{OUT}/{kernel}.runs"
    with open(symbols, "w", encoding="ascii") as file:
        subprocess.run(["nm", "-n", f"{BUILD}/hypervisor.elf"], stdout=file, check=True)
    command = ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-cpu", "max", "-m", "256", "-smp", str(cpus),
               "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot",
               "-icount", "shift=0,sleep=off", "-plugin", f"{OUT}/longest.so,out={runs},symbols={symbols}",
               "-kernel", f"{BUILD}/shoji", "-append", options, "-initrd", f"{OUT}/{kernel}.elf {arguments}".strip()]
    said = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=1200, check=False).stdout
    with open(runs, encoding="ascii") as lines:
        return said.decode(errors="replace").replace("\r", ""), lines.read().splitlines()


def longest_per_mark(said, lines):
    """{name of the mark: (longest run, runs, way, functions)}, in the order of the marks."""
    names = {0: NO_MARK}
    names.update({int(number): name for number, name in re.findall(r"^MARK (\d+) (.*)$", said, re.M)})
    found = {}
    for line in lines:
        longest, runs, _, mark, way, *functions = line.split()
        if int(mark) and "abi_console_io" in way and "console" not in names[int(mark)]:
            continue                    # the kernel says what comes next
        old = found.get(int(mark), (0, 0, "", []))
        best = (int(longest), int(runs), way, functions) if int(longest) > old[0] else old
        found[int(mark)] = (best[0], old[1] + int(runs), *best[2:])
    return {names.get(mark, f"mark {mark}"): found[mark] for mark in sorted(found, key=lambda m: m or 1 << 16)}


def main():
    """The table; exit status 1 if something is too long."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--only", help="one test of the adversary")
    parser.add_argument("--why", action="store_true", help="the functions that the longest runs spent their time in")
    options = parser.parse_args()
    said, lines = boot("adversary", f"only={options.only}" if options.only else "",
                       "loglvl=warning dom0_max_vcpus=64 dom0_mem=64M", 1)
    if not re.search(r"^END .* 0 failed", said, re.M):
        print(re.sub(r"^\.?\n", "", said, flags=re.M))
        return 1
    print("| operation | longest run | runs |\n|---|--:|--:|")
    too_long = []
    for name, (longest, runs, way, functions) in longest_per_mark(said, lines).items():
        print(f"| {name} | {longest:,} | {runs:,} |")
        if options.why:
            print("    " + way + "  " + " ".join(functions))
        if longest > ALLOWED.get(name, LIMIT):
            too_long.append(name)
    for name in too_long:
        print(f"FAIL longer than {ALLOWED.get(name, LIMIT):,}: {name}")
    return 1 if too_long else 0


if __name__ == "__main__":
    sys.exit(main())
