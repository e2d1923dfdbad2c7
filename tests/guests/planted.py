#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Can the kernels' tests fail? Plant faults in a copy of the hypervisor, one by one: each must be found.

A line of planted.txt names a file below hypervisor/ and the test that must find the fault; the two
lines behind it are what is replaced (once), and by what ("-": by nothing). The last line counts.
"""
import os
import shutil
import subprocess
import sys

import run

TOP = run.TOP
COPY = os.path.join(run.BUILD, "planted")


def faults():
    """(file, kernel, test, old, new) of each."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "planted.txt")
    with open(path, encoding="utf-8") as source:
        lines = [line.rstrip("\n") for line in source if line.strip() and not line.startswith("#")]
    for head, old, new in zip(*[iter(lines)] * 3):
        file, name = head.split()
        kernel, test = name.split(":")
        yield file, kernel, test, old.strip(), "" if new.strip() == "-" else new.strip()


def copy_tree():
    """Sources and objects, with their times, so that little is compiled."""
    shutil.rmtree(COPY, ignore_errors=True)
    for folder in ("hypervisor", "include-public", "build/hypervisor", "build/boot"):
        shutil.copytree(os.path.join(TOP, folder), os.path.join(COPY, folder), dirs_exist_ok=True)
    makefile = os.path.join(COPY, "hypervisor/Makefile")
    with open(makefile, encoding="utf-8") as source:
        text = source.read()
    with open(makefile, "w", encoding="utf-8") as target:
        target.write(text.replace("-Werror", ""))


def build():
    """True if the copy compiles."""
    done = subprocess.run(["make", "-s", "-C", os.path.join(COPY, "hypervisor")], capture_output=True, check=False)
    if done.returncode:
        print(done.stderr.decode()[-600:])
    return done.returncode == 0


def found(file, kernel, test, old, new):
    """Why the test failed with the fault in place; "" if it passed, None if it could not be tried."""
    path = os.path.join(COPY, "hypervisor", file)
    with open(path, encoding="utf-8") as source:
        text = source.read()
    if text.count(old) < 1:
        print(f"     {file} has no longer: {old}")
        return None
    with open(path, "w", encoding="utf-8") as target:
        target.write(text.replace(old, new, 1))
    try:
        if not build():
            return None
        runner = run.run_fatal if kernel.startswith("fatal") else run.run_kernel
        results = dict(runner(kernel, test, 2 if kernel.startswith("smp") else 1))
        return next((why for why in results.values() if why), "")
    finally:
        with open(path, "w", encoding="utf-8") as target:
            target.write(text)


def main():
    """All, or those whose test's name is given."""
    copy_tree()
    run.HYPERVISOR = os.path.join(COPY, "build/shoji")
    good = bad = 0
    for file, kernel, test, old, new in faults():
        if len(sys.argv) > 1 and f"{kernel}:{test}" not in sys.argv[1:]:
            continue
        why = found(file, kernel, test, old, new)
        print(f"{'ok  ' if why else 'FAIL'} {kernel}:{test}: {file}: {old} -> {new or 'nothing'}", flush=True)
        if why:
            print("     " + why.splitlines()[0][:150], flush=True)
        good, bad = good + bool(why), bad + (not why)
    print(f"{good} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
