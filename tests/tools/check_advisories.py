#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""docs/advisories.md against the tests: every test that it names is there, and is run; no row is without an answer.

Prints each finding, then one line "N passed, M failed" (one test per row).
"""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLE = os.path.join(TOP, "docs/advisories.md")
ROWS = {"A": 33, "B": 10, "C": 17, "D": 20, "E": 13, "F": 14}       # of the list of advisories that it answers


def text_of(path):
    """A file of the tree; "" if it is not there."""
    try:
        with open(os.path.join(TOP, path), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def guest_test(file, test):
    """Is it a test of a small kernel?"""
    return re.search(rf"^TEST(_DOM0|_GUEST)?\({test}\)", text_of(f"tests/guests/{file}.c"), re.M)


def unit_test(file, test):
    """Is it a function that is also in the list of those that run?"""
    text = text_of(f"tests/unit/{file}.c")
    return re.search(rf"^(static void )?{test}\(void \*\*\w+\)", text, re.M) and re.search(rf"\(?\b{test}\b\)?[,)]", text)


def system_test(file, test):
    """Is it a function that pytest finds?"""
    return re.search(rf"^def {test}\(", text_of(f"tests/system/{file}.py"), re.M)


def world(_, name):
    """Is it a world of the explorer?"""
    return f'.name = "{name}"' in text_of("tests/explore/worlds.h")


def fuzz_target(file, _):
    """Has it a source?"""
    return text_of(f"tests/fuzz/{file}.c")


KINDS = {"guests": guest_test, "unit": unit_test, "system": system_test, "explore": world, "fuzz": fuzz_target}


def exists(name):
    """Is there a test of this name, as written in the table?"""
    match = re.fullmatch(r"(\w+)(?:/(\w+))?(?::(\w+))?", name)
    return bool(match and match[1] in KINDS and KINDS[match[1]](match[2], match[3]))


def findings(row):
    """What is wrong with one row."""
    answer = row[2]
    names = [name for name in re.findall(r"`([^`]+)`", answer) if re.match(r"\w+[/:]", name)]
    wrong = [f"there is no test {name}" for name in names if not exists(name)]
    if not names and "none:" not in answer and "**Open**" not in answer:
        wrong.append("neither a test nor a reason")
    return wrong


def main():
    """All rows of all sections."""
    passed = failed = 0
    counts = dict.fromkeys(ROWS, 0)
    section = None
    for line in text_of("docs/advisories.md").splitlines():
        if match := re.match(r"## (\w)\. ", line):
            section = match[1]
        row = [cell.strip() for cell in line.strip("|").split("|")]
        if section is None or not line.startswith("|") or not row[0][:1].isdigit():
            continue
        counts[section] += 1
        wrong = findings(row) if len(row) == 3 else ["this is no row of three cells"]
        for what in wrong:
            print(f"docs/advisories.md: XSA {row[0]}: {what}")
        passed, failed = passed + (not wrong), failed + bool(wrong)
    for name, wanted in ROWS.items():
        if counts[name] != wanted:
            print(f"docs/advisories.md: section {name} has {counts[name]} rows instead of {wanted}")
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
