# SPDX-License-Identifier: GPL-2.0-only
"""Our store daemon beside Debian's: the same requests, the same answers.

What Debian's xenstored answers was recorded in answers/store.txt, from a dom0 on Xen, where it runs; the test marked full records
again and compares. Ours is asked on this machine, without a hypervisor. What differs on purpose is in `settle`.
"""
import os
import random
import re
import signal
import subprocess
import time

import pytest

from machine import BUILD, HERE, TOP, Machine, die_with_parent

OURS = os.path.join(BUILD, "tools/shoji-stored")
CLIENTS = os.path.join(BUILD, "root/base/usr/bin")
RECORD = os.path.join(HERE, "answers/store.txt")

(CONTROL, DIRECTORY, READ, GET_PERMS, WATCH, UNWATCH, START, END, INTRODUCE, RELEASE, DOMAIN_PATH, WRITE, MKDIR, RM, SET_PERMS,
 WATCH_EVENT, ERROR, IS_INTRODUCED, RESUME, SET_TARGET, _, RESET_WATCHES, DIRECTORY_PART) = range(23)

pytestmark = pytest.mark.skipif(not os.path.exists(OURS), reason="the store daemon is not built")

# Every kind of request, well and badly made; all by one client.
FIXED = [
    (READ, b"/t\0"), (READ, b""), (READ, b"/t"), (READ, b"//\0"), (READ, b"/t/\0"), (READ, b"/t/none\0"), (READ, b"/t b\0"),
    (WRITE, b"/t/w\0"), (READ, b"/t/w\0"), (WRITE, b"/t/w\0v\0w\0"), (READ, b"/t/w\0"), (WRITE, b"/t/w"),
    (WRITE, b"/t/n/e/w\0x"), (DIRECTORY, b"/t/n\0"), (DIRECTORY, b"/t/n/e/w\0"), (DIRECTORY, b"/t/none\0"), (MKDIR, b"/t/n/e\0"),
    (READ, b"/t/n/e/w\0"), (MKDIR, b"/t/m/k\0"), (READ, b"/t/m/k\0"), (RM, b"/t/m/k\0"), (RM, b"/t/m/k\0"),
    (RM, b"/t/m/k/none\0"), (RM, b"/\0"), (GET_PERMS, b"/t/n/e/w\0"), (SET_PERMS, b"/t/n/e\0r0\0b0\0"), (GET_PERMS, b"/t/n/e\0"),
    (SET_PERMS, b"/t/n/e\0"), (SET_PERMS, b"/t/n/e\0q1\0"), (SET_PERMS, b"/t/none\0n1\0"), (MKDIR, b"/t/n/e/inherits\0"),
    (GET_PERMS, b"/t/n/e/inherits\0"), (SET_PERMS, b"/t/n/e\0b0\0"), (WATCH, b"/t/n\0t\0"), (WATCH, b"/t/n\0t\0"),
    (WATCH, b"/t/n\0u\0"), (WATCH, b"@releaseDomain\0r\0"), (UNWATCH, b"/t/n\0none\0"), (UNWATCH, b"/t/n\0u\0"),
    (WRITE, b"/t/n/e/w\0y"), (RM, b"/t/n/e\0"), (RM, b"/t/n\0"), (WATCH, b"/t/d\0"), (WATCH, b"rel/a\0x\0"),
    (WRITE, b"rel/a/b\0x"), (RM, b"rel\0"), (END, b"T\0"), (DOMAIN_PATH, b"7\0"), (IS_INTRODUCED, b"900\0"),
    (IS_INTRODUCED, b"0\0"), (RESET_WATCHES, b"\0"), (99, b"/\0"), (WATCH_EVENT, b"/\0t\0"), (RELEASE, b"900\0"),
    (RESUME, b"900\0"), (SET_TARGET, b"900\0" b"901\0"), (WRITE, b"/" + b"l" * 3072 + b"\0x"), (WRITE, b"r" * 2049 + b"\0x"),
    (READ, b"/t\0more\0"), (START, b"\0"),
]


CHANGES = (WRITE, MKDIR, RM, SET_PERMS)


