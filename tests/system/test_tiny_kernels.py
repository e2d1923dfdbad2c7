# SPDX-License-Identifier: GPL-2.0-only
"""The kernels of tests/guests as unprivileged guests, all in one machine: what runs in domain 0 must hold for them, too,
and what is privileged must not. Afterwards the machine has all its memory back."""
import glob
import os
import re
import subprocess

import pytest

from guests import Dom0, definition
from machine import BUILD, TOP, Machine

SOURCES = os.path.join(TOP, "tests/guests")
pytestmark = pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "tools/shoji")), reason="the tools are not built")

# Runs all guests named, two at a time, and prints what each of them said.
RUN_ALL = """
run_one() {
	shoji create /tiny/$1.xml > /tmp/$1.create 2>&1 || { cat /tmp/$1.create; return; }
	wait_for 60 sh -c "! shoji list $1 >/dev/null 2>&1" || { echo "@@still running"; shoji destroy $1; }
}
show() { echo "@@guest $1"; cat /var/log/shoji/console/$1.log | tr -d '\\r'; cat /var/log/shoji/$1.log; }
"""


def names_in(kernel):
    """Names of its tests that a guest runs."""
    with open(os.path.join(SOURCES, kernel + ".c"), encoding="utf-8") as source:
        return re.findall(r"^TEST(?:_GUEST)?\((\w+)\)", source.read(), re.M)


def kernels():
    """(ordinary ones, those whose every test ends the domain)."""
    names = sorted(os.path.splitext(os.path.basename(path))[0] for path in glob.glob(f"{SOURCES}/*.c"))
    names = [name for name in names if name in os.environ.get("G", " ".join(names)).split()]    # as in tests/guests/Makefile
    return [n for n in names if not n.startswith("fatal")], [n for n in names if n.startswith("fatal")]


@pytest.fixture(scope="module", name="overlay")
def overlay_fixture(tmp_path_factory):
    """Kernels and definitions in dom0's /tiny."""
    subprocess.run(["make", "-s", "-C", SOURCES, "all"], check=True)
    root = tmp_path_factory.mktemp("tiny")
    (root / "tiny").mkdir()
    guests = []
    ordinary, fatal = kernels()
    for kernel, guest, cmdline in [(k, k, "") for k in ordinary] + [
            (k, f"{k}{number}", f"only={test}") for k in fatal for number, test in enumerate(names_in(k))]:
        text = definition(guest.replace("_", "-"), memory=24, vcpus=8, kernel=f"/tiny/{kernel}.elf", cmdline=cmdline)
        text = re.sub(r"\s*<initrd>.*</initrd>", "", text)
        text = text.replace("</memory>", "</memory>\n  <currentMemory unit='MiB'>20</currentMemory>")
        (root / f"tiny/{guest.replace('_', '-')}.xml").write_text(text)
        guests.append((guest.replace("_", "-"), kernel, cmdline[5:]))
    for kernel in ordinary + fatal:
        target = str(root / f"tiny/{kernel}.elf")
        subprocess.run(["strip", "-o", target, f"{BUILD}/guests/{kernel}.elf"], check=True)
    return str(root), guests


def judge(kernel, test, said):
    """What is wrong with one guest, as lines."""
    if test:
        crashed = "crash" in said and not re.search(r"^END|still running", said, re.M)
        return [] if crashed else [f"{kernel}.{test}: it was not ended as crashed:\n{said[-800:]}"]
    wrong = [f"{kernel}.{line[5:]}" for line in re.findall(r"^FAIL .*\n.*", said, re.M)]
    missing = [name for name in names_in(kernel) if not re.search(rf"^(PASS|FAIL) {name}\b", said, re.M)]
    if missing or not re.search(r"^END ", said, re.M):
        wrong.append(f"{kernel}: did not run {missing}; it said\n{said[-800:]}")
    return wrong


def check_limits(machine):
    """Guests that came to a limit are named in the hypervisor's log with it, once each; and a flood of lines is cut."""
    machine.child.logfile_read.flush()
    with open(machine.log, encoding="utf-8", errors="replace") as file:
        log = file.read()
    told = re.findall(r"domain (\d+): it has reached its limit of ([^:\r\n]+): \d+", log)
    assert len(told) == len(set(told)), told
    if "extension" in kernels()[0]:
        assert "lines in the log per second" in {name for _, name in told}, told
        assert 0 < log.count("one line of a flood") < 10000


def test_all_kernels_as_guests(overlay):
    """Every kernel, every fatal test in a domain of its own."""
    root, guests = overlay
    with Machine(cpus=2, memory=1024, dom0_memory=512, overlays=(root,), hypervisor_options="loglvl=all") as machine:
        dom0 = Dom0(machine).start_services()
        machine.run(RUN_ALL + f"run_one {guests[0][0]}").ok()       # the daemons have their buffers now
        before = dom0.free_kib()
        names = [name for name, _, _ in guests[1:]]
        halves = " ".join(names[::2]), " ".join(names[1::2])
        machine.run(RUN_ALL + f"(for g in {halves[0]}; do run_one $g; done) & for g in {halves[1]}; do run_one $g; done; wait", 300).ok()
        said = machine.run(RUN_ALL + f"for g in {guests[0][0]} {' '.join(names)}; do show $g; done", 60).ok()
        parts = dict(re.findall(r"^@@guest (\S+)\n(.*?)(?=^@@guest |\Z)", said, re.M | re.S))
        wrong = [line for name, kernel, test in guests for line in judge(kernel, test, parts.get(name, ""))]
        assert not wrong, "\n".join(wrong)
        assert dom0.free_kib() == before, "memory is missing"
        check_limits(machine)
        machine.power_off()
