#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Boot the disk image on the reference machine: QEMU q35, OVMF, 2 CPUs, 4 GiB.

    run.py [--hypervisor shoji|xen] [--cpus N] [--memory MIB] [--tour] [--dry-run]

On a terminal you get dom0's console; leaving its shell powers the machine off (Ctrl-A x ends QEMU at
once). Without a terminal, or with --tour, a scripted tour runs and its exit status tells how it went.
Changes of the disk are forgotten when the machine is switched off.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

import image
import tour

OVMF = "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"

WELCOME = """
  Shoji boots on an emulated PC ({accelerator}, {cpus} CPUs, {memory} MiB):
  firmware -> hypervisor -> Debian as dom0 -> a root shell, in about {seconds} seconds.

    exit            (in that shell) powers the machine off
    Ctrl-A x        ends the emulator at once

"""


def kvm_works():
    """KVM is used only where it can be: a present /dev/kvm proves nothing."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        flags = re.search(r"^flags\s*:(.*)$", file.read(), re.M)
    words = flags.group(1).split() if flags else []
    return ("vmx" in words or "svm" in words) and os.access("/dev/kvm", os.R_OK | os.W_OK)


def command(options, disk, variables):
    """The whole QEMU command."""
    accelerator = ["-accel", "kvm", "-cpu", "host"] if options.kvm else ["-accel", "tcg", "-cpu", options.cpu_model]
    return ["qemu-system-x86_64", "-machine", "q35", *accelerator,
            "-smp", str(options.cpus), "-m", str(options.memory),
            "-nodefaults", "-display", "none", "-serial", "mon:stdio", "-no-reboot",
            "-drive", f"if=pflash,format=raw,readonly=on,file={OVMF[0]}",
            "-drive", f"if=pflash,format=raw,file={variables}",
            "-drive", f"if=none,id=disk,format=raw,file={disk},snapshot=on",
            "-device", "ide-hd,drive=disk,bus=ide.0,bootindex=1",
            "-netdev", "user,id=net", "-device", "e1000e,netdev=net"]


def parse_arguments():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--hypervisor", default="shoji", choices=["shoji", "xen"])
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--memory", type=int, default=4096, help="MiB")
    parser.add_argument("--cpu-model", default="Haswell-v4,-pcid,-x2apic,-tsc-deadline,-invpcid,-spec-ctrl", help="for the emulation")
    parser.add_argument("--tour", action="store_true", help="the scripted tour, on a terminal too")
    parser.add_argument("--log", default=os.path.join(image.BUILD, "logs/run.log"), help="the tour's console")
    parser.add_argument("--dry-run", action="store_true", help="build the image, print QEMU's command")
    options = parser.parse_args()
    options.kvm = kvm_works()
    return options


def interact(options, machine):
    """A person at the console."""
    print(WELCOME.format(accelerator="KVM" if options.kvm else "TCG", cpus=options.cpus,
                         memory=options.memory, seconds=15 if options.kvm else 60), flush=True)
    return subprocess.run(machine, check=False).returncode


def main():
    """Build the image if need be, boot it."""
    options = parse_arguments()
    disk = os.path.join(image.OUT, options.hypervisor + ".img")
    subprocess.run([sys.executable, image.__file__, "--hypervisor", options.hypervisor, disk], check=True)
    with tempfile.TemporaryDirectory(prefix="shoji-run-") as work:
        variables = os.path.join(work, "vars.fd")
        shutil.copyfile(OVMF[1], variables)
        machine = command(options, disk, variables)
        if options.dry_run:
            print(" ".join(machine))
            return 0
        if sys.stdin.isatty() and sys.stdout.isatty() and not options.tour:
            return interact(options, machine)
        os.makedirs(os.path.dirname(options.log), exist_ok=True)
        return tour.take(machine, options.log, slow=not options.kvm)


if __name__ == "__main__":
    sys.exit(main())
