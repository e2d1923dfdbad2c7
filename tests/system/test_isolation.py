# SPDX-License-Identifier: GPL-2.0-only
"""Page-table isolation on whole machines: dom0 and a guest run with it, and it says that it is on."""
import json
import os

import pytest

from guests import Dom0
from machine import BUILD, Machine

pytestmark = pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "shoji")), reason="the hypervisor is not built")


def info(machine):
    """What `shoji info` says."""
    return json.loads(machine.run("shoji info --json").ok())


@pytest.mark.parametrize("setting,on", [("on", True), ("default", True)])
def test_isolated_guest(setting, on):
    """A guest comes and goes; its tables' companions go with it. The emulated processor is one of Intel's."""
    with Machine(isolation=setting, cpus=2 if setting == "on" else 1) as machine:
        dom0 = Dom0(machine).start_services()
        assert info(machine)["page_table_isolation"] is on
        assert "page-table isolation: on" in machine.run("shoji dmesg").ok()
        if setting == "on":
            before = dom0.free_kib()
            dom0.create("isolated", vcpus=2)
            dom0.wait_log("isolated", "READY guest")
            machine.run("shoji destroy isolated", 120).ok()
            assert dom0.free_kib() == before
        machine.power_off()
