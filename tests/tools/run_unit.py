#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run cmocka programs and count: prints what failed, then one line "N passed, M failed".

A program that is missing (did not compile), crashes, hangs or reports no tests is one failure.
"""
import os
import re
import subprocess
import sys

LIMIT = 300


def newer_source(program):
    """A program older than its own test file is a leftover of a failed build."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../unit", os.path.basename(program) + ".c")
    return os.path.exists(source) and os.path.getmtime(source) > os.path.getmtime(program)


def run_program(program):
    """(passed, failed, output worth showing) of one program."""
    name = os.path.basename(program)
    if not os.path.exists(program) or newer_source(program):
        return 0, 1, f"{name}: was not built"
    try:
        result = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT,
                                check=False)
    except subprocess.TimeoutExpired:
        return 0, 1, f"{name}: still running after {LIMIT} s"
    text = result.stdout.decode(errors="replace")
    passed = sum(map(int, re.findall(r"\[  PASSED  \] (\d+) test", text)))
    failed = sum(map(int, re.findall(r"\[  FAILED  \] (\d+) test", text)))
    if result.returncode and not failed or not passed + failed:
        failed += 1
    return passed, failed, f"{name}: status {result.returncode}\n{text}" if failed else ""


def main():
    """All programs given."""
    passed = failed = 0
    for program in sys.argv[1:]:
        good, bad, text = run_program(program)
        passed, failed = passed + good, failed + bad
        if text:
            print(text)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
