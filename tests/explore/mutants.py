#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Can the explorer fail? Break rules of the hypervisor in a copy of it, one by one: each must be found.

    mutants.py            every mutation of mutations.txt
    mutants.py --quick    those marked quick
    mutants.py NAME...    those named; "--try SECONDS NAME..." looks for a world that finds them

"Found" is what the explorer calls WRONG, in the world that the mutation names. A mutation that does not
compile, or is not found, is a failure. The last line counts.
"""
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
COPY = os.path.join(TOP, "build/explore/mutants")
WORLDS = "pins grants death builder orphans cut turns types upper chain balloon heirs three".split()
SECONDS = 60        # of processor time, for one world


class Mutation:
    """One of the file."""

    def __init__(self, head):
        words = head.split()
        self.name, self.world, self.flags = words[0], words[1], words[2:]
        self.changes = []       # [file, old lines, new lines]

    def switches(self):
        """The explorer's options."""
        return [] if "all" in self.flags else ["-n", "1"]


def mutations():
    """All of mutations.txt."""
    found = []
    with open(os.path.join(HERE, "mutations.txt"), encoding="utf-8") as source:
        for line in source:
            mark, text = line[:1], line[2:].rstrip("\n")
            if mark == "=":
                found.append(Mutation(text))
            elif mark == "@":
                found[-1].changes.append([text.strip(), [], []])
            elif mark in "-+" and line.strip():
                found[-1].changes[-1][1 if mark == "-" else 2].append(text)
    return found


def copy_tree():
    """Sources and objects, with their times, so that little is compiled."""
    shutil.rmtree(COPY, ignore_errors=True)
    for folder in ("hypervisor/core", "hypervisor/lib", "include-public", "tests/fake", "tests/explore", "build/explore/hooked",
                   "build/explore/plain"):
        shutil.copytree(os.path.join(TOP, folder), os.path.join(COPY, folder), dirs_exist_ok=True)
    for name in os.listdir(os.path.join(TOP, "build/explore")):
        if name.endswith(".o"):
            shutil.copy2(os.path.join(TOP, "build/explore", name), os.path.join(COPY, "build/explore", name))


def build():
    """What the compiler says against it; warnings do not count."""
    flags = "-std=gnu11 -O1 -w -fno-stack-protector -fno-pie -fcf-protection=none"
    done = subprocess.run(["make", "-s", "-j2", "-C", os.path.join(COPY, "tests/explore"), "all", "CFLAGS=" + flags],
                          capture_output=True, text=True, check=False)
    return done.stderr[-800:] if done.returncode else ""


def replaced(path, old, new):
    """The text of a file with `old` (lines) replaced by `new`, or None if it is not there."""
    with open(path, encoding="utf-8") as source:
        text = source.read()
    pattern = r"[ \t]*" + r"\s*\n\s*".join(re.escape(line.strip()) for line in old) + r"[ \t]*\n"
    match = re.search(pattern, text)
    return text[:match.start()] + "".join(line + "\n" for line in new) + text[match.end():] if match else None


def apply(mutation):
    """Write the changes; {path: original text}, and what is wrong."""
    before = {}
    for file, old, new in mutation.changes:
        path = os.path.join(COPY, "hypervisor", file)
        with open(path, encoding="utf-8") as source:
            before.setdefault(path, source.read())
        text = replaced(path, old, new)
        if text is None:
            return before, f"{file} has no longer: {' / '.join(line.strip() for line in old)}"
        with open(path, "w", encoding="utf-8") as target:
            target.write(text)
    return before, ""


def explore(world, options, seconds):
    """(what was wrong or "", the explorer's line of numbers)."""
    command = [os.path.join(COPY, "build/explore/explore"), *options, "-t", str(seconds), world]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60 + 100 * seconds, check=False)
    except subprocess.TimeoutExpired:
        return "", "it does not come to an end"
    wrong = re.search(r"WRONG: (.*)", done.stdout)
    numbers = re.search(r"^\S+ +\d+ states.*", done.stdout, re.M)
    return wrong.group(1) if wrong else "", numbers.group(0) if numbers else done.stderr[-200:]


def hunt(mutation, seconds):
    """Which worlds find it, and how fast."""
    for options in (["-n", "1"], []):
        for world in WORLDS:
            began = time.monotonic()
            wrong, _ = explore(world, options, seconds)
            if wrong:
                print(f"     {world} {options} finds it in {time.monotonic() - began:.1f} s: {wrong}", flush=True)
                return wrong
    return ""


def run(mutation, seconds):
    """True if it is found."""
    before, problem = apply(mutation)
    try:
        problem = problem or build()
        began = time.monotonic()
        wrong, numbers = ("", problem) if problem else explore(mutation.world, mutation.switches(), SECONDS)
        took = time.monotonic() - began
        print(f"{'ok  ' if wrong else 'FAIL'} {mutation.name}: {mutation.world}: {wrong or numbers} ({took:.1f} s)", flush=True)
        if not wrong and not problem and seconds:
            hunt(mutation, seconds)
    finally:
        for path, text in before.items():
            with open(path, "w", encoding="utf-8") as target:
                target.write(text)
    return bool(wrong)


def main():
    """All, the quick ones, or those named."""
    arguments = sys.argv[1:]
    seconds = 0
    if arguments[:1] == ["--try"]:
        seconds = float(arguments[1])
        arguments = arguments[2:]
    chosen = [m for m in mutations() if not arguments or m.name in arguments or (arguments == ["--quick"] and "quick" in m.flags)]
    copy_tree()
    results = [run(mutation, seconds) for mutation in chosen]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) and results else 1


if __name__ == "__main__":
    sys.exit(main())
