# SPDX-License-Identifier: GPL-2.0-only
"""A person, and several, at a stock guest's console: the log, typing, a reboot, a daemon that is killed, guests that lie."""
import os
import subprocess
import time

import pytest

from machine import BUILD, TOP, Machine

TOOLS = os.path.join(BUILD, "tools")
LOG = "/var/log/shoji/console/{}.log"
FIRST = "Linux version "        # the first words of a kernel

pytestmark = pytest.mark.skipif(not os.path.exists(f"{TOOLS}/shoji-consoled"), reason="the console daemon is not built")

GUEST = """<domain type='xen'>
  <name>{0}</name>
  <memory unit='MiB'>128</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='xenpv'>linux</type>
    <kernel>/guests/vmlinuz</kernel><initrd>/guests/initrd</initrd><cmdline>console=hvc0</cmdline>
  </os>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <devices><console type='pty'><target type='xen' port='0'/></console></devices>
</domain>
"""

# Viewers are background jobs that read what is typed from a FIFO; /tmp/NAME.said is what they show.
IN_DOM0 = """
shoji-stored > /var/log/stored.log 2>&1 &
wait_for 20 test -S /run/xenstored/socket
start_consoled() { shoji-consoled >> /var/log/consoled.log 2>&1 & wait_for 20 test -S /run/shoji/consoled.socket; }
stop_consoled() { kill -9 $(pidof shoji-consoled); wait_for 5 sh -c '! pidof shoji-consoled'; rm -f /run/shoji/consoled.socket; }
view() { rm -f /tmp/$1.keys; mkfifo /tmp/$1.keys
	shoji console ${2:-talk} < /tmp/$1.keys > /tmp/$1.said 2> /tmp/$1.told & sleep 1 > /tmp/$1.keys & exec 3> /tmp/$1.keys; }
seen() { wait_for $1 grep -qa "$2" $3; }
start_consoled
"""


@pytest.fixture(name="overlay")
def overlay_fixture(tmp_path):
    """The definitions, and the program that lies in a guest's name."""
    test = tmp_path / "test"
    test.mkdir()
    for name in ("talk", "other"):
        (test / f"{name}.xml").write_text(GUEST.format(name))
    subprocess.run(["gcc", "-O2", f"-I{TOP}/include-public", f"-I{TOP}/dom0-tools/lib", "-o", str(test / "ring_liar"),
                    f"{TOP}/tests/system/programs/ring_liar.c", f"{TOOLS}/libshoji.a", "-lxengnttab"], check=True)
    return str(tmp_path)


def type_line(machine, viewer, line, answer):
    """Type a command whose answer is not in it."""
    machine.run(f"printf '{line}\\r' > /tmp/{viewer}.keys && seen 20 '{answer}' /tmp/{viewer}.said").ok()


def from_the_first_byte(machine):
    """What the guest said before anybody looked is shown to each viewer, and is in the log."""
    machine.run("shoji create /test/talk.xml", 90).ok()
    machine.run(f"seen 90 'READY guest' {LOG.format('talk')}", 120).ok()
    machine.run("view a; exec 4>&3; view b; seen 10 'READY guest' /tmp/a.said && seen 10 'READY guest' /tmp/b.said").ok()
    log = machine.run(f"head -n 2 {LOG.format('talk')}").ok().splitlines()
    assert log[0].startswith("--- talk: domain 1,") and FIRST in log[1] and "[    0.000000]" in log[1], log
    assert FIRST in machine.run("head -n 1 /tmp/a.said").ok()


def two_viewers(machine):
    """Both type, both see everything; and so does who uses the terminal that the store names."""
    type_line(machine, "a", "echo from-a-$((1+1))", "from-a-2")
    type_line(machine, "b", "echo from-b-$((2+2))", "from-b-4")
    machine.run("printf 'echo pty-$((5+5))\\r' > $(xenstore-read /local/domain/1/console/tty) && seen 20 pty-10 /tmp/a.said").ok()
    machine.run("seen 5 from-b-4 /tmp/a.said && seen 5 pty-10 /tmp/b.said && sleep 1 && cmp /tmp/a.said /tmp/b.said").ok()
    machine.run(f"tail -n +2 {LOG.format('talk')} | cmp - /tmp/a.said").ok()


def the_terminal(machine):
    """On a terminal Ctrl-] leaves, and the terminal is as it was before."""
    before = machine.run("stty -a < /dev/hvc0").ok()
    command = "shoji console talk < /dev/hvc0"
    machine.send(f"{len(command)} {command}\r")
    machine.expect("Ctrl-. leaves it", 30)
    machine.expect("pty-10\r*\n", 30)
    machine.send("echo tty-$((7+7))\r")
    machine.expect("tty-14\r*\n", 30)
    machine.send("\x1d")
    assert machine.expect(r"@@end (\d+)@@\r*\n", 30).group(1) == "0"
    assert machine.run("stty -a < /dev/hvc0").ok() == before


