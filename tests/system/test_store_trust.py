# SPDX-License-Identifier: GPL-2.0-only
"""What a guest can write in the store is not believed: not where its backends are, nor what it is called, nor what is to be
done with it. A guest may write only where the protocol wants it to."""
import os
import re

import pytest

from guests import Dom0, disk
from machine import BUILD, Machine

pytestmark = pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "tools/shoji")), reason="the tools are not built")

# Below /local/domain/N: where it may write.
ITS_OWN = re.compile(r"/local/domain/1/(device/(vbd|vif)/\d+|control/(shutdown|feature-\w+|sysrq)|device/suspend/event-channel"
                     r"|data|drivers|feature|attr|error)(/|$)")
# What its devices' nodes could be made to say: another guest's backend, another guest, no device at all.
LIES = {"backend": "/local/domain/0/backend/shoji-vbd/2/51712", "backend-id": "2", "virtual-device": "0", "mac": "00:00:00:00:00:00",
        "device-type": "cdrom", "handle": "99"}


def nodes(machine):
    """{path: (value, permissions)} of the whole store."""
    text = machine.run("xenstore-ls -fp /", 60).ok()
    return {path: (value, perms) for path, value, perms in re.findall(r'^(/\S+) = "(.*)"[\s.]+\((\S+)\)$', text, re.M)}


def writable_by(perms, domid):
    """May this unprivileged domain write a node with these permissions?"""
    owner, *others = perms.split(",")
    default = owner[0]
    return int(owner[1:]) == domid or any(p[0] in "wb" and int(p[1:]) == domid for p in others) or default in "wb"


def lie(machine, found):
    """Write into every node of the guest's, as it could itself."""
    paths = [path for path, (_, perms) in found.items() if writable_by(perms, 1)]
    strange = [path for path in paths if not ITS_OWN.match(path)]
    assert paths and not strange, strange
    fronts = {path for path in paths if re.fullmatch(r"/local/domain/1/device/vbd/\d+", path)}
    assert fronts
    script = [f"xenstore-write {front}/{name} '{value}'" for front in sorted(fronts) for name, value in LIES.items()]
    script += [f"xenstore-write /local/domain/1/{name} other" for name in ("data/name", "attr/name", "control/shutdown/name")]
    machine.run(" && ".join(script), 60).ok()


def test_what_a_guest_writes_is_not_believed():
    """Two guests with a disk each: the first one's lies change nothing, and its end takes nothing of the other's with it."""
    with Machine(cpus=2, memory=2048) as machine:
        dom0 = Dom0(machine).start_services()
        machine.run("for d in one two; do dd if=/dev/zero of=/root/$d.disk bs=1M count=8 2>/dev/null; done").ok()
        for name in ("one", "two"):
            dom0.create(name, kernel="/guests/vmlinuz", devices=disk(f"/root/{name}.disk"))
            dom0.wait_log(name, "READY guest")
        definition = machine.run("shoji dumpxml one").ok()
        before = nodes(machine)
        assert not [path for path, (_, perms) in before.items() if writable_by(perms, 1) and writable_by(perms, 2)]
        lie(machine, before)
        assert machine.run("shoji dumpxml one").ok() == definition
        rows = machine.run("shoji list").ok()
        assert re.search(r"^ *1 +one ", rows, re.M) and re.search(r"^ *2 +two ", rows, re.M), rows
        machine.run("shoji destroy one").ok()
        dom0.wait_gone("one")
        machine.run("wait_for 20 sh -c '[ $(pidof shoji-blkback | wc -w) = 1 ]'", 30).ok()
        after = nodes(machine)
        theirs = {path: node for path, node in before.items() if re.match(r"/local/domain/(0/backend/shoji-vbd/2|2)(/|$)", path)}
        assert {path: after.get(path) for path in theirs} == theirs
        assert not [path for path in after if re.match(r"/local/domain/(0/backend/shoji-vbd/1|1)(/|$)", path)]
        said = dom0.type("two", (30, "# ", "dd if=/dev/urandom of=/dev/xvda bs=64k count=16 conv=fsync 2>/dev/null && echo written | tr w W"),
                         (60, "Written", None))
        assert "Written" in said
        machine.run("shoji destroy two").ok()
        dom0.wait_gone("two")
        machine.power_off()
