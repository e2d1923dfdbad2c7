#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run the test kernels, each as the control domain of a small machine; the last line counts.

A kernel says "PASS name" or "FAIL name: why" per test and "END …" when it is through; one that does
not get there has failed, and the end of what it said is shown. The tests of a kernel named fatal…
must end their domain, so each gets a machine of its own, in which the hypervisor must say that it
crashed, and nothing else. One named nmi… gets NMIs all the time. For one named timers… time goes by instructions.
"""
import argparse
import os
import re
import subprocess
import sys
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/tools"))
from monitor import Monitor     # pylint: disable=wrong-import-position

BUILD = os.path.join(TOP, "build")
HYPERVISOR = os.path.join(BUILD, "shoji")
TIMEOUT = 60
BY_INSTRUCTIONS = ["-icount", "shift=0,sleep=off"]
ISOLATION = "pti=on"    # run once more with it: what leans on entry code and tables
ISOLATED = ("entry", "nmi", "traps", "debug", "segments", "instructions", "tables", "smp_races", "fatal")


def send_nmis(monitor, machine):
    """As fast as the emulator takes them, until the machine is off."""
    try:
        while machine.poll() is None:
            monitor.command("nmi")
            time.sleep(0.0005)
    except (OSError, RuntimeError):
        pass        # it has gone


def boot(kernel, arguments="", cpus=1, options=""):
    """What the machine said, until it switched off or its time was over."""
    monitor = Monitor()
    command = ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-cpu", "max", "-m", "256", "-smp", str(cpus),
               "-display", "none", "-serial", "stdio", "-no-reboot", *monitor.arguments,
               *(BY_INSTRUCTIONS if kernel.startswith("timers") else []),
               "-kernel", HYPERVISOR, "-append", f"loglvl=all dom0_max_vcpus=8 {options}",
               "-initrd", f"{os.path.join(BUILD, 'guests', kernel)}.elf {arguments}".strip()]
    said = []
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as machine:
        watch = threading.Timer(TIMEOUT, machine.kill)
        watch.start()
        for line in machine.stdout:
            said.append(line.decode(errors="replace").replace("\r", ""))
            if kernel.startswith("nmi") and "kernel shoji-test" in said[-1]:
                threading.Thread(target=send_nmis, args=(monitor, machine), daemon=True).start()
            if "the machine reboots in" in said[-1]:
                machine.kill()
        if not watch.is_alive():
            said.append("\n(time is over)\n")
        watch.cancel()
    return "".join(said)


def tail(text, lines=12):
    """Its last lines, indented."""
    return "\n".join("      " + line for line in text.strip().splitlines()[-lines:])


def names_of(kernel):
    """Tests in a kernel's source that run in domain 0."""
    with open(os.path.join(TOP, "tests", "guests", kernel + ".c"), encoding="utf-8") as source:
        return re.findall(r"^TEST(?:_DOM0)?\((\w+)\)", source.read(), re.M)


def run_kernel(kernel, only, cpus, options=""):
    """Lists of (name, reason or None) for all tests of one kernel."""
    output = boot(kernel, f"only={only}" if only else "", cpus, options)
    results, lines = {}, output.splitlines()
    for number, line in enumerate(lines):
        if match := re.match(r"PASS (\w+)", line):
            results.setdefault(match[1], None)
        elif match := re.match(r"FAIL (\w+): ?(.*)", line):
            more = lines[number + 1].strip() if number + 1 < len(lines) else ""
            results[match[1]] = match[2] or more
    if not re.search(r"^END ", output, re.M):
        results["(end)"] = "it did not get to its end; its last words:\n" + tail(output)
    for name in names_of(kernel):
        if not only or name == only:
            results.setdefault(name, "did not run")
    return list(results.items())


def run_fatal(kernel, only, cpus, options=""):
    """One machine per test: the domain must be crashed by a hypervisor that is well."""
    results = []
    for name in names_of(kernel):
        if only and name != only:
            continue
        output = boot(kernel, f"only={name}", cpus, options)
        why = None
        if "dom0 has crashed" not in output:
            why = "the domain was not crashed:\n" + tail(output)
        elif re.search(r"panic(?! on CPU \d+: dom0 has crashed)|END |time is over", output, re.I):
            why = "more happened than a crash of the domain:\n" + tail(output)
        results.append((name, why))
    return results


def main():
    """All kernels, or those named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("kernels", nargs="+")
    parser.add_argument("--only", help="one test")
    parser.add_argument("--options", default="", help="of the hypervisor, such as pti=on")
    parser.add_argument("--log", action="store_true", help="show what the machine says, and judge nothing")
    options = parser.parse_args()
    runs = [(kernel, options.options) for kernel in options.kernels]
    if not options.options:
        runs += [(kernel, ISOLATION) for kernel in options.kernels if kernel in ISOLATED]
    passed = failed = 0
    for kernel, words in runs:
        cpus = 2 if kernel.startswith("smp") else 1
        if options.log:
            print(boot(kernel, f"only={options.only}" if options.only else "", cpus, words))
            continue
        run = run_fatal if kernel.startswith("fatal") else run_kernel
        for name, why in run(kernel, options.only, cpus, words):
            where = f"{kernel}.{name}" + (f" ({words})" if words else "")
            print(f"{'FAIL' if why else 'ok  '} {where}" + (f": {why}" if why else ""), flush=True)
            passed, failed = passed + (not why), failed + bool(why)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
