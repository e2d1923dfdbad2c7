#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Check the tracked sources: clang-format layout, licence line, headers that compile alone.

Prints each finding as file: what, then one line "N passed, M failed" (one test per check and file).
"""
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LICENCES = ("GPL-2.0-only", "MIT")
SCRIPTS = (".py", ".sh", ".mk")


def tracked():
    """Files under version control that are there."""
    output = subprocess.run(["git", "-c", "safe.directory=*", "ls-files"], cwd=TOP, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [path for path in output.splitlines() if os.path.isfile(os.path.join(TOP, path))]


def layout(path):
    """Finding of clang-format, or None."""
    result = subprocess.run(["clang-format", "--dry-run", "--Werror", path], cwd=TOP, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode:
        return f"{path}: layout differs: run clang-format -i {path}\n" + "\n".join(result.stdout.splitlines()[:3])
    return None


def licence(path):
    """The first three lines must carry the licence of that place."""
    with open(os.path.join(TOP, path), encoding="utf-8", errors="replace") as file:
        head = "".join(file.readline() for _ in range(3))
    wanted = "MIT" if path.startswith("include-public/") else "GPL-2.0-only"
    if f"SPDX-License-Identifier: {wanted}" not in head:
        return f"{path}: the first lines need 'SPDX-License-Identifier: {wanted}'"
    return None


def stands_alone(path):
    """A public header compiles by itself as C11 and as C++."""
    for compiler, standard in (("gcc", "-std=c11"), ("g++", "-std=c++14")):
        with tempfile.NamedTemporaryFile("w", suffix=".c" if compiler == "gcc" else ".cc") as source:
            source.write(f'#include "{os.path.relpath(path, "include-public")}"\n')
            source.flush()
            command = [compiler, standard, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-Iinclude-public", source.name]
            result = subprocess.run(command, cwd=TOP, text=True, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, check=False)
        if result.returncode:
            return f"{path}: does not compile alone with {compiler} {standard}:\n{result.stdout}"
    return None


def checks(path):
    """The checks that apply to a file."""
    code = path.endswith((".c", ".h"))
    if code and not path.startswith("guest-kernel-patches/"):
        yield layout
    if code or path.endswith((".S",) + SCRIPTS) or os.path.basename(path) == "Makefile":
        yield licence
    if path.startswith("include-public/") and path.endswith(".h"):
        yield stands_alone


def main():
    """All files, all checks."""
    passed = failed = 0
    for path in tracked():
        for check in checks(path):
            finding = check(path)
            if finding:
                print(finding)
                failed += 1
            else:
                passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
