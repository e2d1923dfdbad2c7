# SPDX-License-Identifier: GPL-2.0-only
"""The patched guest kernels boot as dom0 and as a guest here, as a guest on Xen, and on the bare emulator, and do
everywhere what processes want of them, without a complaint in their logs."""
import os
import re
import shutil
import subprocess

import pytest

from guests import Dom0
from machine import BUILD, TOP, Machine  # first: it says where the next one is
import initramfs

KERNELS = {"6.1": os.path.join(BUILD, "guest-kernel/vmlinuz"), "6.12": os.path.join(BUILD, "guest-kernel/6.12/vmlinuz")}
pytestmark = pytest.mark.full
for_each_kernel = pytest.mark.parametrize("linux", [
    pytest.param(linux, marks=pytest.mark.skipif(not os.path.exists(path), reason=f"run 'make guest-kernel LINUX={linux}'"))
    for linux, path in KERNELS.items()])


# The first program runs this before its shell.
RC = """process_load 3
dmesg > /tmp/dmesg
grep -E 'WARNING|BUG|multicall|Bad |Oops|general protection' /tmp/dmesg && echo KERNEL COMPLAINS
echo LOAD ENDS
"""


@pytest.fixture(scope="module", name="overlay")
def overlay_fixture(tmp_path_factory):
    """dom0 gets each kernel as /guests/patched-VERSION, and /guests/load, which begins with the load."""
    root = tmp_path_factory.mktemp("patched")
    (root / "guests").mkdir()
    for linux, path in KERNELS.items():
        if os.path.exists(path):
            shutil.copyfile(path, root / f"guests/patched-{linux}")
    (root / "usr/bin").mkdir(parents=True)
    program = str(root / "usr/bin/process_load")
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-pthread", "-o", program,
                    f"{TOP}/tests/system/programs/process_load.c"], check=True)
    initramfs.guest_with(root / "guests/load", {"usr/bin/process_load": program, "etc/rc": RC.encode()})
    (root / "root").mkdir()
    (root / "root/load").write_text(RC)
    return str(root)


def abi_version():
    """Of the extension ABI, as the hypervisor is built."""
    with open(f"{TOP}/include-public/shoji/extension.h", encoding="utf-8") as header:
        return re.search(r"^#define SHOJI_ABI_VERSION (\d+)$", header.read(), re.M)[1]


def check_load(said):
    """All of it was done and the kernel had nothing to say about it."""
    assert re.search(r"^LOAD OK\r?$", said, re.M), said[-3000:]
    assert "LOAD ENDS" in said and "KERNEL COMPLAINS" not in said, said[-3000:]


@for_each_kernel
@pytest.mark.parametrize("hypervisor", ["shoji", "xen"])
def test_as_a_guest(hypervisor, linux, overlay):
    """It finds the extension ABI where there is one."""
    with Machine(hypervisor=hypervisor, cpus=2, memory=2048, overlays=(overlay,)) as machine:
        dom0 = Dom0(machine).start_services()
        dom0.create("patched", kernel=f"/guests/patched-{linux}", memory=64)
        dom0.wait_log("patched", f"READY guest {linux}[.].*-shoji")
        log = machine.run("shoji console patched --log").ok()
        assert (f"shoji: extension ABI version {abi_version()}," in log) == (hypervisor == "shoji")
        said = dom0.type("patched", (30, "# ", "cat /sys/hypervisor/shoji/abi_version || echo none | tr n N"),
                         (30, f"^{abi_version()}" if hypervisor == "shoji" else "NoNe", None))
        assert said
        machine.run("shoji destroy patched").ok()
        machine.power_off()


@for_each_kernel
def test_as_dom0(linux, overlay):
    """It carries our tools and a guest with the same kernel, and does there itself what processes want of it."""
    with Machine(cpus=2, memory=2048, kernel=KERNELS[linux], overlays=(overlay,)) as machine:
        assert machine.run("uname -r").ok().startswith(f"{linux}.")
        assert machine.run("cat /sys/hypervisor/shoji/abi_version").ok().split() == [abi_version()]
        check_load(machine.run("sh /root/load", 600).ok())
        dom0 = Dom0(machine).start_services()
        dom0.create("patched", kernel=f"/guests/patched-{linux}", memory=64)
        dom0.wait_log("patched", f"READY guest {linux}[.].*-shoji")
        machine.run("shoji destroy patched").ok()
        machine.power_off()


@for_each_kernel
@pytest.mark.parametrize("options", ["", "noshoji"])
@pytest.mark.parametrize("hypervisor", ["shoji", "xen"])
def test_processes(hypervisor, options, linux, overlay):
    """Address spaces come, change and go; with one vCPU and with two, with the extension and without."""
    with Machine(hypervisor=hypervisor, cpus=2, memory=2048, overlays=(overlay,)) as machine:
        dom0 = Dom0(machine).start_services()
        for vcpus in (1, 2):
            name = f"load{vcpus}"
            dom0.create(name, kernel=f"/guests/patched-{linux}", initrd="/guests/load", memory=128, vcpus=vcpus,
                        cmdline=f"console=hvc0 {options}")
            dom0.wait_log(name, "LOAD ENDS", 600)
            log = machine.run(f"shoji console {name} --log").ok()
            check_load(log)
            assert ("shoji: extension ABI" in log) == (hypervisor == "shoji" and not options)
            machine.run(f"shoji destroy {name}").ok()
        machine.power_off()


@for_each_kernel
def test_twenty_four_small_guests(linux, overlay):
    """24 guests of 32 MiB answer at once."""
    with Machine(cpus=2, memory=3072, overlays=(overlay,)) as machine:
        dom0 = Dom0(machine).start_services()
        names = [f"s{number}" for number in range(24)]
        for name in names:
            dom0.create(name, kernel=f"/guests/patched-{linux}", memory=32)
        for name in names:
            dom0.wait_log(name, "READY guest", 240)
        machine.power_off()


@for_each_kernel
def test_on_the_bare_emulator(linux, overlay):
    """Without a hypervisor it is an ordinary kernel."""
    load = os.path.join(overlay, "guests/load")
    with Machine(hypervisor="none", memory=256, kernel=KERNELS[linux], initrd=load) as machine:
        assert re.search(rf"^{linux}[.].*shoji", machine.run("uname -r").ok(), re.M)
        check_load(machine.run("sh /etc/rc", 300).ok())
        machine.power_off()
