#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Can every unit test fail? Breaks the code under test, one line at a time, and looks who notices.

For each program of tests/unit, a mutant is one line of the product's sources changed: a comparison
turned round, a constant off by one, a statement left out, a result exchanged. Faults that are named
in tests/tools/mutants.txt come first, then mutants in an order that is random but always the same,
until every test case has failed at least once, or the limit is reached. One process, low priority.

Ends with one line per program, a list of cases that nothing made fail, and "N passed, M failed",
where a case that cannot fail is a failure.
"""
import argparse
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UNIT = os.path.join(TOP, "tests/unit")
NAMED = os.path.join(TOP, "tests/tools/mutants.txt")
COMPILE = ["gcc", "-std=gnu11", "-O1", "-g0", "-w", "-fsanitize=address,undefined",
           "-fno-sanitize-recover=all"]
RUN_LIMIT = 5   # how often longer than usual a broken program may take, and seconds at least

CHANGES = [
    (r"==", "!="), (r"!=", "=="), (r" < ", " >= "), (r" > ", " <= "), (r" <= ", " > "), (r" >= ", " < "),
    (r" \+ 1\b", ""), (r" - 1\b", ""), (r"&&", "||"), (r"\|\|", "&&"), (r" & ~", " & "), (r" \|= ", " &= "),
    (r"\+\+", "--"), (r" \+= ", " -= "), (r" -= ", " += "), (r"return 0;", "return -1;"),
    (r"return true;", "return false;"), (r"return false;", "return true;"), (r"return -[A-Z_]+;", "return 0;"),
    (r"\(!", "("), (r"return !", "return "),
]
STATEMENT = re.compile(r"^\t+[a-z_>.\-\[\]()]+(\(.*\)| [+|&-]?= .*);$")


class Program:
    """One test program: how it is built, and its objects."""

    def __init__(self, line, work):
        self.name, sources, flags, libs = [part.strip() for part in line.split("|")]
        self.flags, self.libs = shlex.split(flags), libs.split()
        paths = [os.path.normpath(os.path.join(UNIT, path)) for path in sources.split()]
        self.objects = {path: os.path.join(work, f"{number}.o") for number, path in enumerate(paths)}
        self.code = [path for path in paths if not path.startswith(os.path.join(TOP, "tests") + "/")]
        self.work = work
        self.limit = None

    def compile(self, source, output, text=None):
        """One object, of `text` in the place of `source`; False: it does not compile."""
        changed = os.path.join(self.work, "mutant.c")
        if text is not None:
            with open(changed, "w", encoding="utf-8") as file:
                file.write(text)
        command = COMPILE + self.flags + ["-iquote", os.path.dirname(source), "-c", "-o", output,
                                          source if text is None else changed]
        return subprocess.run(command, cwd=UNIT, stderr=subprocess.DEVNULL, check=False).returncode == 0

    def run(self, replaced=None, by=None):
        """Link with one object replaced, run: (status, output), None: no program, or time is up."""
        objects = [by if path == replaced else each for path, each in self.objects.items()]
        exe = os.path.join(self.work, "program")
        command = COMPILE + ["-o", exe] + objects + ["-lcmocka"] + self.libs
        if subprocess.run(command, cwd=UNIT, stderr=subprocess.DEVNULL, check=False).returncode:
            return None
        began = time.monotonic()
        with subprocess.Popen(["timeout", "-k", "1", str(self.limit or 60), exe], cwd=UNIT, text=True, errors="replace",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            output = process.communicate()[0]
        if self.limit is None:
            self.limit = RUN_LIMIT + int(RUN_LIMIT * (time.monotonic() - began))
        return process.returncode, output


def failed_cases(status, output):
    """The cases that failed; if the program died instead, the one that ran."""
    failed = set(re.findall(r"\[  FAILED  \] (\w+)$", output, re.M)) - {"test"}
    running = re.findall(r"\[ RUN      \] (\w+)", output)
    if status and not failed and running:
        failed.add(running[-1])
    return failed


def mutants(path):
    """(line number, new line) of every change that can be made to a file."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    for number, line in enumerate(lines):
        if not line.startswith("\t") or line.strip().startswith(("*", "/*", "//", "#")):
            continue
        for pattern, new in CHANGES:
            for match in re.finditer(pattern, line):
                yield number, line[:match.start()] + new + line[match.end():]
        if STATEMENT.match(line):
            yield number, "\t;"


