# SPDX-License-Identifier: GPL-2.0-only
"""The scripted tour: what a person would do first on the machine, with the result of each step.

The machine's console goes to a log file; on the screen there is one line for each step. The first step
that fails ends the tour with what the console said last.
"""
import ctypes
import os
import re
import signal
import time

import pexpect

LOGIN_PROMPT = r"root@shoji:\S*# "
PROMPT = r"tour# "
DISASTER = [r"Kernel panic", r"Panic on CPU", r"PANIC on CPU", r"shoji: cannot boot: [^\r\n]*", r"Hardware Dom0 crashed"]
TEXT = "a shoji is a thin wall"


class TourError(Exception):
    """A step did not go as it should."""


def die_with_parent():
    """In the child: be killed when this process ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Console:
    """dom0's console, and through it the guest's."""

    def __init__(self, command, log, slow):
        self.factor = 4 if slow else 1
        self.log = log
        self.child = pexpect.spawn(command[0], command[1:], encoding="utf-8", codec_errors="replace",
                                   echo=False, preexec_fn=die_with_parent, dimensions=(50, 500))
        self.child.logfile_read = open(log, "w", encoding="utf-8", newline="")
        self.child.delaybeforesend = None
        self.lines = 0

    def expect(self, pattern, seconds):
        """Wait for a pattern; a panic or the machine's end is an error at once."""
        try:
            index = self.child.expect([pattern] + DISASTER, timeout=seconds * self.factor)
        except pexpect.TIMEOUT:
            raise TourError(f"waited {seconds * self.factor} s for {pattern!r}") from None
        except pexpect.EOF:
            raise TourError(f"the machine went off before {pattern!r}") from None
        if index:
            raise TourError(f"the machine stopped: {self.child.match.group(0).strip()}")
        return self.child.match

    def type(self, text):
        """Type a line, in pieces that a serial port's buffer takes."""
        for start in range(0, len(text), 32):
            self.child.send(text[start:start + 32])
            time.sleep(0.02)
        self.child.send("\r")

    def type_line(self, line):
        """Type a line for a shell; the pattern of its end, with its status.

        The end has a number, because a console also shows what was before."""
        self.lines += 1
        self.type(f"{line}; echo \"@@\"{self.lines}.$?\"@@\"")
        return rf"@@{self.lines}[.](\d+)@@\r*\n"

    def shell(self, line, seconds=60):
        """Run a line in the shell in front; its output. The status must be 0."""
        status = int(self.expect(self.type_line(line), seconds).group(1))
        output = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.child.before.replace("\r", ""))
        output = output.rpartition('"@@"')[2].removeprefix("tour# ")
        if status:
            raise TourError(f"'{line}' ended with status {status}:\n{output.strip()}")
        return output.strip("\n")

    def answers(self, seconds):
        """Is there a shell in front?"""
        end = self.type_line(":")
        return not self.child.expect([end, pexpect.TIMEOUT], timeout=seconds * self.factor)

    def plain_shell(self):
        """No line editing, no colours: what comes back is what was printed."""
        self.expect(LOGIN_PROMPT, 240)
        self.type("stty cols 400; exec env PS1='tour''# ' TERM=dumb bash --norc --noediting")
        self.expect(PROMPT, 30)

    def tail(self):
        """The last lines of the console."""
        self.child.logfile_read.flush()
        with open(self.log, encoding="utf-8", errors="replace", newline="") as file:
            return "\n".join(file.read().replace("\r", "").splitlines()[-30:])

    def close(self):
        """Off, whatever the state."""
        try:
            os.kill(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.child.close(force=True)
        self.child.logfile_read.close()


class Tour:
    """The steps, in order. Each returns a line or more to show."""

    def __init__(self, console):
        self.console = console
        self.address = ""

    def boot(self):
        """firmware, hypervisor, Debian as dom0, a root shell"""
        self.console.plain_shell()
        return self.console.shell("uname -sr; cat /sys/hypervisor/type")

    def network(self):
        """dom0 has an address from the outside network"""
        self.console.shell("for i in $(seq 60); do ip -4 -o addr show br0 | grep -q inet && break; sleep 1; done", 90)
        text = self.console.shell("ip -4 -o addr show br0")
        found = re.search(r"inet ([\d.]+)", text)
        if not found:
            raise TourError("br0 has no address")
        self.address = found.group(1)
        return f"br0 {self.address}"

    def listing(self):
        """shoji list: the guest of hello.xml runs"""
        self.console.shell("for i in $(seq 60); do shoji list 2>/dev/null | grep -q hello && break; "
                           "systemctl is-failed -q shoji-hello && break; sleep 1; done", 90)
        text = self.console.shell("shoji list")
        if "hello" not in text:
            why = self.console.shell("systemctl status --no-pager -l shoji-hello || true")
            raise TourError(f"no guest 'hello' in:\n{text}\n{why}")
        return text

    def enter_guest(self):
        """Attach to the guest's console. A prompt that it shows may be an old one: the shell must answer."""
        self.console.type("shoji console hello")
        if not any(self.console.answers(5) for _ in range(12)):
            raise TourError("the guest's shell does not answer")

    def leave_guest(self):
        """Detach: Ctrl-]."""
        self.console.child.send("\x1d")
        self.console.expect(PROMPT, 20)

    def guest_console(self):
        """shoji console hello: the guest's shell answers"""
        self.enter_guest()
        return self.console.shell("uname -sr; hostname")

    def guest_pings(self):
        """the guest pings dom0 and the outside gateway"""
        self.console.shell(f"ping -c 2 -w 20 {self.address}", 40)
        gateway = self.console.shell("ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p'")
        if not gateway:
            raise TourError("the guest has no default route")
        self.console.shell(f"ping -c 2 -w 20 {gateway}", 40)
        return f"{self.address} and {gateway} answer"

    def guest_writes(self):
        """the guest writes to its disk"""
        self.console.shell(f"echo '{TEXT}' > /data/tour && touch /seen && sync && cat /data/tour")
        self.leave_guest()
        return TEXT

    def guest_reboots(self):
        """shoji reboot hello; the guest reads its disk back"""
        self.console.shell("shoji reboot hello", 120)
        self.enter_rebooted()
        text = self.console.shell("cat /data/tour")
        self.leave_guest()
        if text != TEXT:
            raise TourError(f"the file holds '{text}'")
        return text

    def enter_rebooted(self):
        """The guest's shell after its restart: what was in its memory is gone."""
        for _ in range(12):
            time.sleep(5)
            self.enter_guest()
            if self.console.shell("[ -e /seen ] && echo old || echo new") == "new":
                return
            self.leave_guest()
        raise TourError("the guest was not restarted")

    def guest_shuts_down(self):
        """shoji shutdown hello: only dom0 is left"""
        self.console.shell("shoji shutdown hello", 120)
        self.console.shell("for i in $(seq 60); do shoji list | grep -q hello || break; sleep 1; done", 90)
        text = self.console.shell("shoji list")
        if "hello" in text:
            raise TourError("still there:\n" + text)
        return text

    def power_off(self):
        """leaving the shell powers the machine off"""
        self.console.type("exit")
        try:
            self.console.child.expect(pexpect.EOF, timeout=60 * self.console.factor)
        except pexpect.TIMEOUT:
            raise TourError("the machine is still on") from None
        return ""

    def steps(self):
        """All steps in their order."""
        return [self.boot, self.network, self.listing, self.guest_console, self.guest_pings, self.guest_writes,
                self.guest_reboots, self.guest_shuts_down, self.power_off]


def take(command, log, slow):
    """Run the tour; 0 or 1."""
    console = Console(command, log, slow)
    tour = Tour(console)
    steps = tour.steps()
    try:
        for number, step in enumerate(steps, 1):
            start = time.monotonic()
            print(f"tour {number}/{len(steps)}: {step.__doc__}", flush=True)
            shown = step()
            for line in shown.splitlines():
                print("    " + line)
            print(f"    ok, {time.monotonic() - start:.0f} s", flush=True)
        print("tour: all steps passed")
        return 0
    except TourError as error:
        print(f"tour: FAILED at step {number}: {step.__doc__}: {error}\n--- end of the console ({log}):\n{console.tail()}")
        return 1
    finally:
        console.close()
