# SPDX-License-Identifier: GPL-2.0-only
"""Shares, caps and pins on the machine, with the tools that set them; virtual CPUs that come and go.

Two kernels that only spin run on CPU 1, dom0 on CPU 0. What each got is what the hypervisor says, and since CPU 1 never
idles, what both got together is the time that went by there. Where shares are measured the machine's time goes by
instructions: no CPU stands still because the host is busy, for which a capped guest would get nothing.
"""
import json
import os
import re
import shutil
import subprocess

import pytest

from guests import Dom0, definition
from machine import BUILD, TOP, Machine

pytestmark = pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "tools/shoji")), reason="the tools are not built")
SECONDS = 6
BY_INSTRUCTIONS = ("-icount", "shift=3,sleep=off")

# (arguments, exit status, words)
REFUSALS = [
    ("sched one --weight 0", 2, "the weight '0' is not a number from 1 to 65535"),
    ("sched one --weight 65536", 2, "not a number from 1 to 65535"),
    ("sched one --weight", 2, "--weight needs a value"),
    ("sched one --cap 201 --weight 7", 12, "the cap 201 is beyond the machine; it can be from 0 (none) to 200"),
    ("sched one --cap -1", 2, "the cap '-1' is not a number"),
    ("sched one --cpus 2 --weight 7", 12, "there is no such processor; the machine has 0 to 1"),
    ("sched one --soft-cpus 0,63", 12, "there is no such processor; the machine has 0 to 1"),
    ("sched one --cpus 1-0", 2, "'1-0' is no list of processors"),
    ("sched one --vcpu 1 --cpus 0", 12, "it has the virtual processors 0 to 0"),
    ("sched none --cap 5", 4, "there is no such domain"),
    ("vcpus one 2", 2, "'2' is not a number from 1 to 1"),
    ("vcpus one 0", 2, "'0' is not a number from 1 to 1"),
    ("cpu 2 offline", 12, "there is no such processor; the machine has 0 to 1"),
    ("create /root/absent.xml", 3, "there is no such processor; the machine has 0 to 1"),
]


@pytest.fixture(scope="module", name="overlay")
def overlay_fixture(tmp_path_factory):
    """The spinning kernel, the stock one, and definitions."""
    root = tmp_path_factory.mktemp("sched")
    (root / "guests").mkdir()
    (root / "root").mkdir()
    (root / "guests/small").write_bytes(b"x" * 100)
    subprocess.run(["gcc", "-nostdlib", "-static", "-no-pie", "-DSPIN", f"-I{TOP}/include-public",
                    "-Wl,--build-id=none,-z,noexecstack,-z,max-page-size=4096,--no-warn-rwx-segments",
                    f"-Wl,-T,{TOP}/tests/guests/kit/guest.lds", "-o", root / "guests/spin",
                    os.path.join(TOP, "tests/system/programs/ends.S")], check=True)
    shutil.copyfile(os.path.join(BUILD, "kernel/current/vmlinux"), root / "guests/vmlinux")
    spin = {"memory": 8, "kernel": "/guests/spin", "initrd": "/guests/small"}
    tuned = definition("two", **spin).replace(
        "<vcpu>1</vcpu>", "<vcpu cpuset='0-1'>1</vcpu><cputune><shares>512</shares><vcpupin vcpu='0' cpuset='1'/></cputune>")
    (root / "root/one.xml").write_text(definition("one", **spin).replace("<vcpu>1", "<vcpu cpuset='1'>1"))
    (root / "root/two.xml").write_text(tuned)
    (root / "root/absent.xml").write_text(definition("absent", **spin).replace("<vcpu>1", "<vcpu cpuset='0-2'>1"))
    (root / "root/linux.xml").write_text(definition("linux", kernel="/guests/vmlinux", vcpus=4))
    return str(root)


def seconds_of(machine):
    """{name: CPU seconds}, of all guests at one moment."""
    return {row["name"]: row["cpu_seconds"] for row in json.loads(machine.run("shoji list --json").ok())}


