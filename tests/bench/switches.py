#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What switches between vCPUs, wake-ups and interrupts among them cost: instructions in the hypervisor. How late timers are.

The kernel kernels/switches.c does each a thousand times, as domain 0 of Shoji and of Debian's Xen 4.17, on a machine
with one CPU and on one with two. Under -icount all CPUs of the emulator are one thread and the plugin count.c sums what all of
them do in the hypervisor: an interrupt's cost is the sender's and the receiver's together. A minute in all; no disk, no Linux.
"""
import re
import subprocess
import tempfile
import time

from rig import BENCH, BUILD, HYPERVISORS, ICOUNT
import tables
from machine import die_with_parent

ROUNDS = 1000
TIMEOUT = 300  # seconds
SEND, HANDLER = 30, 31
SYSTEMS = (  # title, hypervisor, its options; each of Shoji's is followed by its peer
    ("Shoji", "shoji", "pti=no"),
    ("Xen nospec", "xen", "spec-ctrl=no xpti=no"),
    ("Shoji pti", "shoji", "pti=yes"),
    ("Xen", "xen", ""),
)
OPERATIONS = (  # CPUs, first mark, name, has a handler
    (1, 10, "two vCPUs of a CPU take turns: two yields, two switches", False),
    (1, 12, "wake-up: an event to one that sleeps, a yield; it runs and sleeps again", False),
    (1, 14, "IPI to one that sleeps, on the same CPU", True),
    (2, 16, "IPI to one that sleeps, on another CPU", True),
    (2, 18, "IPI to one that runs, on another CPU", True),
)
TIMERS = (  # on one CPU; what the kernel calls it, name
    ("sleeps", "singleshot timer of one that sleeps: ns from due until it goes on"),
    ("runs", "singleshot timer of one that runs: ns from due until it was called"),
)


def command(rig, kind, options, cpus, counts):
    """The emulator's."""
    if kind == "xen":
        image = HYPERVISORS["xen"]
        options = f"com1=115200,8n1 console=com1 loglvl=all dom0_mem=128M dom0_max_vcpus=4 dom0_vcpus_pin {options}"
    else:
        image = f"{rig.build}/shoji"
        options = f"dom0_max_vcpus=4 {options}"
    return ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-cpu", "Haswell-v4", "-m", "256",
            "-smp", str(cpus), *ICOUNT, "-plugin", f"{rig.folder}/count.so,out={counts}",
            "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot",
            "-kernel", image, "-append", options, "-initrd", f"{BUILD}/bench/switches.elf cpus={cpus}"]


def await_end(machine, said):
    """What the kernel said, once it has come to its end: Xen then halts, and does not switch off."""
    end = time.monotonic() + TIMEOUT
    while machine.poll() is None and time.monotonic() < end:
        said.seek(0)
        if re.search(r"^END .*\n", said.read(), re.M):
            break
        time.sleep(0.2)
    machine.kill()
    said.seek(0)
    return said.read()


def boot(rig, kind, options, cpus):
    """[(mark, instructions in the hypervisor)], in order; {kind of timer: (mean, most)}."""
    with tempfile.NamedTemporaryFile("r", encoding="ascii") as counts, \
            tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said, \
            subprocess.Popen(command(rig, kind, options, cpus, counts.name), stdin=subprocess.DEVNULL,
                             stdout=said, stderr=said, preexec_fn=die_with_parent) as machine:
        text = await_end(machine, said)
        if not re.search(r"^END .* 0 failed", text, re.M):
            raise SystemExit(f"bench: switches on {kind}, {cpus} CPUs: the kernel did not get through\n{text[-2000:]}")
        rows = [[int(word) for word in line.split()] for line in counts]
    late = {how: (int(mean), int(most)) for how, mean, most in re.findall(r"^LATE (\w+) (\d+) (\d+)", text, re.M)}
    return [(row[0], row[4]) for row in rows], late


def to_handler(marks):
    """Mean from the moment before the call to the handler's first instruction."""
    total = count = sent = 0
    for mark, value in marks:
        if mark == SEND:
            sent = value
        elif mark == HANDLER:
            total, count = total + value - sent, count + 1
    if count != ROUNDS:
        raise SystemExit(f"bench: switches: {count} interrupts, not {ROUNDS}")
    return total / count


def measure(rig, kind, options):
    """{first mark: (per operation, until the handler or None); kind of timer: (mean, most)}."""
    found = {}
    for cpus in (1, 2):
        marks, late = boot(rig, kind, options, cpus)
        found = late | found
        places = {mark: place for place, (mark, _) in enumerate(marks) if mark < SEND}
        for first, handler in [(row[1], row[3]) for row in OPERATIONS if row[0] == cpus]:
            part = marks[places[first]:places[first + 1] + 1]
            found[first] = ((part[-1][1] - part[0][1]) / ROUNDS, to_handler(part) if handler else None)
    return found


def table(rig):
    """All systems, as Markdown; Shoji's figures relative to those of the Xen beside it."""
    subprocess.run(["make", "-s", "-C", BENCH, "all"], check=True)
    found = [measure(rig, kind, options) for _, kind, options in SYSTEMS]
    rows = tables.head("instructions in the hypervisor", [title for title, _, _ in SYSTEMS])
    for _, first, name, handler in OPERATIONS:
        values = [[result[first][part] for result in found] for part in range(2)]
        if handler:
            rows.append(tables.line([f"{name}: to its handler"] + cells(values[1])))
            name += ": all, until it goes on"
        rows.append(tables.line([name] + cells(values[0])))
    for how, name in TIMERS:
        for part, kind in enumerate(("mean", f"most of {ROUNDS:,}")):
            rows.append(tables.line([f"{name}: {kind}"] + cells([result[how][part] for result in found])))
    return "\n".join(rows)


def cells(values):
    """Figures; every other one with its ratio to the next."""
    return [tables.number(value) + (f" ({value / values[place + 1]:.2f})" if place % 2 == 0 else "")
            for place, value in enumerate(values)]
