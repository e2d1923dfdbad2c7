# SPDX-License-Identifier: GPL-2.0-only
"""`shoji audit`: it finds what was planted and says where; it finds nothing on a machine that is driven hard, whose tools
are killed and whose guests crash. (That it finds nothing at the end of all other tests is in machine.py.)"""
import json
import os
import re
import shutil
import subprocess

import pytest

from guests import CARD, Dom0, disk
from machine import BUILD, TOP, Machine

pytestmark = pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "tools/shoji")), reason="the tools are not built")

PROGRAMS = os.path.join(TOP, "tests/system/programs")
TINY = {"memory": 8, "initrd": "/guests/small"}

# kind that is planted, what is then said of the frame
PLANTED = ((1, r"\d+ references? counted, \d+ explained"),
           (2, r"\d+ uses? of its type counted, \d+ explained"),
           (3, r"its record must not stay like this: writable memory, \d+ uses?, pinned"),
           (4, r"entry \d+ of this table must not be there: 0x[0-9a-f]+"))


@pytest.fixture(name="overlay")
def overlay_fixture(tmp_path):
    """The program that plants faults, guests that end badly, a kernel that is loaded quickly."""
    (tmp_path / "guests").mkdir()
    (tmp_path / "test").mkdir()
    subprocess.run(["gcc", "-O2", f"-I{TOP}/include-public", f"-I{TOP}/dom0-tools/lib", "-o", str(tmp_path / "test/plant"),
                    f"{PROGRAMS}/plant.c", f"{BUILD}/tools/libshoji.a", "-lxencall"], check=True)
    for end in ("PANIC", "FAULT", "SPIN"):
        subprocess.run(["gcc", "-nostdlib", "-static", "-no-pie", f"-D{end}", f"-I{TOP}/include-public",
                        "-Wl,--build-id=none,-z,noexecstack,-z,max-page-size=4096,--no-warn-rwx-segments",
                        f"-Wl,-T,{TOP}/tests/guests/kit/guest.lds", "-o", tmp_path / "guests" / end, f"{PROGRAMS}/ends.S"], check=True)
    (tmp_path / "guests/small").write_bytes(b"x" * 100)
    shutil.copyfile(os.path.join(BUILD, "kernel/current/vmlinux"), tmp_path / "guests/vmlinux")
    return str(tmp_path)


def check_planted(machine, kind, words):
    """One fault: found, printed, counted; gone when it is undone."""
    frame = machine.run(f"/test/plant {kind}").ok().strip()
    result = machine.run("shoji audit", 120)
    assert result.status == 13, result
    assert re.search(rf"^frame {frame} of Domain-0: {words}$", result.output, re.M), result.output
    assert re.search(r"^\d+ things? (is|are) wrong$", result.output, re.M), result.output
    found = machine.run("shoji audit --json", 120)
    report = json.loads(found.output)
    assert found.status == 13 and not report["clean"] and report["found"] == len(report["findings"]) > 0, report
    assert any(f["kind"] == kind and f["frame"] == int(frame, 16) and f["name"] == "Domain-0" for f in report["findings"]), report
    machine.run("/test/plant undo").ok()
    assert "nothing is wrong" in machine.run("shoji audit", 120).ok()


def check_refused(machine):
    """Who may not, and what is no audit."""
    nobody = machine.run("/test/plant nobody shoji audit")
    assert nobody.status == 8 and "run as root" in nobody.output, nobody
    wrong = machine.run("shoji audit now")
    assert wrong.status == 2 and "usage: shoji audit" in wrong.output, wrong
    twice = machine.run("shoji audit & shoji audit; echo status $?; wait; true", 120).ok()
    assert "another one is under way" in twice or twice.count("nothing is wrong") == 2, twice


def test_planted_faults(overlay):
    """Each kind of fault that can be planted on a running machine; a machine that was not booted for it."""
    with Machine(cpus=2, overlays=(overlay,), hypervisor_options="audit-plant") as machine:
        machine.run("modprobe xen-privcmd").ok()
        for kind, words in PLANTED:
            check_planted(machine, kind, words)
        check_refused(machine)
    with Machine(overlays=(overlay,)) as machine:
        result = machine.run("modprobe xen-privcmd; /test/plant 1")
        assert result.status == 1 and "plant: Operation not supported" in result.output, result


@pytest.mark.full
def test_no_audit_on_xen():
    """Another hypervisor: one sentence."""
    with Machine(hypervisor="xen") as machine:
        result = machine.run("modprobe xen-privcmd; shoji audit")
        assert result.status == 8 and "cannot run the audit: this hypervisor (4.17" in result.output, result