def random_request(rng, started):
    """One that may well succeed: few names, so that clients meet."""
    path = "/".join(["", "r", *(rng.choice("abc") for _ in range(rng.randint(0, 3)))]).encode()
    kind = rng.choice([READ, WRITE, WRITE, WRITE, MKDIR, RM, DIRECTORY, GET_PERMS, SET_PERMS, WATCH, UNWATCH, START, END])
    tx = rng.choice(range(started + 1)) if kind not in (START, WATCH, UNWATCH) else 0
    tail = {WRITE: b"%d" % rng.randint(0, 99), SET_PERMS: rng.choice([b"n0\0", b"r0\0b0\0", b"b0\0"]),
            WATCH: rng.choice([b"t\0", b"u\0"]), UNWATCH: rng.choice([b"t\0", b"u\0"])}.get(kind, b"")
    payload = {START: b"\0", END: rng.choice([b"T\0", b"T\0", b"F\0"])}.get(kind, path + b"\0" + tail)
    return kind, tx, payload


def random_round(rng, meet):
    """Three clients. Unless they may meet, one transaction runs at a time, and nobody else changes anything meanwhile."""
    lines, started, owner = [f"0 {RM} 0 {b'/r'.hex()}00"], [0, 0, 0], None
    for _ in range(40):
        client = rng.randrange(3)
        kind, tx, payload = random_request(rng, started[client])
        if not meet and owner is not None:
            if kind == START or (kind in CHANGES and client != owner):
                continue
            tx = started[owner] if client == owner and kind not in (WATCH, UNWATCH) else 0
        started[client] += kind == START
        owner = client if kind == START else None if kind == END and client == owner else owner
        lines.append(f"{client} {kind} {tx} {payload.hex()}")
    return lines


MEETING = 101       # from this round on clients' transactions meet each other


def script():
    """Rounds of requests: the fixed ones, then random ones of three clients."""
    rng = random.Random(1)
    rounds = [[f"0 {MKDIR} 0 {b'/t'.hex()}00"] + [f"0 {kind} 0 {payload.hex()}" for kind, payload in FIXED]]
    return rounds + [random_round(rng, number >= MEETING) for number in range(1, 151)]


def split(rounds, output):
    """For each round, for each request: [answer, event, …]."""
    lines, result = iter(output.splitlines()), []
    pending = next(lines, None)
    for requests in rounds:
        answers = []
        for _ in requests:
            answer = [pending]
            while (pending := next(lines, None)) is not None and pending.startswith("event"):
                answer.append(pending)
            answers.append(answer)
        result.append(answers)
    assert pending is None
    return result


def settle(request, answer):
    """An answer as it is compared. On purpose, ours differs in this: names in a directory are sorted, and a path without its
    end is wrong (EINVAL), not absent (ENOENT)."""
    kind, _, data = answer[0].partition(" ")
    if int(request.split()[1]) == READ and not request.endswith("00") and int(kind) == ERROR:
        return ["malformed"]
    if int(kind) == DIRECTORY:
        names = bytes.fromhex(data.replace("-", "")).split(b"\0")
        return [f"{kind} {sorted(names)}"] + answer[1:]
    return answer


def compare(rounds, ours, theirs):
    """What differs, as text, and how many rounds ended early. Where transactions meet they may differ inside: Debian's daemon shows
    one what others changed after its beginning, unless it has looked there before, and refuses more commits. Such a
    round is compared up to there."""
    differences, parted = [], 0
    for number, requests in enumerate(rounds):
        for request, mine, other in zip(requests, ours[number], theirs[number]):
            if settle(request, mine) == settle(request, other):
                continue
            if number >= MEETING and (request.split()[2] != "0" or int(request.split()[1]) == END):
                parted += 1
                break
            differences.append(f"round {number}: {show(request)}\n  ours   {[show(a) for a in mine]}\n  theirs {[show(a) for a in other]}")
            if number:
                break
    return differences, parted


def show(line):
    """A line with its payload readable."""
    *head, data = line.split(" ")
    try:
        return " ".join(head) + " " + repr(bytes.fromhex(data))[:60]
    except ValueError:
        return line


@pytest.fixture(name="player", scope="module")
def player_fixture(tmp_path_factory):
    """The program that plays a script to a daemon."""
    path = tmp_path_factory.mktemp("player") / "store_script"
    subprocess.run(["gcc", "-static", "-O2", f"-I{TOP}/include-public", "-o", str(path), f"{HERE}/programs/store_script.c"], check=True)
    return str(path)


