#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turn `nm -n` of the first link (standard input) into the symbol tables of the second (standard
output, assembly): see machine/backtrace.c. Only functions; each table is of one text and lies
behind it, so the second link moves none of them within their text."""

import re
import sys

TABLES = (("symbols_image", ".symbols", "text"), ("symbols_init", ".init.symbols", "init_text"))
BOUNDS = ("text_start", "text_end", "init_start", "init_text_start", "init_text_end")


def read(lines):
    """({bound: address}, [(address, name)]) of text symbols, one per address, ascending."""
    bounds, found = {}, {}
    for line in lines:
        fields = line.split()
        if len(fields) != 3:
            continue
        address, kind, name = int(fields[0], 16), fields[1], fields[2]
        if name in BOUNDS:
            bounds[name] = address
        elif kind in "tTwW" and re.match(r"^[A-Za-z_][\w.]*$", name):
            found.setdefault(address, name)
    return bounds, sorted(found.items())


def write(table, section, text, symbols):
    """One table: struct symbol_table of machine/symbols.h; symbols are (offset, name)."""
    print(f'\t.section {section}, "a"\n\t.balign 8\n\t.globl {table}\n{table}:')
    print(f"\t.quad {text}_start, {text}_end, {table}_list, {table}_names\n\t.long {len(symbols)}, 0")
    print(f"{table}_list:")
    at = 0
    for offset, name in symbols:
        print(f"\t.long {offset}, {at}")
        at += len(name) + 1
    print(f"{table}_names:")
    for _, name in symbols:
        print(f'\t.asciz "{name}"')


def main():
    """All tables, empty ones for the first link."""
    empty = sys.argv[1:] == ["--empty"]
    bounds, functions = ({}, []) if empty else read(sys.stdin)
    for table, section, text in TABLES:
        start, end = (0, 0) if empty else (bounds.get(f"{text}_{bound}") for bound in ("start", "end"))
        symbols = [(address - start, name) for address, name in functions if start <= address < end]
        if not (symbols or empty):
            sys.exit(f"symbols.py: no functions in {text} in the input of nm; was it the image?")
        write(table, section, text, symbols)
    print('\t.section .note.GNU-stack, "", @progbits')


if __name__ == "__main__":
    main()
