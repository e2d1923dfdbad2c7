#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the tests of the public ABI and prints what fails; last line "N passed, M failed".

1. each header compiles alone, as C11 and as C++11, with strict warnings; some also in assembly
2. sizes, offsets and constants agree with libxen-dev's (layout.py, compare.c)
3. that comparison notices a wrong constant and a wrong offset (a doctored copy of the headers)
4. hypercalls.def is well formed, and docs/hypercalls.md is up to date
"""
import glob
import os
import re
import shutil
import subprocess
import sys

import headers
import hypercall_page
import layout

HERE = os.path.realpath(os.path.dirname(__file__))
INCLUDE = os.path.join(hypercall_page.ROOT, "include-public")
BUILD = os.path.join(hypercall_page.ROOT, "build/tests/abi")
ORACLE = "/usr/include/xen"
LANGUAGES = (["gcc", "-std=c11", "-xc"], ["g++", "-std=c++11", "-xc++"])
ASSEMBLY = ["arch.h", "cpuid.h", "elfnote.h", "errno.h", "extension.h", "features.h",
            "hypercalls.h", "virq.h"]


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, good, what, why=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print("FAIL %s%s" % (what, why and ": " + why.rstrip()))


def run(*command):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def check_alone(tally, include=INCLUDE):
    for path in sorted(glob.glob(include + "/shoji/**/*.h", recursive=True)):
        name = os.path.relpath(path, include)
        text = open(path, encoding="utf-8").read()
        for word in re.findall(r"^#include\s+(\S+)", text, flags=re.M):
            fine = word in ("<stdint.h>", "<stddef.h>") or word.startswith('"')
            tally.check(fine, "%s includes %s" % (name, word), "only stdint.h, stddef.h and its own")
        for compiler, standard, language in LANGUAGES:
            result = run(compiler, standard, language, "-Wall", "-Wextra", "-Werror",
                         "-fsyntax-only", path)
            tally.check(result.returncode == 0, "%s alone, %s" % (name, standard), result.stdout)


def check_assembly(tally):
    for name in ASSEMBLY:
        result = subprocess.run(["gcc", "-xassembler-with-cpp", "-c", "-o", "/dev/null", "-I",
                                 INCLUDE, "-"], input='#include "shoji/%s"\n' % name, text=True,
                                capture_output=True)
        tally.check(result.returncode == 0, "%s in assembly" % name, result.stderr)


def compare(include, build):
    """The output of compare, built against the headers in include; None if it does not build."""
    layout.main(include + "/shoji", ORACLE, build)
    compile_c = lambda name, *flags: run("gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror",
                                         "-I" + HERE, *flags, "-c", name, "-o",
                                         build + "/" + os.path.basename(name)[:-1] + "o")
    steps = [compile_c(build + "/ours.c", "-I" + include),
             compile_c(build + "/oracle.c", "-D__XEN_TOOLS__", "-Wno-pointer-arith"),
             compile_c(HERE + "/compare.c")]
    objects = [build + "/%s.o" % name for name in ("ours", "oracle", "compare")]
    steps.append(run("gcc", "-o", build + "/compare", *objects))
    for step in steps:
        if step.returncode:
            print(step.stdout)
            return None
    return run(build + "/compare").stdout


def check_layout(tally):
    output = compare(INCLUDE, BUILD)
    counts = re.search(r"^(\d+) passed, (\d+) failed$", output or "", flags=re.M)
    if not counts:
        tally.check(False, "comparison with libxen-dev", "it did not build or run")
        return
    tally.passed += int(counts.group(1))
    tally.failed += int(counts.group(2))
    print("\n".join(re.findall(r"^FAIL.*", output, flags=re.M)) or
          "layout: %s values agree with libxen-dev" % counts.group(1))


def check_can_fail(tally):
    """A comparison that cannot fail is worth nothing: doctor a copy, expect two complaints."""
    copy = BUILD + "/doctored"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(INCLUDE + "/shoji", copy + "/shoji")
    for name, pattern, replacement in (
            ("mmu.h", r"(#define MMUEXT_SET_LDT\s+)13", r"\g<1>14"),
            ("event_channel.h", r"uint32_t virq;(\s+/.*\n)\tuint32_t vcpu;",
             r"uint32_t vcpu;\1\tuint32_t virq;")):
        path = copy + "/shoji/" + name
        text = open(path, encoding="utf-8").read()
        changed = re.sub(pattern, replacement, text, count=1)
        tally.check(changed != text, "doctoring %s" % name, "the pattern does not match any more")
        open(path, "w", encoding="utf-8").write(changed)
    output = compare(copy, copy) or ""
    for label in ("value MMUEXT_SET_LDT", "offset xen_evtchn_bind_virq.virq"):
        tally.check("FAIL " + label in output, "a wrong %s is noticed" % label)


def check_table(tally):
    with open(hypercall_page.TABLE, encoding="utf-8") as table:
        rows = headers.hypercalls(table.read())
    numbers = [row["number"] for row in rows]
    tally.check(numbers == sorted(set(numbers)), "hypercalls.def is in ascending order")
    for row in rows:
        fine = (re.fullmatch("BASE|EXT[0-9]+", row["since"]) and row["nargs"] in "0123456"
                and row["who"] in ("ANY", "DOM0", "MIXED") and row["preemptible"] in ("YES", "NO")
                and (row["number"] >= 64) == (row["since"] != "BASE") and row["number"] < 128)
        tally.check(fine, "row %s of hypercalls.def" % row["name"], str(row))
    tally.check(hypercall_page.page() == hypercall_page.committed(), "docs/hypercalls.md",
                "it is not up to date: make -C tests/abi docs")


def main():
    if not os.path.exists(ORACLE + "/xen.h"):
        sys.exit("tests/abi: %s/xen.h is missing: install libxen-dev (make deps)" % ORACLE)
    tally = Tally()
    check_alone(tally)
    check_assembly(tally)
    check_layout(tally)
    check_can_fail(tally)
    check_table(tally)
    print("%d passed, %d failed" % (tally.passed, tally.failed))
    return tally.failed != 0


if __name__ == "__main__":
    sys.exit(main())