def used(machine, seconds=SECONDS):
    """{name: CPU seconds in a while}."""
    before = seconds_of(machine)
    machine.run(f"sleep {seconds}", 20 * seconds + 60).ok()
    after = seconds_of(machine)
    return {name: after[name] - before.get(name, 0) for name in after}


def share(got, name):
    """What one got of what both got."""
    return got[name] / (got["one"] + got["two"])


def settings(machine, name="one"):
    """All that `shoji sched` and `vcpu-list` say of a domain, but for what changes by itself."""
    text = machine.run(f"shoji sched {name} --json; shoji vcpu-list {name} --json").ok()
    return re.sub(r'"(cpu_seconds|cpu|state)": [^\n]*', "", text)


def vcpus(machine, name):
    """Rows of vcpu-list."""
    return json.loads(machine.run(f"shoji vcpu-list {name} --json").ok())


def check_refusals(machine):
    """Each says what would be right, and changes nothing."""
    before = settings(machine)
    for arguments, status, words in REFUSALS:
        result = machine.run(f"shoji {arguments}")
        assert result.status == status and words in result.output, (arguments, result)
    assert settings(machine) == before
    assert "absent" not in machine.run("shoji list").ok()


def check_shares(machine):
    """1 : 2 by the definition's shares; then a cap; then the other way round."""
    got = used(machine)
    print("shares 256 : 512, and a cap of 30 % below:", got)
    assert 1.94 <= got["two"] / got["one"] <= 2.06, got
    machine.run("shoji sched two --cap 30").ok()
    got = used(machine)
    print(got)
    assert abs(share(got, "two") - 0.30) <= 0.01, got
    machine.run("shoji sched two --cap 0 --weight=256; shoji sched one --weight 512").ok()
    got = used(machine)
    assert 1.94 <= got["one"] / got["two"] <= 2.06, got
    assert json.loads(machine.run("shoji sched one --json").ok())["weight"] == 512


def check_pins(machine):
    """Who is pinned stays, though CPU 0 is idle most of the time."""
    for _ in range(10):
        assert [row["cpu"] for row in vcpus(machine, "one") + vcpus(machine, "two")] == [1, 1]
    machine.run("shoji sched two --cpus all --soft-cpus 0").ok()
    row = vcpus(machine, "two")[0]
    assert row["cpus"] == "all" and row["soft_cpus"] == "0", row
    used(machine, 2)
    for _ in range(5):                                  # it likes CPU 0, so the other one has CPU 1 alone
        assert [row["cpu"] for row in vcpus(machine, "one") + vcpus(machine, "two")] == [1, 0]
    xml = machine.run("shoji dumpxml two").ok()
    assert "<shares>512</shares>" in xml and "<vcpupin vcpu='0' cpuset='1'/>" in xml, xml


def check_offline(machine):
    """A CPU goes off line under its vCPUs, and comes back; the last one stays."""
    machine.run("shoji sched one --cpus 0; shoji sched 0 --cpus all").ok()
    machine.run("shoji cpu 0 offline").ok()
    result = machine.run("shoji cpu 1 offline")
    assert result.status == 12 and "it is the last one on line" in result.output, result
    for _ in range(3):
        rows = [row for name in ("one", "two", "0") for row in vcpus(machine, name)]
        assert {row["cpu"] for row in rows if row["state"] == "running"} <= {1}, rows
    got = used(machine, 5)
    assert share(got, "one") > 0.2, got                 # its own CPU is away: it runs on the other
    stats = json.loads(machine.run("shoji info --stats --json").ok())
    assert all(sum(stats[name]) for name in ("switches", "events", "page faults", "hypercall sched_op")), stats
    metrics = machine.run("shoji metrics").ok()
    assert re.search(r'^shoji_switches_total{cpu="1"} [0-9]+$', metrics, re.M), metrics
    assert re.search(r'^shoji_hypercalls_total{cpu="0",name="domctl"} [1-9]', metrics, re.M), metrics
    machine.run("shoji cpu 0 online").ok()
    used(machine, 2)
    assert vcpus(machine, "one")[0]["cpu"] == 0


