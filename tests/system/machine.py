# SPDX-License-Identifier: GPL-2.0-only
"""A whole machine in QEMU, driven over its serial console.

    with Machine(hypervisor="xen", reference=True) as machine:
        machine.run("start-reference")
        print(machine.run("xl list").output)

The console goes to a log file from the first byte. Every wait has a limit, and QEMU dies with this
process whatever happens. Nothing here knows what is being tested; but before a machine on Shoji ends,
its hypervisor must have kept its books: `shoji audit` finds nothing, or the test fails.
"""
import base64
import ctypes
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pexpect

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(TOP, "build")
sys.path.insert(0, os.path.join(TOP, "tests/tools"))

import esp  # noqa: E402  pylint: disable=wrong-import-position
import fetch  # noqa: E402  pylint: disable=wrong-import-position
import initramfs  # noqa: E402  pylint: disable=wrong-import-position

QEMU = ["qemu-system-x86_64"]
NEWER = os.path.join(BUILD, "emulator/usr")          # tests/tools/fetch.py emulator
NEWER_QEMU = [f"{NEWER}/bin/qemu-system-x86_64", "-L", f"{NEWER}/share/qemu", "-L", f"{NEWER}/share/seabios"]
HYPERVISORS = {"xen": os.path.join(BUILD, "xen/xen"), "shoji": os.path.join(BUILD, "shoji")}
EFI_HYPERVISORS = {"xen": os.path.join(BUILD, "xen/xen.efi"), "shoji": os.path.join(BUILD, "shoji.efi")}
DISASTER = ["Kernel panic", r"Panic on CPU", r"\(HV\) .*PANIC on CPU", "Hardware Dom0 crashed",
            "end Kernel panic", "Could not set up DOM0", r"shoji: cannot boot: [^\r\n]*[\r\n]"]
HYPERVISOR_LINE = re.compile(r"^\((XEN|HV)\) ?.*\n?", re.M)


class MachineError(Exception):
    """The machine did not do what was expected; carries the end of its console."""


@dataclasses.dataclass
class Result:
    """What a command in dom0 printed and returned."""
    output: str
    status: int

    def ok(self):
        """The output of a command that must have succeeded."""
        if self.status:
            raise MachineError(f"status {self.status}:\n{self.output}")
        return self.output


def fetch_newer():
    """The emulator for Machine(newer=True)."""
    fetch.take("emulator", False)


