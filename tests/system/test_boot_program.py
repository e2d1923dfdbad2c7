# SPDX-License-Identifier: GPL-2.0-only
"""The boot programs refuse bad input with one clear sentence, on the serial port, before any damage.

None of these machines gets as far as the hypervisor, so each takes seconds.
"""
import gzip
import os
import re
import struct
import subprocess

import pytest
from machine import BUILD, Machine

pytestmark = pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "shoji.efi")), reason="the hypervisor is not built")
KERNEL = os.path.join(BUILD, "kernel/current")


@pytest.fixture(name="files")
def _files(tmp_path):
    """Files that are no good kernels, by name; and a small initrd."""
    with open(os.path.join(KERNEL, "vmlinuz"), "rb") as file:
        good = file.read()
    payload = (good[0x1f1] + 1) * 512 + struct.unpack_from("<I", good, 0x248)[0]
    middle = payload + 2_000_000
    other = bytearray(good[:payload] + b"BZh9" + bytes(60))
    struct.pack_into("<I", other, 0x24c, 64)
    packed = gzip.compress(open("/bin/true", "rb").read())
    strange = bytearray(good[:payload] + packed)
    struct.pack_into("<I", strange, 0x24c, len(packed))
    contents = {"short": good[:4_000_000], "damaged": good[:middle] + bytes(5000) + good[middle + 5000:],
                "bzip2": bytes(other), "text": b"hello\n" * 1000, "strange": bytes(strange), "initrd": b"x" * 5000}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def refuse(files, pattern, **description):
    """Boot; the sentence must come."""
    machine = Machine(initrd=str(files / "initrd"), **description)
    try:
        machine.spawn().expect("shoji: cannot boot: [^\r\n]*" + pattern, 60)
    finally:
        machine.close()


@pytest.mark.parametrize("name, pattern", [
    ("short", "short: the bzImage is cut short"),
    ("damaged", "damaged: the compressed kernel in it is damaged"),
    ("bzip2", "bzip2: .* not known here"),
    ("text", "text: neither a bzImage nor an ELF file"),
    ("strange", "strange: the kernel for dom0 cannot be used: .*XEN_ELFNOTE"),
])
def test_bad_kernel(files, name, pattern):
    """The file is named, and what is wrong with it."""
    refuse(files, pattern, kernel=str(files / name), machine="pc", memory=512)


def test_no_kernel(files):
    """Nothing to boot is said, with the way to say it."""
    machine = Machine(initrd=str(files / "initrd"), machine="pc", memory=256)
    command = machine.command()
    at = command.index("-initrd")
    del command[at:at + 2]
    machine.command = lambda: command
    try:
        machine.spawn().expect("shoji: cannot boot: no kernel for dom0", 60)
    finally:
        machine.close()


def test_too_little_memory(files):
    """How much was missing is said."""
    refuse(files, r"not enough memory below 4 GiB: \d+ KiB", kernel="vmlinuz", machine="pc", memory=64)


def with_config(files, text):
    """A machine that boots our UEFI program with this shoji.cfg (None: without one)."""
    machine = Machine(firmware="ovmf", kernel=str(files / "text"), initrd=str(files / "initrd"), memory=512)
    command = machine.command()
    esp = os.path.join(machine.work, "esp.img")
    config = "::EFI/BOOT/shoji.cfg"
    if text is None:
        subprocess.run(["mdel", "-i", esp, config], check=True)
    else:
        (files / "shoji.cfg").write_text(text, encoding="utf-8")
        subprocess.run(["mcopy", "-o", "-i", esp, str(files / "shoji.cfg"), config], check=True)
    machine.command = lambda: command
    return machine


@pytest.mark.parametrize("text, pattern", [
    (None, r"configuration \EFI\BOOT\shoji.cfg: no such file"),
    ("kernel=vmlinuz\nkernle=x\n", "shoji.cfg:2: unknown key"),
    ("kernel=nowhere\n", r"kernel for dom0 \EFI\BOOT\nowhere: no such file"),
    ("kernel=vmlinuz\n", "vmlinuz: neither a bzImage nor an ELF file"),
])
def test_bad_configuration(files, text, pattern):
    """The UEFI program names the file and, for its text file, the line."""
    machine = with_config(files, text)
    try:
        machine.spawn().expect("shoji: cannot boot: " + re.escape(pattern), 60)
    finally:
        machine.close()
