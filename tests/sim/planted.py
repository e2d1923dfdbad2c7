#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Can the simulator's assertions fail? Plant faults in a copy of the scheduler, one by one: each must be found.

A line of planted.txt names a file below hypervisor/ and the scenario that must find the fault; the two lines
behind it are what is replaced (once), and by what ("-": by nothing). The last line counts.
"""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
COPY = os.path.join(TOP, "build/sim/planted")


def faults():
    """(file, scenario, old, new) of each."""
    with open(os.path.join(HERE, "planted.txt"), encoding="utf-8") as source:
        lines = [line.rstrip("\n") for line in source if line.strip() and not line.startswith("#")]
    for head, old, new in zip(*[iter(lines)] * 3):
        file, scenario = head.split(maxsplit=1)
        yield file, scenario, old.strip(), "" if new.strip() == "-" else new.strip()


def copy_tree():
    """Sources and objects, with their times, so that little is compiled."""
    shutil.rmtree(COPY, ignore_errors=True)
    for folder in ("hypervisor", "include-public", "tests/fake", "tests/sim"):
        shutil.copytree(os.path.join(TOP, folder), os.path.join(COPY, folder))
    for folder in ("core", "lib", "fake"):
        shutil.copytree(os.path.join(TOP, "build/sim", folder), os.path.join(COPY, "build/sim", folder))
    for name in os.listdir(os.path.join(TOP, "build/sim")):
        if name.endswith(".o"):
            shutil.copy2(os.path.join(TOP, "build/sim", name), os.path.join(COPY, "build/sim"))


def run(scenario):
    """(built, output) of one scenario in the copy."""
    folder = os.path.join(COPY, "tests/sim")
    make = subprocess.run(["make", "-s", "-C", folder, "all"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if make.returncode:
        return False, make.stdout
    try:
        result = subprocess.run([os.path.join(COPY, "build/sim/sim"), scenario], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return True, "FAIL it does not end"
    return True, result.stdout + ("FAIL aborted" if result.returncode < 0 else "")


def plant(file, scenario, old, new):
    """What was wrong, or None if the fault was found."""
    path = os.path.join(COPY, "hypervisor", file)
    with open(path, encoding="utf-8") as source:
        text = source.read()
    if text.count(old) != 1:
        return f"{text.count(old)} places in {file} read: {old}"
    with open(path, "w", encoding="utf-8") as target:
        target.write(text.replace(old, new))
    built, output = run(scenario)
    shutil.copyfile(os.path.join(TOP, "hypervisor", file), path)
    if not built:
        return "it does not compile:\n" + output
    found = [line for line in output.splitlines() if "FAIL" in line]
    if found:
        print(f"found: {file}: {old}\n       {found[0].strip()}", flush=True)
        return None
    return f"'{scenario}' does not find it"


def main():
    """All faults, or those whose scenario begins with the argument."""
    passed = failed = 0
    copy_tree()
    for file, scenario, old, new in faults():
        if len(sys.argv) > 1 and not scenario.startswith(sys.argv[1]):
            continue
        wrong = plant(file, scenario, old, new)
        passed += wrong is None
        failed += wrong is not None
        if wrong:
            print(f"NOT FOUND: {file}: {old} => {new}: {wrong}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