# Audits, one after the other, until /tmp/stop is there; what they said, and how they ended.
AUDITS = """
audits() {
	while [ ! -e /tmp/stop ]; do
		shoji audit > /tmp/audit.last 2>&1 && grep -q 'nothing is wrong' /tmp/audit.last || cat /tmp/audit.last >> /tmp/audit.bad
		cat /tmp/audit.last >> /tmp/audit.all
		sleep 3
	done
}
"""
# Guests come and go, a Debian kernel and one that spins; every third loses its supervisor first.
CYCLES = AUDITS + r"""
one() {
	shoji create /root/$1.xml > /tmp/$1.told 2>&1 || { echo "create $1: $(cat /tmp/$1.told)"; return 1; }
	usleep $2
	[ $3 = 0 ] && kill -9 $(shoji_pid $1)
	shoji destroy $1 || return 1
	wait_for 60 sh -c "! shoji list $1 > /dev/null 2>&1"
}
shoji_pid() { ps w | awk "/[s]hoji create .*$1.xml/ { print \$1; exit }"; }
cycles() { for i in $(seq $2); do one $1 $((i % 5 * 200000)) $((i % 3)) || { echo "cycle $i of $1 failed"; return 1; }; done; }
rm -f /tmp/stop /tmp/audit.*
audits &
audit=$!
cycles debian $1 & left=$!
cycles spin $2 & right=$!
status=0
wait $left || status=1
wait $right || status=1
touch /tmp/stop
wait $audit
exit $status
"""
# What the busy guest does: memory, processes, its disk.
BUSY = ("while :; do dd if=/dev/xvda of=/dev/null bs=256k 2>/dev/null; dd if=/dev/zero of=/dev/xvda bs=64k count=64 2>/dev/null; "
        "for i in 1 2 3 4; do (ls -l /usr/bin | md5sum) >/dev/null; usleep 50000; done; done &")


def start_load(dom0, machine):
    """A guest that is never idle, with a disk and a card."""
    machine.run("modprobe -a bridge tun; ip link add br0 type bridge; ip addr add 10.0.3.1/24 dev br0; ip link set br0 up").ok()
    machine.run("dd if=/dev/zero of=/root/disk bs=1M count=16 2>/dev/null").ok()
    dom0.create("busy", memory=128, devices=disk("/root/disk") + CARD.format("00:16:3e:00:00:07"))
    dom0.wait_log("busy", "READY guest")
    dom0.type("busy", (30, "# ", "ip addr add 10.0.3.2/24 dev eth0; ip link set eth0 up; echo upped | tr p P"),
              (30, "uPPed", BUSY), (5, "# ", None))
    machine.run("ping -i 0.2 -s 1000 10.0.3.2 > /tmp/ping 2>&1 &").ok()


def kill_tools(dom0, machine):
    """Every daemon and backend, in the middle of its work; all come again, or the guest ends."""
    machine.run("kill -9 $(pidof shoji-stored); shoji-stored > /var/log/stored.log 2>&1 & sleep 1; shoji list").ok()
    machine.run("kill -9 $(pidof shoji-consoled); rm -f /run/shoji/consoled.socket; shoji-consoled > /var/log/consoled.log 2>&1 & sleep 1")
    machine.run("kill -9 $(pidof shoji-blkback) $(pidof shoji-netback)").ok()
    machine.audit()
    machine.run("wait_for 20 pidof shoji-blkback && wait_for 20 pidof shoji-netback", 60).ok()
    for kind in ("PANIC", "FAULT"):
        dom0.create("gone", kernel=f"/guests/{kind}", **TINY)
        dom0.wait_gone("gone", 30)
    machine.audit()


def run_cycles(overlay, large, small):
    """So many lives of guests with a Debian kernel, and of small ones."""
    with Machine(cpus=2, memory=2048, overlays=(overlay,)) as machine:
        dom0 = Dom0(machine).start_services()
        start_load(dom0, machine)
        kill_tools(dom0, machine)
        dom0.define("debian", kernel="/guests/vmlinux", memory=96)
        dom0.define("spin", kernel="/guests/SPIN", **TINY)
        machine.put("/root/cycles", CYCLES.encode())
        said = machine.run(f"sh /root/cycles {large} {small}", 120 + 30 * large + 20 * small)
        assert said.status == 0, said
        bad = machine.run("cat /tmp/audit.bad 2>/dev/null").output
        assert not bad, bad
        audits = machine.run("cat /tmp/audit.all").ok()
        print(audits)
        assert audits.count("nothing is wrong") >= 2, audits
        machine.audit()
        machine.run("kill $(pidof ping); kill -9 $(pidof shoji-blkback); shoji destroy busy", 30)
        dom0.wait_gone("busy")
        machine.power_off()


def test_audits_under_load(overlay):
    """12 lives of guests beside a busy one, audited all the while."""
    run_cycles(overlay, 3, 9)


@pytest.mark.full
def test_audits_of_200_cycles(overlay):
    """The same for long."""
    run_cycles(overlay, 50, 150)