def die_with_parent():
    """In the child: be killed when the test process ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@dataclasses.dataclass
class Machine:  # pylint: disable=too-many-instance-attributes
    """One machine. The fields are its description; start() makes it run."""
    hypervisor: str = "shoji"           # shoji | xen | none (bare Linux)
    machine: str = "q35"                # q35 | pc
    firmware: str = "seabios"           # seabios (direct boot) | ovmf (from an ESP)
    cpus: int = 1
    memory: int = 1536                  # MiB
    dom0_memory: int = 1024             # MiB
    cpu_model: str = "Haswell-v4"
    newer: bool = False                 # the emulator that was fetched instead of the installed one
    kernel: str = "vmlinux"             # vmlinux | vmlinuz of Debian's kernel, or a path
    kernel_options: str = ""
    hypervisor_options: str = ""
    isolation: str = "off"              # pti=: on costs twice the time in emulation
    hypervisor_image: str = ""          # instead of build/shoji or build/xen/xen
    initrd: str = ""                    # instead of the one made of base, our tools and overlays
    reference: bool = False             # with Debian's xl, xenstored, xenconsoled in dom0
    overlays: tuple = ()                # directories laid over dom0's root
    disks: tuple = ()                   # "virtio:PATH" | "ahci:PATH" [":snapshot"]
    net: str = ""                       # "" | e1000e | e1000 | virtio
    extra: tuple = ()                   # more QEMU arguments
    log: str = ""                       # console log; default build/logs/…
    boot_timeout: int = 300
    audited: bool = True                # before it ends, where it runs Shoji with our tools

    def __post_init__(self):
        self.child = None
        self.work = tempfile.mkdtemp(prefix="shoji-machine-")
        if not self.log:
            logs = os.path.join(BUILD, "logs")
            os.makedirs(logs, exist_ok=True)
            self.log = os.path.join(logs, f"{self.hypervisor}-{os.getpid()}-{time.time_ns() % 10**9}.log")

    # -- the command line ---------------------------------------------------------------------

    def kernel_path(self):
        """dom0's kernel."""
        if "/" in self.kernel:
            return self.kernel
        return os.path.join(BUILD, "kernel/current", self.kernel)

    def initrd_path(self):
        """dom0's initramfs, assembled for this run."""
        if self.initrd:
            return self.initrd
        initramfs.build()
        path = os.path.join(self.work, "initrd")
        initramfs.assemble(path, self.reference, self.overlays)
        return path

    def options(self):
        """(hypervisor's command line, kernel's command line)."""
        console = "ttyS0" if self.hypervisor == "none" else "hvc0"
        hypervisor = f"dom0_mem={self.dom0_memory}M com1=115200,8n1 console=com1 {self.hypervisor_options}"
        if self.hypervisor == "shoji" and "pti=" not in self.hypervisor_options:
            hypervisor = f"{hypervisor} pti={self.isolation}"
        return hypervisor.strip(), f"console={console} {self.kernel_options}".strip()

    def direct_boot(self):
        """QEMU's -kernel."""
        hypervisor, kernel = self.options()
        if self.hypervisor == "none":
            return ["-kernel", self.kernel_path(), "-append", kernel, "-initrd", self.initrd_path()]
        image = self.hypervisor_image or HYPERVISORS[self.hypervisor]
        modules = f"{self.kernel_path()} {kernel.replace(',', ',,')},{self.initrd_path()}"
        return ["-kernel", image, "-append", hypervisor, "-initrd", modules]

    def efi_boot(self):
        """OVMF with an ESP made for this run."""
        hypervisor, kernel = self.options()
        image = self.hypervisor_image or EFI_HYPERVISORS[self.hypervisor]
        path = os.path.join(self.work, "esp.img")
        esp.write(path, self.hypervisor, image, hypervisor, self.kernel_path(), kernel, self.initrd_path())
        variables = os.path.join(self.work, "vars.fd")
        shutil.copyfile("/usr/share/OVMF/OVMF_VARS_4M.fd", variables)
        return ["-drive", "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd",
                "-drive", f"if=pflash,format=raw,file={variables}",
                "-drive", f"if=none,id=esp,format=raw,file={path}",
                "-device", "virtio-blk-pci,drive=esp,bootindex=1"]

    def disk_arguments(self):
        """-drive and -device for each disk."""
        arguments = []
        for number, disk in enumerate(self.disks):
            kind, path = disk.split(":", 1)
            path, _, flag = path.partition(":")
            snapshot = ",snapshot=on" if flag == "snapshot" else ""
            arguments += ["-drive", f"if=none,id=disk{number},format=raw,file={path}{snapshot}"]
            if kind == "ahci" and self.machine == "pc":
                arguments += ["-device", f"ahci,id=ahci{number}"]
                arguments += ["-device", f"ide-hd,drive=disk{number},bus=ahci{number}.0"]
            elif kind == "ahci":
                arguments += ["-device", f"ide-hd,drive=disk{number},bus=ide.{number}"]
            else:
                arguments += ["-device", f"virtio-blk-pci,drive=disk{number}"]
        return arguments

    def command(self):
        """The whole QEMU command."""
        command = [*(NEWER_QEMU if self.newer else QEMU), "-machine", self.machine, "-accel", "tcg", "-cpu", self.cpu_model,
                   "-smp", str(self.cpus), "-m", str(self.memory), "-nographic", "-no-reboot",
                   "-nodefaults", "-serial", "mon:stdio", "-vga", "none"]
        command += self.efi_boot() if self.firmware == "ovmf" else self.direct_boot()
        command += self.disk_arguments()
        if self.net:
            device = "virtio-net-pci" if self.net == "virtio" else self.net
            command += ["-netdev", "user,id=net0", "-device", f"{device},netdev=net0"]
        return command + list(self.extra)

    # -- running --------------------------------------------------------------------------------

    def spawn(self):
        """Start QEMU; the console goes to the log."""
        command = self.command()
        self.child = pexpect.spawn(command[0], command[1:], timeout=60, encoding="utf-8", echo=False,
                                   codec_errors="replace", preexec_fn=die_with_parent,
                                   dimensions=(50, 500))
        self.child.logfile_read = open(self.log, "w", encoding="utf-8", newline="")
        self.child.delaybeforesend = None
        return self

    def start(self):
        """Boot to dom0's shell and put the agent there."""
        return self.spawn().boot()

    def boot(self):
        """What start() does when the machine is on."""
        self.expect(r"READY \S+ .*\n", self.boot_timeout)
        self.expect(r"# ", 60)
        for _ in range(3):
            self.child.send("test-agent\r")
            try:
                self.expect(r"@@agent@@\r*\n", 20)
                return self
            except MachineError:
                if not self.child.isalive():
                    raise
        raise MachineError("dom0's shell does not answer" + self.tail())

    def expect(self, pattern, timeout=60):
        """Wait for a pattern on the console; a panic or the end of the machine is an error at once."""
        try:
            index = self.child.expect([pattern] + DISASTER, timeout=timeout)
        except pexpect.TIMEOUT:
            raise MachineError(f"no {pattern!r} within {timeout} s" + self.tail()) from None
        except pexpect.EOF:
            raise MachineError(f"the machine ended before {pattern!r}" + self.tail()) from None
        if index:
            try:
                self.child.expect("@@never@@", timeout=3)
            except (pexpect.TIMEOUT, pexpect.EOF):
                pass
            raise MachineError(f"disaster: {DISASTER[index - 1]}" + self.tail())
        return self.child.match

    def tail(self, lines=40):
        """The end of the console log, for error messages."""
        self.child.logfile_read.flush()
        with open(self.log, encoding="utf-8", errors="replace", newline="") as file:
            text = file.read().replace("\r", "").splitlines()[-lines:]
        return f"\n--- end of {self.log} ---\n" + "\n".join(text)

    def send(self, text):
        """Type text slowly enough for a serial port with small buffers."""
        for start in range(0, len(text), 48):
            self.child.send(text[start:start + 48])
            time.sleep(0.01)

    def run(self, command, timeout=60):
        """Run one shell line in dom0; returns output and status."""
        command = command.strip()
        if "\n" in command or len(command) > 3000:
            self.put("/tmp/script", (command + "\n").encode())
            command = ". /tmp/script"
        for _ in range(5):
            self.send(f"{len(command)} {command}\r")
            match = self.expect(r"@@(begin|resend)@@\r*\n", 30)
            if match.group(1) == "begin":
                match = self.expect(r"@@end (\d+)@@\r*\n", timeout)
                output = self.child.before.replace("\r", "")
                return Result(HYPERVISOR_LINE.sub("", output), int(match.group(1)))
        raise MachineError("the console loses characters" + self.tail())

    def put(self, path, data):
        """Write a small file into dom0 over the console."""
        self.run(f": > {path}.b64")
        text = base64.b64encode(data).decode()
        for start in range(0, len(text), 1500):
            self.run(f"echo {text[start:start + 1500]} >> {path}.b64").ok()
        self.run(f"base64 -d {path}.b64 > {path} && rm {path}.b64").ok()

    def uptime(self, timeout=60):
        """The machine's clock, in seconds."""
        return float(self.run("cut -d' ' -f1 /proc/uptime", timeout).ok())

    def audit(self, timeout=120):
        """The hypervisor's books must be in order; returns what was checked, as `shoji audit --json` says it."""
        result = self.run("modprobe -q xen-privcmd 2>/dev/null; shoji audit --json", timeout)
        if result.status:
            raise MachineError(f"shoji audit: status {result.status}:\n{result.output}" + self.tail())
        return json.loads(result.output)

    def audit_at_end(self):
        """The same, once, where it is wanted."""
        if self.audited and self.hypervisor == "shoji":
            self.audited = False
            self.audit()

    def power_off(self, timeout=60):
        """Audit the machine and switch it off from inside; returns QEMU's exit status."""
        self.audit_at_end()
        self.send("11 poweroff -f\r")
        try:
            self.child.expect(pexpect.EOF, timeout=timeout)
        except pexpect.TIMEOUT:
            raise MachineError(f"still on {timeout} s after poweroff" + self.tail()) from None
        self.child.wait()
        return self.child.exitstatus

    def close(self):
        """End QEMU whatever its state, and remove the temporary files."""
        if self.child is not None:
            try:
                os.kill(self.child.pid, signal.SIGKILL)
                self.child.wait()                   # may take seconds when the host is busy
            except (ProcessLookupError, pexpect.ExceptionPexpect):
                pass
            self.child.close(force=True)
            self.child.logfile_read.close()
            self.child = None
        shutil.rmtree(self.work, ignore_errors=True)

    def interact(self):
        """Hand the terminal to the machine (Ctrl-A x ends QEMU)."""
        try:
            return subprocess.run(self.command(), preexec_fn=die_with_parent, check=False).returncode
        finally:
            self.close()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, error, *_):
        try:
            if error is None and self.child is not None and self.child.isalive():
                self.audit_at_end()
        finally:
            self.close()
