#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""make neighbours: what a guest gets done beside one that floods the hypervisor.

kernels/neighbours.c makes pairs of guests, a victim and an attacker, and counts what the victim does in 100 ms of the
machine's time; the emulator counts instructions as time (-icount), so the load of the host changes nothing. The share is
relative to the same victim beside a neighbour that computes. Both run on one CPU: with two busy ones, this emulator lets one
starve under -icount. Prints a Markdown table; a share below LIMIT fails.
"""
import os
import re
import subprocess
import sys

BENCH = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(os.path.dirname(BENCH)), "build")
LIMIT = 95.0
LINE = re.compile(r"^WORK (.+): (.+): (\d+) (\d+) \d+$", re.M)


def boot():
    """What the machine said."""
    command = ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-cpu", "max", "-m", "256", "-smp", "2",
               "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot", "-icount", "shift=0,sleep=off",
               "-kernel", f"{BUILD}/shoji", "-append", "loglvl=all dom0_max_vcpus=1 dom0_mem=64M",
               "-initrd", f"{BUILD}/bench/neighbours.elf"]
    said = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=1800, check=False).stdout
    return said.decode(errors="replace").replace("\r", "")


def main():
    """The table; exit status 1 if a victim gets too little."""
    said = boot()
    if not re.search(r"^END .* 0 failed", said, re.M):
        print(said)
        return 1
    print("| the victim | the attacker | victim's share | attacker's deeds in 100 ms |\n|---|---|--:|--:|")
    fair, failed = {}, []
    for work, deed, done, deeds in LINE.findall(said):
        fair.setdefault(work, int(done))
        share = 100 * int(done) / fair[work]
        print(f"| {work} | {deed} | {share:.1f} % | {int(deeds):,} |")
        if share < LIMIT:
            failed.append(f"{work}: {deed}: {share:.1f} %")
    for line in failed:
        print(f"FAIL less than {LIMIT} %: {line}")
    return 1 if failed or not fair else 0


if __name__ == "__main__":
    sys.exit(main())
