# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's monitor beside a machine: what its memory maps, while it stands still.

    monitor = Monitor()
    with Machine(extra=monitor.arguments) as machine:
        monitor.command("info registers")
"""
import os
import re
import socket
import subprocess
import tempfile
import time

from machine import BUILD

PROMPT = b"(qemu) "


class Monitor:
    """One connection; made when it is first used."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="shoji-monitor-")  # pylint: disable=consider-using-with
        self.path = os.path.join(self.folder.name, "socket")
        self.arguments = ("-monitor", f"unix:{self.path},server=on,wait=off")
        self.socket = None

    def read(self):
        """All up to the prompt."""
        text = b""
        while not text.endswith(PROMPT):
            piece = self.socket.recv(65536)
            if not piece:
                raise RuntimeError(f"the monitor ended after {text!r}")
            text += piece
        return text.decode(errors="replace").replace("\r", "")

    def command(self, line):
        """What it answers."""
        if self.socket is None:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(60)
            self.socket.connect(self.path)
            self.read()
        self.socket.sendall(line.encode() + b"\n")
        return self.read().rpartition("\n")[0]

    def is_mapped(self, address):
        """In the tables that the chosen CPU has loaded."""
        answer = self.command(f"gva2gpa {address:#x}")
        found = re.search(r"gpa: 0x[0-9a-f]+|Unmapped", answer)
        if not found:
            raise RuntimeError(f"the monitor says {answer!r}")
        return found[0] != "Unmapped"


def symbols():
    """{name: address} of the hypervisor."""
    output = subprocess.run(["nm", os.path.join(BUILD, "hypervisor.elf")], stdout=subprocess.PIPE, text=True, check=True)
    rows = map(str.split, output.stdout.splitlines())
    return {row[2]: int(row[0], 16) for row in rows if len(row) == 3}


def check_start_is_gone(monitor, cpus, tries=50):
    """On no CPU is anything of the hypervisor's init part mapped, where the rest of the image is."""
    at = symbols()
    seen = set()
    for _ in range(tries):
        monitor.command("stop")
        for cpu in range(cpus):
            monitor.command(f"cpu {cpu}")
            mapped = [page for page in range(at["init_start"], at["init_end"], 4096) if monitor.is_mapped(page)]
            assert not mapped, f"CPU {cpu}: {[hex(page) for page in mapped]} are still mapped"
            # with page-table isolation, a guest's own table shows nothing of the image
            if monitor.is_mapped(at["text_start"]) and monitor.is_mapped(at["image_end"] - 4096):
                seen.add(cpu)
        monitor.command("cont")
        if len(seen) == cpus:
            return
        time.sleep(0.1)
    raise AssertionError(f"only CPUs {seen} of {cpus} were met with the hypervisor's tables")
