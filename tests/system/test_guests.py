# SPDX-License-Identifier: GPL-2.0-only
"""Stock Debian guests, made by our tools on our hypervisor, served by our backends."""
import os
import shutil
import subprocess

import pytest

from guests import Dom0, disk
from machine import BUILD, TOP, Machine

IMAGE = os.path.join(BUILD, "image/guest.ext4")
pytestmark = pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "tools/shoji")), reason="the tools are not built")


@pytest.fixture(scope="module", name="debian")
def debian_fixture(tmp_path_factory):
    """An overlay for dom0 with what a Debian guest boots from; its disk is build/image/guest.ext4."""
    subprocess.run(["/usr/bin/python3", os.path.join(TOP, "dom0-tools/image/image.py"), "--guest", IMAGE], check=True)
    root = tmp_path_factory.mktemp("debian")
    (root / "guests").mkdir()
    for source, name in ((IMAGE + ".initrd", "debian12.initrd"), (IMAGE + ".initrd-trixie", "debian13.initrd"),
                         (os.path.join(BUILD, "kernel/trixie/vmlinuz"), "debian13.vmlinuz")):
        shutil.copyfile(source, root / "guests" / name)
    return str(root)


def login(dom0, name):
    """A person logs in, looks round and switches the guest off."""
    return dom0.type(name, (120, "login:", "root"), (30, "Password:", "shoji"),
                     (60, "root@guest", "uname -r; findmnt -n -o SOURCE /; systemctl is-system-running; echo lo-ok | tr o 0"),
                     (30, "l0-0k", "systemctl poweroff"))


def boots_debian(machine, kernel, initrd, release):
    """From create to a clean end."""
    dom0 = Dom0(machine)
    dom0.create("debian", memory=384, vcpus=2, kernel=kernel, initrd=initrd, devices=disk("/dev/vda"),
                cmdline="console=hvc0 root=/dev/xvda ro")
    dom0.wait_log("debian", "login:", 180)
    said = login(dom0, "debian")
    assert "/dev/xvda" in said and release in said and "Debian GNU/Linux 12" in said, said
    dom0.wait_gone("debian", 90)
    log = machine.run("shoji console debian --log").ok()
    assert "Power down" in log or "Powering off" in log or "Reached target" in log


def test_debian_12_and_13_kernels_from_a_pv_disk(debian):
    """A Debian 12 root on our block backend: login, clean shutdown; with the 6.1 and the 6.12 kernel."""
    with Machine(cpus=2, memory=3072, overlays=(debian,), disks=(f"virtio:{IMAGE}:snapshot",)) as machine:
        Dom0(machine).start_services()
        machine.run("modprobe -a virtio_pci virtio_blk; wait_for 10 test -b /dev/vda").ok()
        boots_debian(machine, "/guests/vmlinuz", "/guests/debian12.initrd", "6.1.")
        boots_debian(machine, "/guests/debian13.vmlinuz", "/guests/debian13.initrd", "6.12.")
        machine.power_off()


def test_eight_guests_and_fifty_cycles(tmp_path):
    """Eight guests of 128 MiB answer at once; creating and destroying gives all memory back."""
    (tmp_path / "guests").mkdir()
    shutil.copyfile(os.path.join(BUILD, "kernel/current/vmlinux"), tmp_path / "guests/vmlinux")
    with Machine(cpus=2, memory=3072, overlays=(str(tmp_path),)) as machine:
        dom0 = Dom0(machine).start_services()
        dom0.create("warm", kernel="/guests/vmlinux")       # the daemons have their buffers now
        dom0.wait_log("warm", "READY guest")
        machine.run("shoji destroy warm").ok()
        dom0.wait_gone("warm")
        before, kernel = dom0.free_kib(), dom0_used(machine)
        names = [f"g{number}" for number in range(8)]
        for name in names:
            dom0.create(name, kernel="/guests/vmlinux")
        for name in names:
            dom0.wait_log(name, "READY guest", 240)
        for name in names:
            assert f"I am {name[1]}x" in dom0.type(name, (30, "# ", f"echo I am $(({name[1]}))x"), (30, "I am [0-9]x", None))
        rows = machine.run("shoji list").ok()
        assert all(f" {name} " in rows for name in names), rows
        top = machine.run("shoji top --batch --delay 1").ok()
        assert all(f" {name} " in top for name in names), top
        for name in names:
            machine.run(f"shoji destroy {name}").ok()
        for name in names:
            dom0.wait_gone(name)
        dom0.define("cycle", kernel="/guests/vmlinux")
        machine.run("for i in $(seq 42); do shoji create /root/cycle.xml >/dev/null && shoji destroy cycle || exit 1; done", 400).ok()
        dom0.wait_gone("cycle")
        assert dom0.free_kib() == before
        assert dom0_used(machine) - kernel < 4096, "dom0's memory grew"
        machine.power_off()


def dom0_used(machine):
    """KiB that dom0's kernel and programs hold, without files."""
    machine.run("sync; echo 3 > /proc/sys/vm/drop_caches")
    text = machine.run("awk '/^(Slab|PageTables|KernelStack|AnonPages|VmallocUsed):/ { n += $2 } END { print n }' /proc/meminfo").ok()
    return int(text)