def named_faults(name):
    """(path, old text, new text) out of mutants.txt: lines "program: path: old => new"."""
    with open(NAMED, encoding="utf-8") as file:
        for line in file:
            match = re.match(r"(\w+): (\S+): (.*) => (.*)$", line.rstrip("\n"))
            if match and match[1] == name:
                yield os.path.join(TOP, match[2]), match[3], match[4]


def all_faults(program):
    """(path, text of the file with the fault, what it is), the named ones first."""
    for path, old, new in named_faults(program.name):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if text.count(old) != 1:
            raise SystemExit(f"mutants.txt: {program.name}: '{old}' is not once in {path}; correct the line")
        yield path, text.replace(old, new), f"{os.path.relpath(path, TOP)}: {old} => {new}"
    changes = [(path, number, line) for path in program.code for number, line in mutants(path)]
    random.Random(1).shuffle(changes)
    for path, number, line in changes:
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        lines[number] = line
        yield path, "\n".join(lines), f"{os.path.relpath(path, TOP)}:{number + 1}: {line.strip()}"


def prepare(program):
    """Build it as it is; its cases, or None: it fails without any fault."""
    for path, output in program.objects.items():
        if not program.compile(path, output):
            return None
    result = program.run()
    if result is None or result[0]:
        return None
    return re.findall(r"\[       OK \] (\w+)", result[1])


def examine(program, cases, options):
    """Fault after fault: (tried, noticed, {case: the first fault that it found})."""
    found, tried, noticed = {}, 0, 0
    for path, text, what in all_faults(program):
        if tried >= options.limit or (tried >= options.least and len(found) == len(cases)):
            break
        output = os.path.join(program.work, "mutant.o")
        result = program.compile(path, output, text) and program.run(path, output)
        if not result:
            continue
        tried += 1
        noticed += result[0] != 0
        for case in failed_cases(*result) & set(cases):
            found.setdefault(case, what)
        if options.verbose:
            print(f"  {what}: {', '.join(sorted(failed_cases(*result))) or 'nobody'}", flush=True)
    return tried, noticed, found


def describe(names):
    """The Makefile's own idea of each program."""
    command = ["make", "-s", "--no-print-directory", "-C", UNIT, "describe"] + (["T=" + " ".join(names)] if names else [])
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()


def main():
    """Program by program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program", nargs="*", help="of tests/unit; all if none is given")
    parser.add_argument("--limit", type=int, default=200, help="mutants of one program at most")
    parser.add_argument("--least", type=int, default=0, help="mutants of one program at least")
    parser.add_argument("-v", "--verbose", action="store_true", help="each mutant, and who noticed it")
    options = parser.parse_args()
    os.nice(10)
    good, bad = 0, []
    print(f"{'program':20} {'cases':>5} {'mutants':>7} {'noticed':>7} {'failed once':>11}")
    for line in describe(options.program):
        with tempfile.TemporaryDirectory() as work:
            program = Program(line, work)
            cases = prepare(program)
            if cases is None:
                bad.append(f"{program.name}: does not build or fails without a fault")
                continue
            tried, noticed, found = examine(program, cases, options)
        print(f"{program.name:20} {len(cases):5} {tried:7} {noticed:7} {len(found):11}", flush=True)
        good += len(found)
        bad += [f"{program.name}: {case}" for case in cases if case not in found]
    for each in bad:
        print(f"never failed: {each}")
    print(f"{good} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
