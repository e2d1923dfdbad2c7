# SPDX-License-Identifier: GPL-2.0-only
"""The store daemon is killed, again and again: nobody who uses it through a ring notices, and the tools go on."""
import os
import re

import pytest

from guests import CARD, Dom0, disk
from machine import BUILD, Machine

pytestmark = pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "tools/shoji-stored")), reason="the store is not built")

KILL = b"""kill -9 $(pidof shoji-stored)
shoji-stored > /var/log/stored.log 2>&1 &
wait_for 10 sh -c 'xenstore-ls / >/dev/null 2>&1'
"""
# killed while a guest is being made; the status is that of create
KILL_LATER = b"""(sleep $1; sh /root/kill) > /dev/null 2>&1 &
shoji create /root/two.xml
status=$?
wait
exit $status
"""


def tree(machine):
    """All nodes with their permissions."""
    return machine.run("xenstore-ls -fp /").ok()


@pytest.mark.parametrize("hypervisor", ["shoji", pytest.param("xen", marks=pytest.mark.full)])
def test_killed_store(hypervisor):
    """The tree stays; a running guest's devices, its shutdown, a new guest, list and destroy work as before."""
    with Machine(hypervisor=hypervisor, cpus=2, memory=2048) as machine:
        dom0 = Dom0(machine).start_services()
        machine.put("/root/kill", KILL)
        machine.put("/root/kill_later", KILL_LATER)
        machine.run("modprobe -a bridge tun; ip link add br0 type bridge; ip addr add 10.0.3.1/24 dev br0; ip link set br0 up").ok()
        machine.run("dd if=/dev/zero of=/root/disk bs=1M count=16 2>/dev/null").ok()
        devices = disk("/root/disk") + CARD.format("00:16:3e:00:00:07")
        dom0.create("one", memory=160, devices=devices)
        dom0.wait_log("one", "READY guest")
        before = tree(machine)
        machine.run("sh /root/kill", 30).ok()
        assert tree(machine) == before
        listed = machine.run("shoji list").ok()
        assert re.search(r"^ *1 +one ", listed, re.M), listed
        # the guest's devices, the network's first packets among them
        said = dom0.type("one", (30, "# ", "ip addr add 10.0.3.2/24 dev eth0; ip link set eth0 up; ping -c 2 -w 20 10.0.3.1; echo pinged | tr p P"),
                         (60, "Pinged", "dd if=/dev/urandom of=/dev/xvda bs=1M count=8 conv=fsync 2>/dev/null && echo written | tr w W"),
                         (60, "Written", None))
        assert "2 packets received" in said, said
        # killed in the middle of a life's beginning: create and its store traffic go on or fail cleanly
        dom0.define("two", memory=128)
        for delay in (0.1, 0.3, 0.6):
            result = machine.run(f"sh /root/kill_later {delay}", 120)
            if result.status == 0:
                dom0.wait_log("two", "READY guest")
                machine.run("shoji destroy two").ok()
            dom0.wait_gone("two")
        machine.run("sh /root/kill", 30).ok()
        machine.run("shoji shutdown one").ok()
        dom0.wait_gone("one")
        machine.run("wait_for 20 sh -c '! pidof shoji-blkback shoji-netback'", 30).ok()
        left = [line for line in tree(machine).splitlines() if re.search(r"/domain/[1-9]|shoji-v\w+/|/vm/", line)]
        assert left == []
        # stopped in order, and started: the same
        dom0.create("three", memory=128)
        dom0.wait_log("three", "READY guest")
        before = tree(machine)
        machine.run("kill $(pidof shoji-stored); wait_for 10 sh -c '! pidof shoji-stored'; shoji-stored > /var/log/stored.log 2>&1 & sleep 1", 30)
        assert tree(machine) == before
        # a domain that died meanwhile is gone
        machine.run("kill -9 $(pidof shoji-stored)").ok()
        dom0.machine.run("shoji-stored > /var/log/stored.log 2>&1 & sleep 1; shoji destroy three").ok()
        dom0.wait_gone("three")
        assert "/local/domain/" in tree(machine)
        machine.power_off()
