#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Which lines of hypervisor/core and hypervisor/abi does the corpus of hypercalls reach?

coverage.py PROGRAM OUT [FOLDER...]: PROGRAM is built with clang's source coverage; each folder of inputs
is run once. Prints a line per file that is not reached wholly, its lines that are not, and the total. Fails
below the goal.
"""
import json
import os
import subprocess
import sys

GOAL = 90
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# No hypercall leads there: it runs at boot or is the machine layer's own arithmetic; tests/unit has it.
APART = ("core/tsc_scale.c", "core/clock.c")


def run(program, out, folders):
    """The merged profile of all inputs."""
    raw = os.path.join(out, "profile.raw")
    profile = os.path.join(out, "profile")
    environment = dict(os.environ, LLVM_PROFILE_FILE=raw)
    subprocess.run([program, "-runs=0", "-verbosity=0", *folders], env=environment, check=True,
                   stderr=subprocess.DEVNULL)
    subprocess.run(["llvm-profdata", "merge", "-o", profile, raw], check=True)
    return profile


def files(program, profile):
    """(name, lines, lines reached, numbers of those that are not)."""
    text = subprocess.run(["llvm-cov", "export", "-instr-profile", profile, program], check=True,
                          stdout=subprocess.PIPE).stdout
    for entry in json.loads(text)["data"][0]["files"]:
        path = os.path.relpath(os.path.realpath(entry["filename"]), TOP)
        if path.startswith(("hypervisor/core/", "hypervisor/abi/")) and path.endswith(".c"):
            lines = entry["summary"]["lines"]
            yield path[len("hypervisor/"):], lines["count"], lines["covered"], missed(entry["segments"])


def missed(segments):
    """Ranges of lines in which code that was compiled was never executed."""
    found = []
    for (line, _, count, has_count, *_), following in zip(segments, segments[1:]):
        if has_count and not count:
            last = following[0]
            if found and found[-1][1] >= line - 1:
                found[-1][1] = last
            else:
                found.append([line, last])
    return " ".join(f"{a}-{b}" if a != b else str(a) for a, b in found)


def main():
    """Run, count, print."""
    program, out, *folders = sys.argv[1:]
    all_lines = all_reached = 0
    for name, lines, reached, unreached in sorted(files(program, run(program, out, folders))):
        if name in APART:
            print(f"  apart {name}: {reached} of {lines}, not counted")
            continue
        all_lines, all_reached = all_lines + lines, all_reached + reached
        if reached < lines:
            print(f"{100 * reached / lines:5.1f}%  {name}: {unreached}")
    percent = 100 * all_reached / all_lines
    print(f"{percent:.1f} % of {all_lines} lines of hypervisor/core and hypervisor/abi are reached; the goal is {GOAL} %")
    return percent < GOAL


if __name__ == "__main__":
    sys.exit(main())
