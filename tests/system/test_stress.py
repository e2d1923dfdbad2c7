# SPDX-License-Identifier: GPL-2.0-only
"""Eight guests of four vCPUs on four CPUs, all at work, while somebody pauses, tunes, takes vCPUs away, and destroys one.

What the guests compute goes through forks, futexes, page tables, timers, a disk and a network each, and is computed
again here: programs/churn.c. SHOJI_STRESS_SECONDS, _SEED and _GUESTS change how long, in what order, how many. Give it the
host for itself: where the host does not let a CPU of the machine run, those that wait for it do nothing else.
"""
import gzip
import os
import random
import shutil
import subprocess
import sys

import pytest

from guests import CARD, Dom0, disk
from machine import BUILD, TOP, Machine

sys.path.insert(0, os.path.join(TOP, "tests/tools"))
import cpio                             # pylint: disable=wrong-import-position
import initramfs                        # pylint: disable=wrong-import-position

pytestmark = [pytest.mark.full,
              pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "tools/shoji-netback")), reason="the network backend is not built")]
GUESTS, VCPUS, CPUS = int(os.environ.get("SHOJI_STRESS_GUESTS", "8")), 4, 4
SECONDS = int(os.environ.get("SHOJI_STRESS_SECONDS", "600"))
SLOWER = 10         # a second of the machine's may take so many
SEED = int(os.environ.get("SHOJI_STRESS_SEED", "1"))

# What the kernel checks about itself takes longer than the rest of its boot.
QUICK = "console=hvc0 rodata=off cryptomgr.notests apparmor=0 nowatchdog"

# In the guest: work as soon as somebody answers; vCPUs that are offered are taken.
RC = """
seed=$(sed 's/.*churn=\\([0-9]*\\).*/\\1/' /proc/cmdline)
seconds=$(sed 's/.*seconds=\\([0-9]*\\).*/\\1/' /proc/cmdline)
until [ -b /dev/xvda ] && [ -e /sys/class/net/eth0 ]; do sleep 1; done
ip addr add 10.9.0.$((seed + 10))/24 dev eth0
ip link set eth0 up
(churn wait 10.9.0.1 7000 && churn run $seed $seconds /dev/xvda 10.9.0.1 7000 > /dev/console 2>&1) &
while sleep 5; do grep -l 0 /sys/devices/system/cpu/cpu*/online | while read f; do echo 1 > $f; done; done 2>/dev/null &
"""
IN_DOM0 = """
modprobe -a bridge tun
ip link add br0 type bridge
ip addr add 10.9.0.1/24 dev br0
ip link set br0 up
for i in 1 2 3 4 5 6 7 8; do head -c 2097152 /dev/zero > /root/disk$i; done
"""


@pytest.fixture(name="overlay")
def overlay_fixture(tmp_path):
    """dom0 gets the program, and an initramfs for guests that starts it."""
    program = tmp_path / "usr/bin/churn"
    program.parent.mkdir(parents=True)
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o", str(program),
                    f"{TOP}/tests/system/programs/churn.c"], check=True)
    (tmp_path / "rc").write_text(RC)
    (tmp_path / "rc").chmod(0o755)
    (tmp_path / "guests").mkdir()
    shutil.copyfile(os.path.join(BUILD, "kernel/current/vmlinux"), tmp_path / "guests/vmlinux")
    initramfs.build()
    with open(tmp_path / "guests/churn", "wb") as file:
        with gzip.open(f"{BUILD}/initramfs/guest.cpio.gz") as guest:
            file.write(guest.read())
        extra = cpio.Archive(file)
        extra.add_file("usr/bin/churn", str(program))
        extra.add_file("etc/rc", str(tmp_path / "rc"))
        extra.close()
    return str(tmp_path)


def wait_log(machine, name, text, seconds):
    """Until the guest's console log has a line with this text, by the machine's clock."""
    machine.run(f"wait_for {seconds} grep -qa '{text}' /var/log/shoji/console/{name}.log", SLOWER * seconds).ok()


