# SPDX-License-Identifier: GPL-2.0-only
"""The life of a machine and a guest: boot, create, first program, destroy; and the hypervisor's size."""
import os
import subprocess

import count_lines
from gauge import Result, System, inputs, keep, load_store
from rig import COMMANDS, PATCHED, Counters, audit, define_guest, difference, total

MILLION = 1e6


def life_cycle(machine, counters, kernel="/guests/vmlinux", number=1):
    """Create the machine's guest of this number, wait for its first program, destroy it; counts of each part."""
    commands = COMMANDS[machine.hypervisor]
    define_guest(machine, "rdinit=/usr/bin/mark-guest", kernel)
    machine.run(f"mark 2; {commands['create']}; mark 3", 900).ok()
    running = counters.wait(4, times=number)
    machine.run("sleep 2", 300)
    machine.run(f"mark 5; {commands['destroy']}; mark 6", 300).ok()
    created = counters.last(2)
    return {
        "create": difference(counters.last(3), created),
        "first": difference(running, created),
        "destroy": difference(counters.last(6), counters.last(5)),
    }


def has_patched(hypervisor):
    """Is our own kernel measured, too?"""
    return hypervisor == "shoji" and os.path.exists(PATCHED)


def measure(hypervisor, rig, guest=True, reuse=False):
    """One machine: boot, and the life of a guest."""
    system = System(f"life-{hypervisor}", "", hypervisor, "dom0", patched=has_patched(hypervisor))
    names = ["life"] + ["guest"] * guest
    known = load_store().get(inputs(system, names, rig)) if reuse else None
    if known:
        return {name: result.counts for name, result in known.items()}
    result = run(hypervisor, rig, guest)
    keep({system: {name: Result(1, counts) for name, counts in result.items()}}, names, rig)
    return result


def run(hypervisor, rig, guest):
    """The same, on a machine."""
    counters = Counters(rig, f"life-{hypervisor}")
    with counters.machine(hypervisor=hypervisor, kernel_options="rdinit=/usr/bin/mark-init") as machine:
        result = {"boot": counters.wait(1)}
        if guest:
            machine.run(COMMANDS[hypervisor]["services"], 300).ok()
            result.update(life_cycle(machine, counters))
            if has_patched(hypervisor):
                result["first, patched"] = life_cycle(machine, counters, "/guests/patched", 2)["first"]
            audit(machine)
    return result


def image_size(rig):
    """Bytes of text and read-only data: what stays, and what is gone after the start."""
    sizes = subprocess.run(["size", "-A", rig.elf()], stdout=subprocess.PIPE, text=True, check=True).stdout
    sections = [line.split() for line in sizes.split("\n") if line.startswith((".text", ".rodata", ".init."))]
    return (sum(int(size) for name, size, _ in sections if not name.startswith(".init")),
            sum(int(size) for name, size, _ in sections if name in (".init.text", ".init.rodata")))


def row(name, ours, peers, goal):
    """One line of the table, in millions."""
    ratio = f"{ours / peers:.2f}" if peers else "-"
    return f"| {name} | {ours / MILLION:,.1f} | {peers / MILLION:,.1f} | {ratio} | {goal} |"


def table(ours, peers, rig):
    """Both machines side by side, with the goals, as Markdown."""
    rows = ["| million instructions | Shoji | Xen 4.17 | ratio | goal |", "|---|---:|---:|---:|---:|",
            row("start to dom0's first program", total(ours["boot"]), total(peers["boot"]), "≤ 1"),
            row("of these in the hypervisor", ours["boot"].hypervisor, peers["boot"].hypervisor, "")]
    if "create" in ours:
        rows += [row("create a guest (plain vmlinux)", total(ours["create"]), total(peers["create"]), "≤ 0.25"),
                 row("create to the guest's first program", total(ours["first"]), total(peers["first"]), ""),
                 row("of these in the hypervisor", ours["first"].hypervisor, peers["first"].hypervisor, "≤ 0.5"),
                 row("destroy", total(ours["destroy"]), total(peers["destroy"]), "")]
    if "first, patched" in ours:
        rows.append(row("create to the first program of our kernel, on Xen of Debian's", total(ours["first, patched"]),
                        total(peers["first"]), "≤ 0.5"))
    running, starting, _ = count_lines.count()
    stays, goes = image_size(rig)
    rows += ["", f"Ring-0 lines of code: {running:,} (goal ≤ 20,000); "
             f"text and read-only data: {stays / 1024:.0f} KiB (goal ≤ 400). "
             f"Apart from these, and gone when dom0 runs: {starting:,} lines, {goes / 1024:.0f} KiB."]
    return "\n".join(rows)


def levels(result):
    """One machine alone, by privilege level."""
    rows = ["| million instructions | programs | kernels | hypervisor |", "|---|---:|---:|---:|"]
    for step, counts in result.items():
        rows.append(f"| {step} | " + " | ".join(f"{count / MILLION:,.2f}" for count in counts[1:4]) + " |")
    return "\n".join(rows)
