# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's monitor beside a machine.

    monitor = Monitor()
    start QEMU with monitor.arguments among its own, then
    monitor.command("info registers")
"""
import os
import re
import socket
import tempfile

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