def start_two(machine):
    """The two kernels that spin, and dom0 out of their way."""
    Dom0(machine).start_services()
    machine.run("shoji sched 0 --cpus 0; shoji create /root/one.xml && shoji create /root/two.xml").ok()


@pytest.mark.full
def test_shares_and_caps(overlay):
    """Weights 256 and 512 get 1 : 2 within 3 %; a cap of 30 % holds within 1 %."""
    with Machine(cpus=2, memory=1536, overlays=(overlay,), extra=BY_INSTRUCTIONS) as machine:
        start_two(machine)
        check_shares(machine)
        machine.run("shoji destroy one && shoji destroy two", 200).ok()
        machine.power_off()


@pytest.mark.full
def test_refusals_pins_and_cpus_off_line(overlay):
    """What is out of range is refused; a pinned vCPU stays; a CPU goes and comes back under its vCPUs."""
    with Machine(cpus=2, memory=1536, overlays=(overlay,)) as machine:
        start_two(machine)
        check_refusals(machine)
        check_pins(machine)
        check_offline(machine)
        machine.run("shoji destroy one && shoji destroy two").ok()
        machine.power_off()


def online(machine, name):
    """How many vCPUs are in service, by the hypervisor; states of all."""
    rows = vcpus(machine, name)
    return sum(row["state"] != "offline" for row in rows), rows


def nproc(dom0, wanted):
    """The guest's own count, at its console."""
    assert f"there are {wanted}." in dom0.type("linux", (60, "# ", "echo there are $(nproc)."), (60, "there are [0-9]", None))


ONLINE = "for f in /sys/devices/system/cpu/cpu*/online; do echo 1 > $f; done 2>/dev/null"


@pytest.mark.full
def test_vcpus_come_and_go(overlay):
    """A stock kernel gives vCPUs up, and has them again."""
    with Machine(cpus=2, memory=1536, overlays=(overlay,)) as machine:
        dom0 = Dom0(machine).start_services()
        machine.run("shoji create /root/linux.xml").ok()
        dom0.wait_log("linux", "READY guest", 600)
        nproc(dom0, 4)
        machine.run("shoji vcpus linux 1", 120).ok()
        assert online(machine, "linux")[0] == 1
        nproc(dom0, 1)
        for wanted in (3, 4):
            said = machine.run(f"shoji vcpus linux {wanted}", 120).ok()
            assert "are in service" in said, said       # this guest has no udev
            dom0.type("linux", (60, "# ", ONLINE + "; echo done | tr d D"), (60, "Done", None))
            nproc(dom0, wanted)
            assert online(machine, "linux")[0] == wanted
        assert machine.run("shoji vcpus linux 5").status == 2
        machine.run("shoji destroy linux").ok()
        machine.power_off()


@pytest.mark.full
@pytest.mark.parametrize("count", [40, 64])
def test_a_wide_guest(overlay, count):
    """More vCPUs than the shared page has room for: each registers its own area; all are in service, and can be taken out."""
    with Machine(cpus=2, memory=1536, overlays=(overlay,)) as machine:
        dom0 = Dom0(machine).start_services()
        dom0.create("wide", kernel="/guests/vmlinux", vcpus=count, memory=256)
        dom0.wait_log("wide", "READY guest", 900)
        assert online(machine, "wide")[0] == count
        said = dom0.type("wide", (120, "# ", "echo there are $(grep -c ^processor /proc/cpuinfo)."), (60, "there are [0-9]", None))
        assert f"there are {count}." in said, said
        machine.run("shoji vcpus wide 33", 200).ok()
        assert online(machine, "wide")[0] == 33
        machine.run("shoji destroy wide").ok()
        machine.power_off()


BUSY = "i=0; while [ $i -lt 8 ]; do (while :; do :; done) & i=$((i + 1)); done; echo done | tr d D"


def cpus_busy(machine):
    """How many CPUs' time the guest had in a while."""
    began = machine.uptime()
    got = used(machine, 8)["linux"]
    return got / (machine.uptime() - began)


