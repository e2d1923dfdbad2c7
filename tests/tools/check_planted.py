#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Faults that are planted to see whether tests find them must still fit the code: the text that each replaces is there.

(Whether they are found is for `make -C tests/NAME planted`, which takes long.) The last line counts.
"""
import importlib.util
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tests", folder) for folder in ("guests", "explore")]


def load(path):
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(path.replace("/", "_").removesuffix(".py"), os.path.join(TOP, path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_there(file, old):
    """A text, somewhere in a file below hypervisor/."""
    path = os.path.join(TOP, "hypervisor", file)
    if not os.path.exists(path):
        return False
    with open(path, encoding="utf-8") as source:
        return old in source.read()


def planted():
    """(list, file, old text, fits) of all faults."""
    for folder in ("guests", "sim", "fuzz"):
        for file, *_, old, _ in load(f"tests/{folder}/planted.py").faults():
            yield folder, file, old, is_there(file, old)
    explore = load("tests/explore/mutants.py")
    for mutation in explore.mutations():
        for file, old, new in mutation.changes:
            path = os.path.join(TOP, "hypervisor", file)
            yield f"explore, {mutation.name}", file, old[0], os.path.exists(path) and explore.replaced(path, old, new) is not None


def main():
    """All lists."""
    passed = failed = 0
    for name, file, old, fits in planted():
        if not fits:
            print(f"{name}: hypervisor/{file} has no longer: {old.strip()}")
        passed, failed = passed + fits, failed + (not fits)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