def start_guests(dom0):
    """One after the other, each with a disk and a card; together they begin to work."""
    for n in range(1, GUESTS + 1):
        dom0.define(f"g{n}", vcpus=VCPUS, memory=128, kernel="/guests/vmlinux", initrd="/guests/churn", cmdline=f"{QUICK} churn={n} seconds={SECONDS}",
                    devices=disk(f"/root/disk{n}") + CARD.format(f"00:16:3e:00:00:{n:02x}"))
        dom0.machine.run(f"shoji create /root/g{n}.xml", 1800).ok()
        wait_log(dom0.machine, f"g{n}", "READY guest", 600)
    dom0.machine.run("churn echo 7000 > /tmp/echo.log 2>&1 &").ok()


def disturb(machine, dice, name):
    """One thing that may happen to a guest at any time."""
    what = dice.choice(["pause", "vcpus", "cpus", "soft", "weight", "cap", "offline"])
    some = ",".join(str(cpu) for cpu in range(CPUS) if dice.random() < 0.6) or "all"
    command = {
        "pause": f"shoji pause {name}; sleep {dice.random() * 2:.2f}; shoji unpause {name}",
        "vcpus": f"shoji vcpus {name} {dice.randint(1, VCPUS)} || true",    # it may be too busy to answer in time
        "cpus": f"shoji sched {name} --vcpu {dice.randrange(VCPUS)} --cpus {some}",
        "soft": f"shoji sched {name} --soft-cpus {some}",
        "weight": f"shoji sched {name} --weight {dice.choice([1, 100, 256, 1000, 65535])}",
        "cap": f"shoji sched {name} --cap {dice.choice([0, 0, 50, 150, 400])}",
        "offline": f"shoji cpu {dice.randrange(1, CPUS)} offline; sleep {dice.random():.2f}; for c in 1 2 3; do shoji cpu $c online; done",
    }[what]
    machine.run(command, 1800).ok()
    return what


def settle(machine, names):
    """As they were, so that all come to an end."""
    for name in names:
        machine.run(f"shoji sched {name} --weight 256 --cap 0 --cpus all --soft-cpus all; shoji vcpus {name} {VCPUS} || true", 1800).ok()


def test_stress(overlay):
    """All that survive finish, with the right sums; the hypervisor's books are in order."""
    dice = random.Random(SEED)
    names = [f"g{n}" for n in range(1, GUESTS + 1)]
    done = {}
    with Machine(cpus=CPUS, memory=3072, dom0_memory=1280, overlays=(overlay,), boot_timeout=1200) as machine:
        machine.run("shoji-services start", 600).ok()
        dom0 = Dom0(machine)
        machine.run(IN_DOM0 + "shoji sched 0 --weight 8192\n", 600).ok()
        free = dom0.free_kib()
        start_guests(dom0)
        begin = machine.uptime(600)
        while (gone := machine.uptime(600) - begin) < SECONDS * 0.9:
            if len(names) == GUESTS and gone > SECONDS * 0.4:
                machine.run(f"shoji destroy {names.pop(GUESTS // 2)}", 1200).ok()
            what = disturb(machine, dice, dice.choice(names))
            done[what] = done.get(what, 0) + 1
        settle(machine, names)
        for name in names:
            wait_log(machine, name, "churn: [0-9]*: ", SECONDS + 300)
        sums = machine.run("grep -h churn /var/log/shoji/console/g*.log").ok().replace("\r", "")
        machine.audit(1800)
        for name in names:
            machine.run(f"shoji destroy {name}", 1200).ok()
        assert dom0.free_kib() >= free - 2048
        machine.power_off(600)
    print(done, sums)
    assert sums.count(": done") == len(names) and "wrong" not in sums and "failed" not in sums, sums
    checked = subprocess.run([f"{overlay}/usr/bin/churn", "check"], input=sums, text=True, capture_output=True, check=False)
    assert checked.stdout == f"{6 * len(names)} sums are right\n", checked