@pytest.mark.full
def test_eight_cpus(overlay):
    """Eight vCPUs of a guest that all run have eight CPUs, but for what dom0 needs; five while three are away."""
    with Machine(cpus=8, memory=2048, overlays=(overlay,), boot_timeout=600) as machine:
        assert machine.run("nproc").ok().strip() == "8"
        dom0 = Dom0(machine).start_services()
        dom0.create("linux", kernel="/guests/vmlinux", vcpus=8, memory=256)
        dom0.wait_log("linux", "READY guest", 900)
        nproc(dom0, 8)
        dom0.type("linux", (120, "# ", BUSY), (120, "Done", None))
        busy = [cpus_busy(machine)]
        machine.run("for c in 2 5 7; do shoji cpu $c offline || exit 1; done", 120).ok()
        busy.append(cpus_busy(machine))
        assert not {row["cpu"] for row in vcpus(machine, "linux") if row["state"] == "running"} & {2, 5, 7}
        machine.run("for c in 2 5 7; do shoji cpu $c online || exit 1; done", 120).ok()
        busy.append(cpus_busy(machine))
        print("of 8, 5, and 8 CPUs the guest had", [f"{count:.2f}" for count in busy])
        assert all(0.8 * cpus <= count <= cpus for cpus, count in zip((8, 5, 8), busy)), busy
        machine.run("shoji destroy linux").ok()
        machine.power_off()


HOG = "head -n 1 /proc/stat; cat /proc/uptime; (while :; do :; done) & sleep 10; head -n 1 /proc/stat; cat /proc/uptime; kill $!; echo done | tr d D"


def stolen(dom0):
    """The guest's own account of ten seconds in which it wanted to run all the time: (ran, idled, stolen, all of it)."""
    said = dom0.type("linux", (60, "# ", HOG), (300, "Done", None))
    rows = [[int(n) for n in row.split()] for row in re.findall(r"^cpu +([0-9 ]+)", said, re.M)]
    times = [float(n) for n in re.findall(r"^([0-9.]+) [0-9.]+\r*$", said, re.M)]
    user, nice, system, idle, wait, irq, soft, steal = [b - a for a, b in zip(rows[0][:8], rows[1][:8])]
    return (user + nice + system + irq + soft) / 100, (idle + wait) / 100, steal / 100, times[1] - times[0]


def counted(machine, *names):
    """What the hypervisor has counted, on all CPUs together."""
    stats = json.loads(machine.run("shoji info --stats --json").ok())
    return [sum(stats[name]) for name in names]


@pytest.mark.full
def test_stolen_and_idle_time(overlay):
    """What a guest did not get shows as stolen time; where all sleep, no timer interrupts come but those guests asked for."""
    with Machine(cpus=2, memory=1536, overlays=(overlay,)) as machine:
        dom0 = Dom0(machine).start_services()
        dom0.create("linux", kernel="/guests/vmlinux")
        dom0.wait_log("linux", "READY guest", 600)
        machine.run("shoji sched 0 --cpus 0; shoji sched linux --cpus 1; shoji create /root/one.xml").ok()
        ran, idled, steal, everything = stolen(dom0)
        print(f"of {everything:.2f} s: ran {ran:.2f}, idled {idled:.2f}, stolen {steal:.2f}")
        # Linux counts what it ran by ticks, some of which do not come in emulation; stolen time it is told.
        assert abs(steal / everything - 0.5) <= 0.06 and idled <= 0.03 * everything and ran > 0, (ran, idled, steal, everything)
        # Idle is where no two share a CPU: those of dom0 would need slices now and then.
        machine.run("shoji destroy one && shoji sched 0 --cpus all && shoji sched linux --cpus all").ok()
        machine.run("sleep 5").ok()
        before = counted(machine, "timer interrupts", "guest timers")
        machine.run("sleep 60", 200).ok()
        after = counted(machine, "timer interrupts", "guest timers")
        interrupts, timers = [b - a for a, b in zip(before, after)]
        print(f"in a minute: {interrupts} timer interrupts, {timers} timers of guests")
        assert interrupts <= timers, (interrupts, timers)
        machine.run("shoji destroy linux").ok()
        machine.power_off()