def killed_daemon(machine):
    """A new daemon goes on where the log was; what lay in the ring meanwhile is not lost."""
    type_line(machine, "a", "sleep 2; seq 1000 1200; echo seq-$((1+1))", "seq 1000 1200")
    machine.run("stop_consoled; seen 20 'the console daemon has ended' /tmp/a.told && sleep 3").ok()
    machine.run(f"start_consoled; seen 20 seq-2 {LOG.format('talk')}").ok()
    numbers = machine.run(f"grep -ax '1[0-2][0-9][0-9].*' {LOG.format('talk')} | tr -d '\\r'").ok().split()
    assert numbers == [str(n) for n in range(1000, 1201)], numbers
    assert machine.run(f"grep -ac -- '--- talk' {LOG.format('talk')}").ok().strip() == "1"
    machine.run("view a; seen 10 seq-2 /tmp/a.said").ok()
    assert FIRST in machine.run("head -n 1 /tmp/a.said").ok() or FIRST in machine.run("head -n 2 /tmp/a.said").ok()


def reboot(machine):
    """Viewers stay over a reboot, and see it. The second guest starts meanwhile."""
    machine.run("shoji create /test/other.xml", 90).ok()
    machine.run("printf 'reboot -f\\r' > /tmp/a.keys").ok()
    machine.run("wait_for 90 sh -c 'test $(grep -ac \"READY guest\" /tmp/a.said) = 2'", 100).ok()
    type_line(machine, "a", "echo again-$((3+3))", "again-6")
    assert "domain 3," in machine.run(f"grep -a -- '--- talk' {LOG.format('talk')}").ok()


def liars(machine):
    """Nonsense in one guest's pages costs that guest's console and store, and nobody else anything."""
    machine.run("/test/ring_liar 3 console; printf 'x\\r' > /tmp/a.keys; seen 10 'talk: domain 3 has put impossible' /var/log/consoled.log").ok()
    machine.run("/test/ring_liar 3 store; xenstore-write /local/domain/3/control/shutdown ''").ok()
    machine.run("seen 10 'domain 3 broke the protocol of its store ring (bad index)' /var/log/stored.log").ok()
    machine.run(f"seen 90 'READY guest' {LOG.format('other')}", 100).ok()
    machine.run("view o other; seen 10 'READY guest' /tmp/o.said").ok()
    type_line(machine, "o", "echo other-$((4+4))", "other-8")


def flood_and_end(machine):
    """A guest that writes for ever leaves dom0 usable; its log is bounded; its last words are kept."""
    machine.run("printf 'while :; do echo flood-flood-flood-flood-flood-flood-flood-flood-flood; done\\r' > /tmp/o.keys; sleep 2").ok()
    machine.run("shoji list", 10).ok()
    machine.run("shoji destroy talk && shoji destroy other", 60).ok()
    machine.run("seen 10 'other has ended' /tmp/o.told").ok()
    sizes = machine.run("wc -c /var/log/shoji/console/*").ok()
    assert int(sizes.split()[-2]) < 8 << 20, sizes
    assert "flood" in machine.run("shoji console other --log | tail -n 2").ok()
    assert machine.run("ls /run/shoji/console").ok().split() == []
    missing = machine.run("shoji console other")
    assert missing.status == 4 and "no such domain" in missing.output, missing


@pytest.mark.parametrize("hypervisor", ["shoji", pytest.param("xen", marks=pytest.mark.full)])
def test_console(hypervisor, overlay):
    """One machine, one guest, and a second one at the end."""
    with Machine(hypervisor=hypervisor, overlays=(overlay,), cpus=2, memory=2048) as machine:
        machine.run(IN_DOM0).ok()
        from_the_first_byte(machine)
        two_viewers(machine)
        the_terminal(machine)
        killed_daemon(machine)
        reboot(machine)
        liars(machine)
        flood_and_end(machine)


def test_a_terminal_that_is_not_read():
    """dom0 waits a while for its terminal, then goes on without it; what is typed and said later arrives."""
    machine = Machine()
    try:
        machine.spawn()
        machine.expect("about to get started", machine.boot_timeout)
        time.sleep(6)                               # less than it waits: nothing is lost
        machine.boot()
        with open(machine.log, encoding="utf-8", errors="replace") as file:
            assert "characters were lost" not in file.read()
        command = "timeout 40 seq 100000 99999999"  # it still writes when we read again: that is when dom0 is told
        machine.send(f"{len(command)} {command}\r")
        time.sleep(20)                              # more than it waits: the command goes on without us
        machine.expect(r"\(HV\) [1-9][0-9]* characters were lost", 60)
        machine.send("15 echo still here\r")        # read when the command has ended
        machine.expect("still here\r*\n@@end 0@@", 300)
        assert machine.run("echo and here").ok() == "and here\n"
        machine.power_off()
    finally:
        machine.close()
