# SPDX-License-Identifier: GPL-2.0-only
"""dom0 comes up on every kind of machine: way of booting, CPUs, CPU model, memory.

Eight boots, chosen so that as many pairs of values as possible meet; the whole product in test-full.
"""
import itertools
import os

import pytest

from guests import Dom0
from machine import BUILD, Machine, fetch_newer  # first: it says where the next ones are
from mappings import check_start_is_gone
from monitor import Monitor

WAYS = [("ovmf", "q35"), ("seabios", "q35"), ("seabios", "pc")]
CPUS = [1, 2, 4]
MODELS = ["qemu64", "Haswell-v4", "EPYC", "max"]
MEMORY = [1024, 3072, 8192]
PRODUCT = list(itertools.product(WAYS, CPUS, MODELS, MEMORY))
BOOTS = 8

pytestmark = pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "shoji.efi")), reason="the hypervisor is not built")


def pairs(choice):
    """All pairs of values of one machine."""
    return set(itertools.combinations(enumerate(choice), 2))


def pairwise(count):
    """Machines that add most new values, then most new pairs, one after the other."""
    values, seen, chosen = set(), set(), []
    for _ in range(count):
        best = max(PRODUCT, key=lambda choice: (len(set(enumerate(choice)) - values), len(pairs(choice) - seen)))
        chosen.append(best)
        values |= set(enumerate(best))
        seen |= pairs(best)
    return chosen


CHOSEN = pairwise(BOOTS)


def name(choice):
    """For pytest's list."""
    (firmware, board), cpus, model, memory = choice
    return f"{firmware}-{board}-{cpus}cpu-{model}-{memory}M"


def boot(choice):
    """Boot, look at dom0, switch off."""
    (firmware, board), cpus, model, memory = choice
    dom0 = min(memory // 2, 1024)
    monitor = Monitor()
    with Machine(firmware=firmware, machine=board, cpus=cpus, cpu_model=model, memory=memory,
                 dom0_memory=dom0, isolation="default", extra=monitor.arguments) as machine:
        assert machine.run("cat /sys/hypervisor/type").ok() == "xen\n"
        assert int(machine.run("nproc").ok()) == cpus
        total = int(machine.run("sed -n 's/^MemTotal: *//p' /proc/meminfo | cut -d' ' -f1").ok()) // 1024
        assert dom0 // 2 < total <= dom0      # kernel, swiotlb and page records are not counted
        efi = machine.run("[ -d /sys/firmware/efi ]").status == 0
        assert efi == (firmware == "ovmf")
        machine.audit_at_end()
        assert machine.run("dmesg | grep -E 'BUG:|WARNING: CPU|Call Trace|detected stalls'").output == ""
        check_start_is_gone(monitor, cpus)
        assert machine.power_off() == 0


@pytest.mark.parametrize("choice", CHOSEN, ids=map(name, CHOSEN))
def test_boot(choice):
    """The chosen ones."""
    boot(choice)


@pytest.mark.full
@pytest.mark.parametrize("firmware", ["ovmf", "seabios"])
def test_x2apic(firmware):
    """Where the processor has x2APIC it is used: four CPUs, a guest of two vCPUs, a clean end."""
    fetch_newer()
    with Machine(firmware=firmware, newer=True, cpus=4, cpu_model="max", memory=2048) as machine:
        assert "x2APIC mode" in machine.run("shoji dmesg").ok()
        assert int(machine.run("nproc").ok()) == 4
        dom0 = Dom0(machine).start_services()
        dom0.create("two", vcpus=2)
        dom0.wait_log("two", "READY guest")
        assert "2" in dom0.type("two", (30, "# ", "nproc"), (30, "[0-9]", None))
        machine.run("shoji destroy two").ok()
        assert machine.power_off() == 0


@pytest.mark.full
@pytest.mark.parametrize("choice", [c for c in PRODUCT if c not in CHOSEN], ids=name)
def test_boot_product(choice):
    """All others."""
    boot(choice)
