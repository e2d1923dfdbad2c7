#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turn `nm -n` of the first link (standard input) into the symbol table of the second (standard
output, assembly): see machine/backtrace.c. Only functions; the table lies behind the text, so the
second link moves none of them."""

import re
import sys


def functions(lines):
    """(address, name) of text symbols, one per address, ascending; and the text's start."""
    start, found = None, {}
    for line in lines:
        fields = line.split()
        if len(fields) != 3:
            continue
        address, kind, name = int(fields[0], 16), fields[1], fields[2]
        if name == "text_start":
            start = address
        elif kind in "tTwW" and name != "text_end" and re.match(r"^[A-Za-z_][\w.]*$", name):
            found.setdefault(address, name)
    return start, sorted(found.items())


def main():
    start, symbols = (0, []) if sys.argv[1:] == ["--empty"] else functions(sys.stdin)
    if start is None or not (symbols or sys.argv[1:]):
        sys.exit("symbols.py: no text_start or no functions in the input of nm; was it the image?")
    print('\t.section .symbols, "a"\n\t.balign 8')
    print("\t.globl symbols\nsymbols:")
    offset = 0
    for address, name in symbols:
        print(f"\t.long {address - start}, {offset}")
        offset += len(name) + 1
    print(f"\t.globl symbols_count\nsymbols_count:\n\t.long {len(symbols)}")
    print("\t.globl symbols_names\nsymbols_names:")
    for _, name in symbols:
        print(f'\t.asciz "{name}"')
    print('\t.section .note.GNU-stack, "", @progbits')


if __name__ == "__main__":
    main()
