#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What must be true of the linked image, or the build fails: no segment is writable and executable, the stack
is not executable, nothing is left to be relocated, and no branch takes its target from where a guest could have
taught the processor to guess it: indirect ones only in the thunks (thunks.S) and in the stubs, which have their own.
Of the same image linked with its relocations kept: nothing that stays refers to the init part, which goes.

    check_image.py IMAGE IMAGE-WITH-RELOCATIONS"""
import re
import subprocess
import sys

INDIRECT = re.compile(r"^\s*([0-9a-f]+):\t(call|jmp|lcall|ljmp)\s+\*")
SECTIONS = (".text", ".rodata", ".data", ".bss", ".init.text", ".init.rodata", ".init.data")
BOUNDS = ("init_start", "init_end")
RETURN = re.compile(r"^\s*([0-9a-f]+):\t(ret)\b")


def read(*command):
    """Lines that a program prints."""
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()


def segments(image):
    """Findings in the program headers."""
    for line in read("readelf", "-lW", image):
        fields = line.split()
        if fields[:1] == ["LOAD"]:
            flags = "".join(fields[6:-1])
            if "W" in flags and "E" in flags:
                yield f"the segment at {fields[2]} is writable and executable"
        if fields[:1] == ["GNU_STACK"] and "E" in "".join(fields[6:-1]):
            yield "the stack is executable"
    for line in read("readelf", "-SW", image):
        fields = line.partition("]")[2].split()
        if len(fields) > 6 and "A" in fields[6] and fields[0] not in SECTIONS:
            yield f"section {fields[0]} has no place in machine/hypervisor.lds"
    if any("R_X86_64" in line for line in read("readelf", "-rW", image)):
        yield "there are relocations left"


def branches(image):
    """Indirect branches and returns that nothing stops behind them."""
    function, lines = "", read("objdump", "-d", "--no-show-raw-insn", image)
    for number, line in enumerate(lines):
        if match := re.match(r"^[0-9a-f]+ <(\w+)", line):
            function = match[1]
        elif match := INDIRECT.match(line):
            yield f"an indirect {match[2]} at {match[1]} in {function}()"
        elif match := RETURN.match(line):
            if "int3" not in "".join(lines[number + 1:number + 2]):
                yield f"nothing behind the ret at {match[1]} in {function}()"


def symbols(image):
    """{name: address}."""
    return {fields[2]: int(fields[0], 16) for fields in map(str.split, read("nm", image)) if len(fields) == 3}


def crossings(image):
    """References to the init part from outside of it, but to its bounds."""
    addresses = symbols(image)
    start, end, seen, section = addresses["init_start"], addresses["init_end"], 0, ""
    for line in read("readelf", "-rW", image):
        if match := re.match(r"Relocation section '\.rela(\S+)'", line):
            section = match[1]
        elif section.startswith((".debug", ".init")):
            continue
        elif match := re.match(r"([0-9a-f]+)\s+[0-9a-f]+\s+R_X86_64_\w+\s+([0-9a-f]+)\s+(.*)", line):
            seen += 1
            if start <= int(match[2], 16) < end and match[3].split()[0] not in BOUNDS:
                yield f"{section}: at {match[1]}: stays, but refers to {match[3]}, which goes after the start"
    if not seen:
        yield "no relocations to be checked: was it linked with --emit-relocs?"


def main():
    """Exit status 1 if there is a finding."""
    found = list(segments(sys.argv[1])) + list(branches(sys.argv[1])) + list(crossings(sys.argv[2]))
    for line in found:
        print(f"{sys.argv[1]}: {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
