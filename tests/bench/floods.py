#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""make floods: what a guest gets done beside one that floods the daemons of domain 0.

A whole machine with one CPU, which domain 0, a victim that computes and an attacker share; the emulator counts
instructions as time (-icount), so the load of the host changes nothing. kernels/flood.c is both guests: they say in the
hypervisor's log how far they are. The victim's share is what it gets done in a second, relative to the same beside an
attacker that computes, too. Prints a Markdown table; a share below LIMIT fails.

floods.py [DEED...]: these floods alone.
"""
import os
import re
import subprocess
import sys
import tempfile

import rig                              # first: it says where the other modules are
from guests import CARD, Dom0, definition, disk
from machine import Machine

LIMIT = 95.0
SETTLE, SPAN = 1, 1                     # seconds of the machine's time
DEEDS = {
    "compute": "computes",
    "store-read": "reads from the store",
    "store-write": "writes to the store",
    "store-event": "sends events to the store",
    "console-write": "writes to its console",
    "console-event": "sends events to the console daemon",
    "disk-event": "sends events to its disk's backend",
    "card-event": "sends events to its card's backend",
    "disk-state": "connects its disk over and over",
}
DEVICES = {"disk": disk("/root/disk"), "card": CARD.format("00:16:3e:00:00:07")}
LINE = re.compile(r"FLOOD (\S+) (\d+) (\d+)")


def make_overlay(folder):
    """The kernel, and a definition for each deed; the victim is a guest that computes."""
    os.makedirs(f"{folder}/flood")
    subprocess.run(["strip", "-o", f"{folder}/flood/kernel", f"{rig.OUT}/flood.elf"], check=True)
    for name, deed in [("victim", "compute")] + [(deed, deed) for deed in DEEDS]:
        text = definition(name, memory=24, kernel="/flood/kernel", cmdline=f"deed={deed}",
                          devices=DEVICES.get(deed.split("-", maxsplit=1)[0], ""))
        with open(f"{folder}/flood/{name}.xml", "w", encoding="ascii") as file:
            file.write(re.sub(r"\s*<initrd>.*</initrd>", "", text))


class Flood:
    """One machine with a victim in it."""

    def __init__(self, machine):
        self.machine = machine
        self.dom0 = Dom0(machine).start_services()
        machine.run("modprobe -a bridge tun; ip link add br0 type bridge; ip link set br0 up; "
                    "dd if=/dev/zero of=/root/disk bs=1M count=1 2>/dev/null").ok()
        self.machine.run("shoji create /flood/victim.xml", 300).ok()
        self.victim = self.domain("victim")

    def domain(self, name):
        """Its number, as the log says it."""
        return "d" + self.machine.run(f"shoji list {name} --json | sed -n 's/.*\"id\": *\\([0-9]*\\).*/\\1/p'").ok().split()[0]

    def said(self, domain):
        """[(ns, so much was done)], all that the domain has said."""
        self.machine.child.logfile_read.flush()
        with open(self.machine.log, encoding="utf-8", errors="replace") as log:
            lines = [line for line in log if f" {domain}: FLOOD" in line]
        return [(int(match.group(2)), int(match.group(3))) for match in map(LINE.search, lines) if match]

    def rate(self, domain, before):
        """Deeds per second since it had said so many lines."""
        lines = self.said(domain)[before:]
        if len(lines) < 3:
            sys.exit(f"floods: {domain} is silent" + self.machine.tail())
        (begin, first), (end, last) = lines[0], lines[-1]
        return 1e9 * (last - first) / (end - begin)

    def measure(self, deed):
        """(victim's, attacker's) deeds per second."""
        self.machine.run(f"shoji create /flood/{deed}.xml", 300).ok()
        attacker = self.domain(deed)
        self.machine.run(f"sleep {SETTLE}", 600)
        before = len(self.said(self.victim)), len(self.said(attacker))
        self.machine.run(f"sleep {SPAN}", 600)
        rates = self.rate(self.victim, before[0]), self.rate(attacker, before[1])
        self.machine.run(f"shoji destroy {deed}", 300).ok()
        self.dom0.wait_gone(deed, 120)
        return rates


def main():
    """The table; exit status 1 if the victim gets too little."""
    wanted = sys.argv[1:] or list(DEEDS)
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        make_overlay(folder)
        with Machine(extra=rig.ICOUNT, boot_timeout=1800, overlays=(folder,), hypervisor_options="loglvl=all") as machine:
            flood = Flood(machine)
            fair, _ = flood.measure("compute")
            print("| the attacker | victim's share | attacker's deeds in a second |\n|---|--:|--:|")
            for deed in wanted:
                done, deeds = flood.measure(deed)
                share = 100 * done / fair
                print(f"| {DEEDS[deed]} | {share:.1f} % | {deeds:,.0f} |", flush=True)
                if share < LIMIT:
                    failed.append(f"{DEEDS[deed]}: {share:.1f} %")
    for line in failed:
        print(f"FAIL less than {LIMIT} %: {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
