# SPDX-License-Identifier: GPL-2.0-only
"""The patched guest kernel boots as a guest here, as a guest on Xen, and on the bare emulator."""
import os
import re
import shutil

import pytest

from guests import Dom0
from machine import BUILD, TOP, Machine

KERNEL = os.path.join(BUILD, "guest-kernel/vmlinuz")
pytestmark = [pytest.mark.full, pytest.mark.skipif(not os.path.exists(KERNEL), reason="run 'make guest-kernel'")]


@pytest.fixture(scope="module", name="overlay")
def overlay_fixture(tmp_path_factory):
    """dom0 gets the kernel as /guests/patched."""
    root = tmp_path_factory.mktemp("patched")
    (root / "guests").mkdir()
    shutil.copyfile(KERNEL, root / "guests/patched")
    return str(root)


def abi_version():
    """Of the extension ABI, as the hypervisor is built."""
    with open(f"{TOP}/include-public/shoji/extension.h", encoding="utf-8") as header:
        return re.search(r"^#define SHOJI_ABI_VERSION (\d+)$", header.read(), re.M)[1]


@pytest.mark.parametrize("hypervisor", ["shoji", "xen"])
def test_as_a_guest(hypervisor, overlay):
    """It finds the extension ABI where there is one."""
    with Machine(hypervisor=hypervisor, cpus=2, memory=2048, overlays=(overlay,)) as machine:
        dom0 = Dom0(machine).start_services()
        dom0.create("patched", kernel="/guests/patched", memory=64)
        dom0.wait_log("patched", "READY guest 6.1.*-shoji")
        log = machine.run("shoji console patched --log").ok()
        assert (f"shoji: extension ABI version {abi_version()}," in log) == (hypervisor == "shoji")
        said = dom0.type("patched", (30, "# ", "cat /sys/hypervisor/shoji/abi_version || echo none | tr n N"),
                         (30, f"^{abi_version()}" if hypervisor == "shoji" else "NoNe", None))
        assert said
        machine.run("shoji destroy patched").ok()
        machine.power_off()


def test_twenty_four_small_guests(overlay):
    """24 guests of 32 MiB answer at once."""
    with Machine(cpus=2, memory=3072, overlays=(overlay,)) as machine:
        dom0 = Dom0(machine).start_services()
        names = [f"s{number}" for number in range(24)]
        for name in names:
            dom0.create(name, kernel="/guests/patched", memory=32)
        for name in names:
            dom0.wait_log(name, "READY guest", 240)
        machine.power_off()


def test_on_the_bare_emulator():
    """Without a hypervisor it is an ordinary kernel."""
    with Machine(hypervisor="none", memory=256, kernel=KERNEL,
                 initrd=os.path.join(BUILD, "initramfs/guest.cpio.gz")) as machine:
        assert "shoji" in machine.run("uname -r").ok()
        machine.power_off()
