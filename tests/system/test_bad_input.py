# SPDX-License-Identifier: GPL-2.0-only
"""What people and guests do wrong: one clear message or the action for a crash, nothing left behind.

One machine. Every refusal is judged by its message and exit status, and after each part the machine
must be as it was: no domain, no node, no interface, no memory gone.
"""
import json
import os
import re
import subprocess

import pytest

from guests import Dom0, definition, disk
from machine import BUILD, TOP, Machine

pytestmark = pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "tools/shoji")), reason="the tools are not built")

PROGRAMS = os.path.join(TOP, "tests/system/programs")
ENDS = ("PANIC", "FAULT", "SPIN", "REBOOT", "NO_ENTRY")
BRIDGE = "<interface type='bridge'><source bridge='nosuch0'/></interface>"
TINY = {"memory": 8, "initrd": "/guests/small"}

# name of the guest or file, changes to a good definition, exit status, words of the message
REFUSALS = (
    ("unit", {"memory": "1</memory><memory>2"}, 3, r"^shoji: /root/unit.xml:3: a second <memory>"),
    ("word", {"memory": "lots"}, 3, r"^shoji: /root/word.xml:3: the content of <memory> is 'lots'; right would be: a whole number"),
    ("element", {"devices": "<graphics type='vnc'/>"}, 3,
     r"^shoji: /root/element.xml:15: <graphics> is unknown inside <devices>; known are: .*disk"),
    ("open", {"cmdline": "<"}, 3, r"^shoji: /root/open.xml:9: this is not well-formed XML"),
    ("action", {"on_crash": "explode"}, 3, r"^shoji: /root/action.xml:13: .*'explode'; right would be: destroy, restart or preserve"),
    ("nokernel", {"kernel": "/none"}, 7, r"cannot load the kernel '/none': No such file"),
    ("noinitrd", {"initrd": "/none"}, 7, r"cannot load the initrd '/none': No such file"),
    ("folder", {"kernel": "/guests"}, 7, r"cannot load the kernel '/guests': it is not a regular file"),
    ("nodisk", {"devices": disk("/none.img")}, 7, r"cannot use the disk '/none.img': No such file"),
    ("text", {"kernel": "/etc/role"}, 7, r"cannot load the kernel '/etc/role': it is neither an ELF file nor a bzImage"),
    ("program", {"kernel": "/usr/bin/busybox"}, 7, r"cannot load the kernel '/usr/bin/busybox': .*note"),
    ("noentry", {"kernel": "/guests/NO_ENTRY"}, 7, r"cannot load the kernel '/guests/NO_ENTRY': .*note.*ENTRY|ENTRY.*note"),
    ("corrupt", {"kernel": "/guests/corrupt"}, 7, r"cannot load the kernel '/guests/corrupt': .*corrupt"),
    ("cut", {"kernel": "/guests/cut"}, 7, r"cannot load the kernel '/guests/cut': .*damaged"),
    ("small", {"memory": 16}, 3, r"cannot create the domain 'small': .*\n +give the guest more memory"),
    ("big", {"memory": 9000, "kernel": "/guests/SPIN"}, 6, r"not enough memory: \d+ MiB needed, \d+ MiB free"),
    ("bridge", {"devices": BRIDGE, "kernel": "/guests/SPIN"}, 11, r"bridge 'nosuch0': there is no such bridge\n +make it: ip link add"),
)


@pytest.fixture(scope="module", name="kernels")
def kernels_fixture(tmp_path_factory):
    """An overlay with the bad definitions and the kernels that end badly."""
    root = tmp_path_factory.mktemp("ends")
    (root / "guests").mkdir()
    (root / "guests/small").write_bytes(b"x" * 100)
    (root / "root").mkdir()
    for name, changes, _, _ in REFUSALS:
        (root / f"root/{name}.xml").write_text(definition(name, **{"initrd": "/guests/small", **changes}), encoding="utf-8")
    for end in ENDS:
        subprocess.run(["gcc", "-nostdlib", "-static", "-no-pie", f"-D{end}", f"-I{TOP}/include-public",
                        "-Wl,--build-id=none,-z,noexecstack,-z,max-page-size=4096,--no-warn-rwx-segments",
                        f"-Wl,-T,{TOP}/tests/guests/kit/guest.lds", "-o", root / "guests" / end,
                        os.path.join(PROGRAMS, "ends.S")], check=True)
    return str(root)


