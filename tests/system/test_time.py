# SPDX-License-Identifier: GPL-2.0-only
"""A guest's clocks: never back, without system calls where the TSC is good, sane after a pause, in step with dom0's."""
import os
import re
import subprocess

import pytest

from guests import CARD, Dom0
from machine import BUILD, TOP, Machine  # first: it says where the next one is
import initramfs

pytestmark = pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "tools/shoji-netback")), reason="the network backend is not built")
PAUSE = 60      # seconds
DRIFT = 1000000 # ns


@pytest.fixture(name="overlay")
def overlay_fixture(tmp_path):
    """dom0 gets the program, and an initramfs for guests that has it, too."""
    program = tmp_path / "usr/bin/clocks"
    program.parent.mkdir(parents=True)
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-pthread", "-o", str(program),
                    f"{TOP}/tests/system/programs/clocks.c"], check=True)
    (tmp_path / "guests").mkdir()
    initramfs.guest_with(tmp_path / "guests/clocks", {"usr/bin/clocks": str(program)})
    return str(tmp_path)


def start_guest(machine):
    """dom0 with a bridge and the guest on it."""
    dom0 = Dom0(machine).start_services()
    machine.run("modprobe -a bridge tun; ip link add br0 type bridge; ip link set br0 up; ip addr add 10.9.0.1/24 dev br0").ok()
    dom0.create("clocks", vcpus=2, memory=192, initrd="/guests/clocks", devices=CARD.format("00:16:3e:00:00:09"))
    dom0.wait_log("clocks", "READY guest")
    return dom0


def never_back(dom0):
    """Two vCPUs beside one another; what the vDSO did is in the answer."""
    said = dom0.type("clocks", (60, "# ", "clocks vdso; clocks back 3; echo done | tr d D"), (120, "Done", None))
    assert "clocks: back 0 of many" in said, said
    return said


def after_a_pause(machine, dom0):
    """A guest that was paused for a minute sees that minute once, and goes on."""
    dom0.type("clocks", (20, "# ", "clocks gap 65 &"), (10, "gap begins", None))
    up = machine.uptime()
    machine.run("shoji pause clocks").ok()
    machine.run(f"sleep {PAUSE}", PAUSE + 60).ok()
    machine.run("shoji unpause clocks").ok()
    most = machine.uptime() - up + 1
    dom0.wait_log("clocks", "clocks: gap [0-9]")
    log = machine.run("cat /var/log/shoji/console/clocks.log").ok()
    for found in re.search(r"clocks: gap (\d+) ms, (\d+) ms", log).groups():
        assert PAUSE - 1 <= int(found) / 1000 <= most, log
    assert not re.search(r"stalls|soft lockup|unstable|BUG:", log), log


def offset(machine):
    """The guest's clock minus dom0's, in ns, and how well that is known."""
    said = machine.run("clocks ask 10.9.0.2 7000", 120).ok()
    return [int(number) for number in re.search(r"offset (-?\d+) within (\d+)", said).groups()]


def in_step(machine, dom0, seconds, load):
    """Both clocks may go apart by a millisecond in ten minutes, or by what cannot be told."""
    dom0.type("clocks", (20, "# ", "ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up; (clocks serve 7000 &); echo served | tr s S"),
              (20, "Served", load))
    first = offset(machine)
    machine.run(f"sleep {seconds}", seconds + 120).ok()
    last = offset(machine)
    assert abs(last[0] - first[0]) <= DRIFT * seconds / 600 + first[1] + last[1], (first, last)


def wall_clock(machine, dom0):
    """What dom0 sets is what a new guest sees."""
    machine.run("date -s '2031-05-06 07:08:09'").ok()
    dom0.create("late", initrd="/guests/clocks")
    dom0.wait_log("late", "READY guest")
    assert "2031" in dom0.type("late", (20, "# ", "date; echo done | tr d D"), (20, "Done", None))


@pytest.mark.full
def test_clocks_of_a_good_tsc(overlay):
    """All of it where the TSC can be trusted."""
    with Machine(cpus=2, memory=2048, overlays=(overlay,)) as machine:
        dom0 = start_guest(machine)
        assert "clocks: vdso works" in never_back(dom0)
        in_step(machine, dom0, 10, None)
        after_a_pause(machine, dom0)
        wall_clock(machine, dom0)
        machine.power_off()


def test_clocks_of_an_unstable_tsc(overlay):
    """Without trust in the TSC, clocks need system calls and are still right."""
    with Machine(cpus=2, memory=2048, overlays=(overlay,), hypervisor_options="tsc=unstable") as machine:
        dom0 = start_guest(machine)
        assert "clocks: vdso asks" in never_back(dom0)
        in_step(machine, dom0, 10, None)
        machine.power_off()


@pytest.mark.full
def test_ten_minutes(overlay):
    """Guest and dom0 stay in step for ten minutes under load."""
    with Machine(cpus=2, memory=2048, overlays=(overlay,)) as machine:
        dom0 = start_guest(machine)
        in_step(machine, dom0, 600, "(while :; do :; done) &")
        machine.power_off()
