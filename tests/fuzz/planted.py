#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Can the target of hypercalls find faults? Plant those of planted.txt in a copy, one by one.

planted.py OUT [NUMBER...]: each must be found by the inputs that are kept, without a search: the corpus, and the programs of
planted/, which were made for faults that the corpus passes by. The last line counts.
"""
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
TOLD = re.compile(r"^(failure:|panic:|.*ERROR: AddressSanitizer|.*runtime error:|.*ERROR: libFuzzer).*", re.M)


def faults():
    """(file, old, new) of each."""
    with open(os.path.join(HERE, "planted.txt"), encoding="utf-8") as source:
        lines = [line.strip() for line in source if line.strip() and not line.startswith("#")]
    return [(file, old, "" if new == "-" else new) for file, old, new in zip(*[iter(lines)] * 3)]


def copy_tree(out):
    """Sources and objects, with their times, so that little is compiled. Faults may leave things unused."""
    copy = os.path.join(out, "planted")
    shutil.rmtree(copy, ignore_errors=True)
    for folder in ("hypervisor", "include-public", "tests/fake", "tests/fuzz", "build/fuzz/obj/hypercalls"):
        shutil.copytree(os.path.join(TOP, folder), os.path.join(copy, folder))
    for folder in ("dom0-tools", "pv-drivers"):
        os.symlink(os.path.join(TOP, folder), os.path.join(copy, folder))
    makefile = os.path.join(copy, "tests/fuzz/Makefile")
    times = os.stat(makefile)
    with open(makefile, encoding="utf-8") as source:
        text = source.read()
    with open(makefile, "w", encoding="utf-8") as target:
        target.write(text.replace("-Werror", ""))
    os.utime(makefile, (times.st_atime, times.st_mtime))
    return copy


def build(copy):
    """The program, or None."""
    done = subprocess.run(["make", "-s", "-C", os.path.join(copy, "tests/fuzz"), "../../build/fuzz/hypercalls"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        print(done.stderr.decode()[-600:])
        return None
    return os.path.join(copy, "build/fuzz/hypercalls")


def hunt(program):
    """What was found, or ""."""
    work = os.path.join(os.path.dirname(program), "found")
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    done = subprocess.run([program, "-runs=0", "-timeout=20", "-seed=1", "-verbosity=0", f"-artifact_prefix={work}/",
                           os.path.join(HERE, "planted"), os.path.join(HERE, "corpus/hypercalls")],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    text = done.stderr.decode(errors="replace")
    match = TOLD.search(text)
    return (match.group(0) if match else "it failed") if done.returncode else ""


def found(copy, file, old, new):
    """What the target says with the fault in place; "" if nothing, None if it could not be tried."""
    path = os.path.join(copy, "hypervisor", file)
    with open(path, encoding="utf-8") as source:
        text = source.read()
    if old not in text:
        print(f"     {file} has no longer: {old}")
        return None
    with open(path, "w", encoding="utf-8") as target:
        target.write(text.replace(old, new, 1))
    try:
        program = build(copy)
        return hunt(program) if program else None
    finally:
        with open(path, "w", encoding="utf-8") as target:
            target.write(text)


def main():
    """All, or those whose numbers are given."""
    out = sys.argv[1]
    wanted = [int(number) for number in sys.argv[2:]]
    copy = copy_tree(out)
    good = bad = 0
    for number, (file, old, new) in enumerate(faults(), 1):
        if wanted and number not in wanted:
            continue
        start = time.monotonic()
        why = found(copy, file, old, new)
        print(f"{'ok  ' if why else 'FAIL'} {number:2} {file}: {old} -> {new or 'nothing'} "
              f"({time.monotonic() - start:.0f} s)", flush=True)
        if why:
            print("        " + re.sub(r"==\d+==", "", why)[:120], flush=True)
        good, bad = good + bool(why), bad + (not why)
    print(f"{good} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
