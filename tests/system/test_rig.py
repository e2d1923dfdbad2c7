# SPDX-License-Identifier: GPL-2.0-only
"""The rig itself: what the other tests rely on, shown on none; and Debian's tools on either hypervisor."""
import hashlib
import re

import pytest

from machine import Machine, MachineError


def test_bare_machine_runs_commands():
    """Commands, their output and status, several lines, files, and power-off."""
    with Machine(hypervisor="none", memory=512) as machine:
        assert machine.run("uname -s").ok() == "Linux\n"
        assert machine.run("echo out; echo err >&2; (exit 3)") == machine.run("echo out; echo err; (exit 3)")
        assert machine.run("exit_status() { return $1; }\nexit_status 7").status == 7
        data = bytes(range(256)) * 8
        machine.put("/tmp/file", data)
        assert machine.run("md5sum < /tmp/file").ok().split()[0] == hashlib.md5(data).hexdigest()
        machine.power_off()


def test_panic_is_noticed():
    """A machine that cannot start is an error soon, not a time-out."""
    with pytest.raises(MachineError, match="disaster|ended before"):
        with Machine(hypervisor="none", memory=512, kernel_options="rdinit=/nowhere init=/nowhere panic=-1"):
            pass


def check_tuning(machine):
    """Weight, cap and affinity by xl; what the hypervisor then says of them."""
    assert re.search(r"^g +1 +256 +0$", machine.run("xl sched-credit2").ok().replace("\r", ""), re.M)
    machine.run("xl sched-credit2 -d g -w 512 -c 30 && xl vcpu-pin g 0 1 0-1").ok()
    assert re.search(r"^g +1 +512 +30$", machine.run("xl sched-credit2 -d g").ok().replace("\r", ""), re.M)
    machine.run("sleep 1").ok()
    row = machine.run("xl vcpu-list g").ok().replace("\r", "").splitlines()[-1]
    assert re.search(r"^g +1 +0 +1 +\S+ +[0-9.]+ +1 / (all|0-1)$", row), row
    assert machine.run("xl sched-credit2 -d g -w 0").status or " 512 " in machine.run("xl sched-credit2 -d g").ok()
    assert machine.run("xl cpupool-list").ok().count("credit2") == 1


@pytest.mark.full
@pytest.mark.parametrize("hypervisor", ["xen", "shoji"])
def test_reference_tools_start_a_guest(hypervisor):
    """Debian's own tools, on Debian's hypervisor and on ours: a guest is created, seen and destroyed."""
    config = "name='g'\nkernel='/guests/vmlinuz'\nramdisk='/guests/initrd'\nmemory=128\nextra='console=hvc0'\n"
    with Machine(hypervisor=hypervisor, reference=True, cpus=2) as machine:
        machine.run("start-reference").ok()
        machine.put("/root/g.cfg", config.encode())
        machine.run("xl create /root/g.cfg", 180).ok()
        machine.run("wait_for 120 grep -q 'READY guest' /var/log/xen/guest-g.log", 180).ok()
        assert "g " in machine.run("xl list").ok()
        check_tuning(machine)
        machine.run("xl destroy g").ok()
        assert "g " not in machine.run("xl list").ok()
        machine.power_off()
