#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""How many lines of code run in ring 0? Lines that are neither blank nor comment.

What runs only at the start, and is unmapped and given back before dom0 runs, is counted apart. Which
files that are, the built image says and not a list: a source belongs to the start if all that its
object put into build/hypervisor.elf lies between init_start and init_end (build/hypervisor.map), a header
if every source that includes it does (the compiler's .d files). The boot programs (hypervisor/boot) are
programs of their own and not counted.
"""
import collections
import glob
import os
import re
import sys

import hv_image

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build")
ROOMS = ("core", "abi", "machine", "lib", "init")
IMAGE_BASE = 0xffff820000000000
PIECE = re.compile(r"^ \.\S+\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+\S*?/hypervisor/(\S+)\.o$", re.M)


def lines_of(path):
    """Lines of code in a file."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    return sum(1 for line in text.split("\n") if line.strip())


def sources_of_the_start():
    """Sources, from hypervisor/, of which the image has nothing outside of its init part."""
    addresses = hv_image.symbols()
    start, end = addresses["init_start"], addresses["init_end"]
    inside, outside = set(), set()
    with open(f"{BUILD}/hypervisor.map", encoding="utf-8") as file:
        for address, size, source in PIECE.findall(file.read()):
            if int(size, 16) and int(address, 16) >= IMAGE_BASE:
                (inside if start <= int(address, 16) < end else outside).add(source)
    return inside - outside


def included_by():
    """{header from hypervisor/: sources that include it}."""
    users = collections.defaultdict(set)
    for path in glob.glob(f"{BUILD}/hypervisor/*/*.d"):
        source = os.path.relpath(path, f"{BUILD}/hypervisor")[:-len(".d")]
        if not os.path.exists(f"{TOP}/hypervisor/{source}"):    # left by an earlier build
            continue
        with open(path, encoding="utf-8") as file:
            for header in re.findall(r"\S+\.h\b", file.read()):
                users[os.path.normpath(header)].add(source)
    return users


def count():
    """(lines at run time, lines of the start, its files)."""
    start, users = sources_of_the_start(), included_by()
    running = starting = 0
    files = []
    for room in ROOMS:
        for path in sorted(glob.glob(f"{TOP}/hypervisor/{room}/*.[chS]")):
            name = os.path.relpath(path, f"{TOP}/hypervisor")
            if name in start or (name.endswith(".h") and users[name] and users[name] <= start):
                starting += lines_of(path)
                files.append(name)
            else:
                running += lines_of(path)
    return running, starting, files


def main():
    """Both figures; with -v which files are of the start."""
    running, starting, files = count()
    print(f"ring-0 lines of code: {running:,}; and {starting:,} that are gone after the start, in {len(files)} files")
    if sys.argv[1:] == ["-v"]:
        print("\n".join(files))


if __name__ == "__main__":
    main()