def state(machine):
    """What must be the same afterwards."""
    return machine.run("shoji list | tail -n +3; xenstore-ls /local/domain | grep -v '^ *[0-9]* = \"\"$' | grep -c 'domain/[1-9]';"
                       "ls /run/shoji/domains /run/shoji/stats; ls /sys/class/net | grep vif; pidof shoji shoji-blkback shoji-netback;"
                       "true").output


def check_refusals(machine):
    """Each by exit status and words."""
    for name, _, status, words in REFUSALS:
        result = machine.run(f"shoji create /root/{name}.xml", 60)
        assert result.status == status and re.search(words, result.output), (name, result)


def check_names(dom0, machine):
    """A name or uuid that is taken; a domain that is not there; wrong arguments."""
    dom0.create("spin", kernel="/guests/SPIN", **TINY)
    taken = machine.run("shoji create /root/spin.xml")
    assert taken.status == 5 and "the name is taken by domain" in taken.output, taken
    assert machine.run("shoji destroy nosuch").status == 4
    assert machine.run("shoji destroy 0").status == 12
    assert machine.run("shoji create").status == 2
    assert machine.run("shoji frobnicate").status == 2
    error = machine.run("shoji create /root/spin.xml --json 2>&1").output
    assert '"error": "exists"' in error and '"advice"' in error


def check_limits(machine):
    """What the guest has of what is limited, from the hypervisor and from the store."""
    shown = json.loads(machine.run("shoji info spin --json").ok())
    limits = shown["limits"]
    assert limits["memory_kib"]["used"] == 8192 and limits["vcpus"] == {"used": 1, "limit": 1}, limits
    assert 0 < limits["store_nodes"]["used"] < limits["store_nodes"]["limit"], limits
    for name in ("memory_kib", "event_channels", "grant_frames", "grant_mappings", "timers", "log_lines_per_second", "store_memory"):
        assert limits[name]["used"] <= limits[name]["limit"] > 0, (name, limits)
    text = machine.run("shoji info spin").ok()
    assert "virtual CPUs        1 of 1\n" in text and re.search(r"^event channels      \d+ of 1023$", text, re.M), text
    assert machine.run("shoji info nosuch").status == 4


def check_spinning(machine):
    """A guest that never lets go of its CPU does not keep dom0 from working, and goes at once."""
    assert re.search(r"spin +running", machine.run("shoji list").ok())
    machine.run("shoji pause spin").ok()
    assert re.search(r"spin +paused", machine.run("shoji list spin").ok())
    machine.run("shoji unpause spin").ok()
    machine.run("shoji destroy spin", 30).ok()


def check_crashes(dom0, machine):
    """A guest that panics or triple-faults: on_crash decides."""
    for kind in ("PANIC", "FAULT"):
        dom0.create("gone", kernel=f"/guests/{kind}", **TINY)
        dom0.wait_gone("gone", 20)
        assert "ended (crash): destroy" in machine.run("tail -n 1 /var/log/shoji/gone.log").ok()
        dom0.create("kept", kernel=f"/guests/{kind}", on_crash="preserve", **TINY)
        machine.run("wait_for 20 sh -c 'shoji list kept | grep -q crashed'", 40).ok()
        machine.run("shoji destroy kept", 30).ok()
        assert machine.run("shoji list kept").status == 4


def check_restarts(dom0, machine):
    """A guest that crashes or reboots again and again is started again, but not for ever."""
    dom0.create("again", kernel="/guests/PANIC", on_crash="restart", **TINY)
    dom0.create("round", kernel="/guests/REBOOT", **TINY)
    for name in ("again", "round"):
        dom0.wait_gone(name, 40)
        log = machine.run(f"cat /var/log/shoji/{name}.log").ok()
        assert log.count("started again as domain") == 5 and "not started again" in log, log


def test_bad_input(kernels):
    """All of it, and nothing is left behind."""
    with Machine(memory=1536, overlays=(kernels,)) as machine:
        dom0 = Dom0(machine).start_services()
        machine.run("cp /guests/vmlinuz /guests/corrupt; head -c 3000000 /guests/vmlinuz > /guests/cut;"
                    "dd if=/dev/urandom of=/guests/corrupt bs=4096 seek=500 count=8 conv=notrunc 2>/dev/null").ok()
        dom0.create("warm", kernel="/guests/SPIN", **TINY)
        machine.run("shoji destroy warm").ok()
        before, free = state(machine), dom0.free_kib()
        check_refusals(machine)
        assert state(machine) == before
        check_names(dom0, machine)
        check_limits(machine)
        check_spinning(machine)
        check_crashes(dom0, machine)
        check_restarts(dom0, machine)
        assert state(machine) == before
        assert dom0.free_kib() == free
        machine.power_off()


