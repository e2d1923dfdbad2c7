#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run all tests stage by stage and end with one line "N passed, M failed".

A stage is a command whose output has a line "N passed, M failed" (pytest's order will do, too); the
last such line counts. A stage without one counts as one test by its exit status. A stage that fails
without counting a failure counts as one. Later stages run even when earlier ones failed, but for the
machines, which need a complete build.
"""
import argparse
import os
import re
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PYTHON = "/usr/bin/python3"


def stages(full):
    """(name, command) in order; folders without a Makefile have no tests yet."""
    yield "build", ["make", "--no-print-directory", "all"]
    yield "sources", [PYTHON, "tests/tools/check_sources.py"]
    yield "advisories", [PYTHON, "tests/tools/check_advisories.py"]
    yield "planted", [PYTHON, "tests/tools/check_planted.py"]
    for folder in ("abi", "host", "unit", "sim", "explore", "fuzz", "guests"):
        if os.path.exists(os.path.join(TOP, "tests", folder, "Makefile")):
            yield folder, ["make", "--no-print-directory", "-C", f"tests/{folder}", "test"]
    yield "fetch", [PYTHON, "tests/tools/fetch.py"]
    yield "guest-kernel", ["guest-kernel-patches/build.sh", "build" if full else "check"]
    if full:
        yield "guest-kernel 6.12", ["env", "LINUX=6.12", "guest-kernel-patches/build.sh", "build"]
    selection = [] if full else ["-m", "not full"]
    yield "system", [PYTHON, "-m", "pytest", "-v", "--color=no", "-p", "no:cacheprovider", "tests/system"] + selection


def last_count(text):
    """(passed, failed) of the last counting line, or None."""
    for line in reversed(text.splitlines()):
        numbers = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?)\b", line)}
        if numbers:
            bad = numbers.get("failed", 0) + numbers.get("error", 0) + numbers.get("errors", 0)
            return numbers.get("passed", 0), bad
    return None


def run_stage(name, command):
    """Run one stage, showing its output as it comes; (passed, failed)."""
    start = time.monotonic()
    print(f"== {name}", flush=True)
    lines = []
    environment = dict(os.environ, PYTHONUNBUFFERED="1", PYTHONDONTWRITEBYTECODE="1")
    with subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", env=environment) as process:
        for line in process.stdout:
            lines.append(line)
            sys.stdout.write(line)
            sys.stdout.flush()
    status = process.returncode
    if name == "system" and status == 5:    # pytest: nothing selected
        status = 0
    count = last_count("".join(lines))
    if count is None:
        count = (0, 1) if status else (1, 0) if name not in ("fetch", "system") else (0, 0)
    passed, failed = count
    if status and not failed:
        failed = 1
    print(f"== {name}: {passed} passed, {failed} failed, {time.monotonic() - start:.0f} s", flush=True)
    return passed, failed


def main():
    """All stages."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--full", action="store_true", help="also what takes long")
    options = parser.parse_args()
    passed = failed = 0
    broken = False
    for name, command in stages(options.full):
        if name == "system" and broken:
            print("== system: not run, because the build failed")
            continue
        good, bad = run_stage(name, command)
        passed, failed = passed + good, failed + bad
        broken = broken or (bad and name in ("build", "fetch"))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