class Daemon:
    """Our daemon on a socket of its own."""

    def __init__(self, folder):
        self.socket = str(folder / "socket")
        self.start()

    def start(self):
        """Until it answers."""
        self.process = subprocess.Popen([OURS, "--no-xen", "--socket", self.socket], preexec_fn=die_with_parent,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            if os.path.exists(self.socket) and self.run("xenstore-exists", "/")[0] == 0:
                return
            time.sleep(0.02)
        raise AssertionError("shoji-stored does not answer")

    def run(self, program, *arguments):
        """One of Debian's programs; (status, output)."""
        result = subprocess.run([os.path.join(CLIENTS, program), "-s", *arguments], env={**os.environ, "XENSTORED_PATH": self.socket},
                                capture_output=True, text=True, timeout=10, check=False)
        return result.returncode, result.stdout

    def stop(self):
        """The exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)


@pytest.fixture(name="ours")
def ours_fixture(tmp_path):
    """Our daemon."""
    daemon = Daemon(tmp_path)
    yield daemon
    daemon.stop()


def text_of(rounds):
    """The script as the player reads it."""
    return "\n-\n".join("\n".join(lines) for lines in rounds) + "\n"


def test_answers(ours, player):
    """What Debian's daemon was recorded to answer, ours answers too."""
    rounds = script()
    result = subprocess.run([player, ours.socket], input=text_of(rounds), capture_output=True, text=True, timeout=60, check=True)
    with open(RECORD, encoding="ascii") as file:
        theirs = file.read()
    differences, parted = compare(rounds, split(rounds, result.stdout), split(rounds, theirs))
    assert not differences, "\n".join(differences[:20])
    assert parted < len(rounds) - MEETING, "no round was compared to its end"
    check = subprocess.run([player, ours.socket], input=f"0 {CONTROL} 0 {b'check'.hex()}00\n", capture_output=True, text=True, check=True)
    assert check.stdout.split()[1] == b"consistent\0".hex()
    assert ours.stop() == 0


PROGRAMS = [
    ("write /a/b/c value", 0, ""), ("read /a/b/c", 0, "value\n"), ("read /a/b", 0, "\n"), ("read /none", 1, ""),
    ("write /a/b/c other /a/b/d third", 0, ""), ("list /a/b", 0, "c\nd\n"), ("list -p /a/b", 0, "/a/b/c\n/a/b/d\n"),
    ("exists /a/b", 0, ""), ("exists /a/none", 1, ""), ("chmod /a/b n1 r2 b3", 0, ""),
    ("ls -p /a", 0, 'b = "" (n1,r2,b3)\n c = "other" (n0)\n d = "third" (n0)\n'), ("chmod /a x1", 1, ""),
    ("ls -f /a", 0, '/a/b = ""\n/a/b/c = "other"\n/a/b/d = "third"\n'), ("rm /a/b", 0, ""), ("rm /a/b", 0, ""), ("ls /a", 0, ""),
    ("write relative 1", 0, ""), ("read /local/domain/0/relative", 0, "1\n"),
]


def test_programs(ours):
    """Debian's command line programs work with our daemon."""
    for line, status, output in PROGRAMS:
        program, *arguments = line.split()
        got, said = ours.run("xenstore-" + program, *arguments)
        said = re.sub(r"\" [. ]+\(", '" (', said.replace("\0", ""))
        assert (got, said) == (status, output), line


def test_second_and_killed(ours):
    """A second daemon at the same place is refused; a socket that was left behind is not in the way."""
    second = subprocess.run([OURS, "--no-xen", "--socket", ours.socket], capture_output=True, text=True, timeout=10, check=False)
    assert second.returncode == 3 and "another store daemon answers" in second.stderr
    ours.process.kill()
    ours.process.wait()
    assert os.path.exists(ours.socket)
    ours.start()
    assert ours.run("xenstore-write", "/again", "1")[0] == 0


@pytest.mark.full
def test_record_again(player, tmp_path):
    """Debian's daemon still answers what was recorded. With RECORD=1 in the environment it is written down."""
    (tmp_path / "test").mkdir()
    os.link(player, tmp_path / "test/store_script")
    (tmp_path / "test/script").write_text(text_of(script()))
    with Machine(hypervisor="xen", reference=True, overlays=(str(tmp_path),)) as machine:
        machine.run("start-reference", 60).ok()
        machine.run("/test/store_script /run/xenstored/socket < /test/script > /tmp/answers", 120).ok()
        answers = machine.run("cat /tmp/answers", 120).ok()
    if os.environ.get("RECORD"):
        os.makedirs(os.path.dirname(RECORD), exist_ok=True)
        with open(RECORD, "w", encoding="ascii") as file:
            file.write(answers)
    with open(RECORD, encoding="ascii") as file:
        assert file.read() == answers
