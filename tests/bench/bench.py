#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Instructions by privilege level: bare Linux, Debian's Xen 4.17 and Shoji on one emulator, in one run.

Every machine is the same emulator under -icount (an instruction is a nanosecond), the same kernel version and
the same programs; the plugin count.c does the counting.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import rig                              # first: it says where the other modules are
import blocks
import gauge
import life
import switches
import tables
import work

PAGE = os.path.join(rig.TOP, "docs/performance.md")
PART = "<!-- made by '{}': {} -->"
EXAMPLES = """
examples:
  bench.py                                           everything; the tables go into docs/performance.md
  bench.py --systems bare,shoji-guest --only fork    one benchmark on two systems, by privilege level
  bench.py --systems shoji-guest --only fork,exec --profile
                                                     and which functions of the hypervisor run, how often
  bench.py --systems shoji-guest --only fork --profile --level kernel --blocks
                                                     the same of the guest's kernel, and the hottest blocks of code
  bench.py --systems shoji --only getppid            all systems whose name begins with shoji-
  bench.py --work                                    real work on a Debian root; the table goes into the page too
  bench.py --work --systems bare,shoji-guest --only start    of it: systems {work}; jobs {jobs}
  bench.py --switches                                context switch, wake-up, IPI beside Xen; the table goes into the page too
  bench.py --life                                    boot, create, destroy beside Xen; --life shoji: ours alone

systems:    {systems}
benchmarks: {benchmarks}

The hypervisor is brought up to date in build/release (DEBUG=0); the rest needs 'make', and 'tests/tools/fetch.py'
once. A system whose kernel is missing ('make guest-kernel') is left out; LINUX=6.12 in the environment makes the
patched kernel that one, LINUX=debian the one with Debian's whole configuration. A boot takes half a minute to two, a
guest of the stock kernel another; the machine's load does not change the figures. Console logs are in build/logs/.
"""


def chosen(text, known, what):
    """Names in their own order; a name also stands for all that begin with it and a dash."""
    words = text.split(",")
    for word in words:
        if not any(name == word or name.startswith(word + "-") for name in known):
            sys.exit(f"bench: no {what} '{word}'; there are: {', '.join(known)}")
    exact = [word for word in words if word in known]
    return [name for name in known
            if name in exact or any(word not in exact and name.startswith(word + "-") for word in words)]


def parse_arguments():
    """The command line."""
    systems = [system.name for system in gauge.SYSTEMS]
    benchmarks = [benchmark.name for benchmark in gauge.BENCHMARKS]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EXAMPLES.format(systems=" ".join(systems), benchmarks=" ".join(benchmarks),
                               work=" ".join(system.name for system in work.SYSTEMS),
                               jobs=" ".join(job.name for job in work.JOBS)))
    parser.add_argument("--systems", metavar="NAME,…", help="these systems alone")
    parser.add_argument("--only", metavar="NAME,…", help="these benchmarks alone")
    parser.add_argument("--profile", action="store_true", help="sum the instructions by function")
    parser.add_argument("--level", choices=("hypervisor", "kernel", "all"), default="hypervisor", help="of --profile")
    parser.add_argument("--blocks", action="store_true", help="with --profile: blocks of code too")
    parser.add_argument("--top", type=int, default=40, help="rows of a profile (40)")
    parser.add_argument("--reuse", action="store_true",
                        help="earlier figures of systems whose inputs (kernel, hypervisor, programs) have not changed")
    parser.add_argument("--work", action="store_true", help="the jobs of work/init instead of the benchmarks")
    parser.add_argument("--debug", action="store_true", help="the build in build/, with lock-order checks and assertions")
    parser.add_argument("--life", nargs="?", const="both", choices=("shoji", "xen", "both"),
                        help="boot, create, first program, destroy, instead of the benchmarks")
    parser.add_argument("--switches", action="store_true",
                        help="switches between vCPUs, wake-ups and interrupts among them, instead of the benchmarks")
    parser.add_argument("--no-guest", action="store_true", help="with --life: only the boot")
    options = parser.parse_args()
    options.quick = bool(options.systems or options.only or options.profile)
    if options.work:
        systems, benchmarks = [system.name for system in work.SYSTEMS], [job.name for job in work.JOBS]
        options.systems = chosen(options.systems or ",".join(systems), systems, "system")
        options.only = chosen(options.only or ",".join(benchmarks), benchmarks, "job")
        return options
    options.systems = [system for system in gauge.SYSTEMS
                       if system.name in chosen(options.systems or ",".join(systems), systems, "system")]
    options.only = chosen(options.only or ",".join(benchmarks), benchmarks, "benchmark")
    return options


def run_life(options, tools):
    """--life."""
    if options.life != "both":
        return life.levels(life.measure(options.life, tools, not options.no_guest, options.reuse))
    ours = life.measure("shoji", tools, not options.no_guest, options.reuse)
    return life.table(ours, life.measure("xen", tools, not options.no_guest, options.reuse), tools)


def run_switches(options, tools):
    """--switches; the page has the figures of the release build."""
    text = switches.table(tools)
    print(text)
    if not options.debug:
        write_page("bench.py --switches", text)


def run_quick(options, tools):
    """Some benchmarks on some systems, in all detail."""
    results, parts = gauge.measure([system for system in options.systems if gauge.is_there(system)],
                                   options.only, tools, options.profile, options.reuse)
    print(tables.totals(results, options.only))
    for system, found in results.items():
        print("\n" + tables.details(system, found, options.only))
    for system, part in parts.items():
        blocks.report(system, results[system], part, options, tools)


def versions():
    """What was compared."""
    names = {"stock": "Kernel of bare machine, dom0 and guests", "patched": "patched kernel"}
    commit = subprocess.run(["git", "-C", rig.TOP, "log", "-1", "--format=%h (%cs)"], stdout=subprocess.PIPE, text=True, check=True)
    lines = [f"- Shoji: commit {commit.stdout.strip()}"]
    lines += [f"- {names[name]}: Linux {text}" for name, text in gauge.kernel_versions().items()]
    return "\n".join(lines)


def run_all(options, tools):
    """The page."""
    results, _ = gauge.measure([system for system in options.systems if gauge.is_there(system)], options.only, tools,
                               reuse=options.reuse)
    text = [versions(), tables.totals(results, options.only), tables.goals(results, options.only),
            tables.patched_to_bare(results, options.only),
            tables.inside(results, options.only)]
    text += [tables.details(system, found, options.only) for system, found in results.items()]
    options.life = "both"
    return "\n\n".join([part for part in text if part] + [run_life(options, tools)])


def write_page(command, text):
    """Between this command's two comments in the page; what stands around them stays."""
    begin, end = PART.format(command, "begin"), PART.format(command, "end")
    with open(PAGE, encoding="utf-8") as file:
        before, _, rest = file.read().partition(begin)
    after = rest.partition(end)[2]
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def main():
    """What was asked for."""
    options = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        tools = rig.Rig(folder, rig.BUILD if options.debug else rig.BUILD + "/release")
        tools.prepare()
        if options.work:
            text = work.table(work.measure(tools, options.systems, options.only))
            print(text)
            if not options.quick:
                write_page("make bench-work", text)
        elif options.life:
            print(run_life(options, tools))
        elif options.switches:
            run_switches(options, tools)
        elif options.quick:
            run_quick(options, tools)
        else:
            text = run_all(options, tools)
            print(text)
            write_page("make bench", text)
            run_switches(options, tools)


if __name__ == "__main__":
    main()
