#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""make neighbours: what a guest gets done beside one that floods the hypervisor.

kernels/neighbours.c makes pairs of guests, a victim and an attacker, and counts what the victim does in 100 ms of the
machine's time; the emulator counts instructions as time (-icount), so the load of the host changes nothing. The share is
relative to the same victim beside a neighbour that computes. Once both run on one CPU; once each has its own: then what its
CPU did beside the victim's work is counted per instruction of the attacker's CPU (turns.c), as both would run as many.
Prints Markdown tables; a share below LIMIT fails.
"""
import dataclasses
import os
import re
import subprocess
import sys
import tempfile

BENCH = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(BENCH))
BUILD = os.path.join(TOP, "build")
LIMIT = 95.0
LINE = re.compile(r"^WORK (.+): (.+): (\d+) (\d+) \d+$", re.M)


@dataclasses.dataclass
class Row:
    """A pair of guests: what the victim does, what the attacker; how much of it in 100 ms; where each has its CPU, the
    part of the victim's CPU that is left to it instead."""
    work: str
    deed: str
    done: float
    deeds: int


def boot(test, *arguments):
    """What the machine said; with status 1 if a test failed."""
    command = ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-cpu", "max", "-m", "256", "-smp", "2", "-nodefaults",
               "-vga", "none", "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot",
               "-icount", "shift=0,sleep=off", *arguments,
               "-kernel", f"{BUILD}/shoji", "-append", "loglvl=all dom0_max_vcpus=1 dom0_mem=64M",
               "-initrd", f"{BUILD}/bench/neighbours.elf only={test}"]
    said = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=1800,
                          check=False).stdout.decode(errors="replace").replace("\r", "")
    if not re.search(r"^END 1 tests, 0 failed", said, re.M):
        sys.exit(f"neighbours: {test} failed:\n{said}")
    return said


def on_one_cpu(test):
    """Rows of both on one CPU."""
    return [Row(work, deed, int(done), int(deeds)) for work, deed, done, deeds in LINE.findall(boot(test))]


def apart(test):
    """Rows of each on its own CPU; the victim's is CPU 1."""
    with tempfile.NamedTemporaryFile("r", encoding="ascii") as counts:
        said = boot(test, "-plugin", f"{BUILD}/bench/turns.so,out={counts.name}")
        spans = [[int(word) for word in line.split()] for line in counts]
    spans = [(end[1] - begin[1], end[2] - begin[2]) for begin, end in zip(spans[::2], spans[1::2])]
    lines = LINE.findall(said)
    assert len(lines) == len(spans), "a mark is missing"
    price = spans[0][1] / int(lines[0][2])          # instructions of one deed beside an attacker that computes
    return [Row(work, deed, 1 - (own - int(done) * price) / others, int(deeds))
            for (work, deed, done, deeds), (others, own) in zip(lines, spans)]


def table(title, rows):
    """Prints it; what is below the limit."""
    print(f"\n{title}\n\n| the victim | the attacker | victim's share | attacker's deeds in 100 ms |\n|---|---|--:|--:|")
    fair, failed = {}, []
    for row in rows:
        fair.setdefault(row.work, row.done)
        share = 100 * row.done / fair[row.work]
        print(f"| {row.work} | {row.deed} | {share:.1f} % | {row.deeds:,} |")
        if share < LIMIT:
            failed.append(f"{title} {row.work}: {row.deed}: {share:.1f} %")
    return failed if rows else [f"{title} nothing was measured"]


def main():
    """The tables; exit status 1 if a victim gets too little."""
    failed = table("On one CPU:", on_one_cpu("a_victim_that_computes") + on_one_cpu("a_victim_with_hypercalls"))
    failed += table("Each on its own CPU:", apart("a_victim_apart") + apart("a_victim_with_hypercalls_apart"))
    for line in failed:
        print(f"FAIL less than {LIMIT} %: {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
