#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What must be true of the linked image, or the build fails: no segment is writable and executable, the stack
is not executable, nothing is left to be relocated, and no branch takes its target from where a guest could have
taught the processor to guess it: indirect ones only in the thunks (thunks.S) and in the stubs, which have their own."""
import re
import subprocess
import sys

INDIRECT = re.compile(r"^\s*([0-9a-f]+):\t(call|jmp|lcall|ljmp)\s+\*")
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


def main():
    """Exit status 1 if there is a finding."""
    found = list(segments(sys.argv[1])) + list(branches(sys.argv[1]))
    for line in found:
        print(f"{sys.argv[1]}: {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
