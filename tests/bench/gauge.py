# SPDX-License-Identifier: GPL-2.0-only
"""The benchmarks of gauge.c on the systems that are compared.

One boot serves all systems that share a hypervisor and its options: its dom0 first, then each guest.
"""
import dataclasses
import glob
import hashlib
import json
import os
import sys
import time

from machine import MachineError
from rig import (BUILD, COMMANDS, HYPERVISORS, MARK_BEGIN, MARK_END, MARK_READY, OUT, PATCHED, PATCHED_IMAGE, STOCK, TOP, Counts, audit,
                 Counters, define_guest, difference, total)

SLOP = "xen_timer_slop=1000"
NOSPEC = "spec-ctrl=no xpti=no"


@dataclasses.dataclass(frozen=True)
class System:
    """One column of the table."""
    name: str
    title: str
    hypervisor: str                     # none | xen | shoji
    role: str                           # bare | dom0 | guest
    options: str = ""                   # the hypervisor's; a bare kernel's
    patched: bool = False               # our kernel instead of Debian's
    peer: str = ""                      # whose hypervisor it is compared with

    def boot(self):
        """Systems with the same key share a boot."""
        return (self.hypervisor, self.options, self.patched and self.role == "bare")


SYSTEMS = (
    System("bare", "bare", "none", "bare"),
    System("bare-nopti", "bare, nopti", "none", "bare", "nopti"),
    System("bare-patched", "bare, patched kernel", "none", "bare", patched=True),
    System("xen-dom0", "Xen dom0", "xen", "dom0"),
    System("xen-guest", "Xen guest", "xen", "guest"),
    System("xen-patched", "Xen guest, patched kernel", "xen", "guest", patched=True),
    System("xen-nospec-dom0", "Xen nospec dom0", "xen", "dom0", NOSPEC),
    System("xen-nospec-guest", "Xen nospec guest", "xen", "guest", NOSPEC),
    System("shoji-dom0", "Shoji dom0", "shoji", "dom0", "pti=no", peer="xen-nospec-dom0"),
    System("shoji-guest", "Shoji guest", "shoji", "guest", "pti=no", peer="xen-nospec-guest"),
    System("shoji-patched", "Shoji guest, patched kernel", "shoji", "guest", "pti=no", patched=True, peer="xen-nospec-guest"),
    System("shoji-pti-dom0", "Shoji pti dom0", "shoji", "dom0", "pti=yes", peer="xen-dom0"),
    System("shoji-pti-guest", "Shoji pti guest", "shoji", "guest", "pti=yes", peer="xen-guest"),
    System("shoji-pti-patched", "Shoji pti guest, patched kernel", "shoji", "guest", "pti=yes", patched=True, peer="xen-guest"),
)


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """One row; the name and the id are those of gauge.c's tables."""
    name: str
    id: int
    title: str
    is_time: bool = False               # the result is what the program measured, not instructions


BENCHMARKS = (
    Benchmark("getppid", 1, "getppid system call"),
    Benchmark("read", 2, "read 1 byte of /dev/zero"),
    Benchmark("write", 3, "write 1 byte to /dev/null"),
    Benchmark("signal", 4, "signal handler"),
    Benchmark("protection", 5, "protection fault, handler, mprotect"),
    Benchmark("mmap", 6, "mmap 4 MiB, touch, munmap: per page"),
    Benchmark("anonymous", 7, "page fault, anonymous"),
    Benchmark("zero", 8, "page fault, zero page"),
    Benchmark("fork", 9, "fork, exit, wait"),
    Benchmark("exec", 10, "fork, exec, exit, wait"),
    Benchmark("pipe", 11, "pipe round trip, 2 processes"),
    Benchmark("futex", 12, "futex round trip, 2 threads"),
    Benchmark("nanosleep", 13, "nanosleep 50 us", True),
    Benchmark("slop", 0, f"nanosleep 50 us, {SLOP}", True),
    Benchmark("vdso", 14, "clock_gettime by the vDSO"),
    Benchmark("gettimeofday", 15, "gettimeofday system call"),
    Benchmark("copy", 16, "control: copy 64 KiB"),
    Benchmark("compute", 17, "control: 3,000 shifts and xors"),
)


@dataclasses.dataclass
class Result:
    """One benchmark on one system, per operation."""
    operations: int
    counts: object                      # Counts of the whole region

    def per(self, field):
        """A counter per operation."""
        return getattr(self.counts, field) / self.operations

    def total(self):
        """All instructions per operation."""
        return total(self.counts) / self.operations

    def traps(self):
        """Ways into the hypervisor that were no syscall instruction: faults, interrupts."""
        return max(0, self.per("exits") - self.per("syscalls") - self.per("hypercalls"))


def has_isolation():
    """Does the hypervisor act on pti= yet?"""
    for path in glob.glob(f"{TOP}/hypervisor/*/*.c"):
        with open(path, encoding="utf-8") as file:
            if "options.pti" in file.read():
                return True
    return False


def is_there(system):
    """Can it be measured here? (The patched kernel takes its own make target.)"""
    return (not system.patched or os.path.exists(PATCHED)) and ("pti=yes" not in system.options or has_isolation())


def results_since(counters, skip, patched=False, benchmarks=BENCHMARKS):
    """{benchmark's name: Result} from the plugin's lines after the first `skip` ones."""
    names = {benchmark.id: benchmark.name for benchmark in benchmarks if benchmark.id}
    begun, found = None, {}
    for mark, counts in list(counters.lines())[skip:]:
        if MARK_BEGIN <= mark < MARK_END:
            begun = counts
        elif mark >= MARK_END:
            region = difference(counts, begun)._replace(value=counts.value)
            if patched:
                region = region._replace(faults=region.patched_faults, upcalls=region.patched_upcalls)
            found[names[mark - MARK_END]] = Result(begun.value or 1, region)
    return found


def passed(counters):
    """(how many lines there are, how often a program was ready)."""
    lines = list(counters.lines())
    return len(lines), sum(mark == MARK_READY for mark, _ in lines)


def run_guest(machine, counters, system, names, options=""):
    """Create a guest whose first program is gauge; wait until it is gone."""
    commands = COMMANDS[system.hypervisor]
    skip, ready = passed(counters)
    kernel = "/guests/patched" if system.patched else "/guests/vmlinux"
    define_guest(machine, f"rdinit=/usr/bin/gauge gauge={','.join(names)} {options}".strip(), kernel)
    machine.run(commands["create"], 600).ok()
    try:
        counters.wait(MARK_READY, 1800, ready + 1)
    except TimeoutError:
        log = machine.run(commands["log"], 60).output
        raise SystemExit(f"bench: {system.name}: the guest did not finish; its console:\n{log[-3000:]}") from None
    machine.run(f"wait_for 60 sh -c '{commands['gone']}'", 600).ok()
    return results_since(counters, skip, system.patched)


def run_here(machine, counters, system, names):
    """In dom0, or on the bare machine."""
    skip, _ = passed(counters)
    machine.run(f"gauge {','.join(names)}", 3600).ok()
    return results_since(counters, skip, system.patched)


def run_system(machine, counters, system, names):
    """All benchmarks of one system."""
    plain = [name for name in names if name != "slop"]
    results = {}
    if plain:
        run = run_guest if system.role == "guest" else run_here
        results = run(machine, counters, system, plain)
    if "slop" in names and system.role == "guest":
        results["slop"] = run_guest(machine, counters, system, ["nanosleep"], SLOP)["nanosleep"]
    return results


def run_boot(systems, names, rig, profile):
    """One machine and its systems; {system: results}, and {system: (file, from, to)} of the profile."""
    first = systems[0]
    counters = Counters(rig, first.name, profile, any(system.patched for system in systems))
    bare = first.hypervisor == "none"
    description = {"hypervisor": first.hypervisor, "kernel_options" if bare else "hypervisor_options": first.options}
    if bare and first.patched:
        description["kernel"] = PATCHED_IMAGE
    results, parts = {}, {}
    with counters.machine(**description) as machine:
        if any(system.role == "guest" for system in systems):
            machine.run(COMMANDS[first.hypervisor]["services"], 300).ok()
        for system in systems:
            began, offset = time.time(), os.path.getsize(counters.profile) if profile else 0
            results[system] = run_system(machine, counters, system, names)
            audit(machine)
            if profile:
                parts[system] = (counters.profile, offset, os.path.getsize(counters.profile))
            print(f"bench: {system.name}: {time.time() - began:.0f} s", file=sys.stderr, flush=True)
    return results, parts


# -- results of earlier runs --------------------------------------------------------------------
#
# Under -icount a system's figures depend on its inputs alone, so those of a system whose inputs have not
# changed may be taken again (--reuse).

STORE = os.path.join(OUT, "results.json")


def inputs(system, names, rig):
    """A fingerprint of all that a system's figures depend on; the programs of dom0 are among it."""
    digest = hashlib.sha256(f"{dataclasses.astuple(system)} {names}".encode())
    files = [f"{rig.folder}/gauge", f"{STOCK}/vmlinux"]
    files += [f"{BUILD}/initramfs/{name}" for name in ("base.cpio", "guest.cpio.gz", "reference.cpio")]
    if system.hypervisor != "none":
        files.append(f"{rig.build}/shoji" if system.hypervisor == "shoji" else HYPERVISORS["xen"])
    if system.hypervisor == "shoji":
        files += [f"{BUILD}/tools/{name}" for name in sorted(os.listdir(f"{BUILD}/tools")) if name.startswith("shoji")]
    if system.patched:
        files.append(PATCHED)
    for path in files:
        with open(path, "rb") as file:
            digest.update(hashlib.sha256(file.read()).digest())
    return digest.hexdigest()


def load_store():
    """{fingerprint: {benchmark: Result}}."""
    if not os.path.exists(STORE):
        return {}
    with open(STORE, encoding="ascii") as file:
        return {key: {name: Result(operations, Counts(*counts)) for name, (operations, counts) in found.items()}
                for key, found in json.load(file).items()}


def keep(results, names, rig):
    """Add to the store."""
    store = load_store()
    store.update({inputs(system, names, rig): found for system, found in results.items()})
    with open(STORE + ".new", "w", encoding="ascii") as file:
        json.dump({key: {name: (result.operations, result.counts) for name, result in found.items()}
                   for key, found in store.items()}, file)
    os.rename(STORE + ".new", STORE)


def repeated(before, now):
    """How far two runs of one system are apart: (largest relative difference, benchmark)."""
    pairs = [(before[name], now[name], name) for name in now if name in before]
    return max(((abs(b.total() / a.total() - 1), name) for a, b, name in pairs), default=(0, "-"))


def measure(systems, names, rig, profile=False, reuse=False):
    """All systems, boot by boot."""
    store = load_store()
    keys = {system: inputs(system, names, rig) for system in systems}
    results = {system: store[keys[system]] for system in systems if keys[system] in store and reuse and not profile}
    missing = [system for system in systems if system not in results]
    parts = {}
    for boot in dict.fromkeys(system.boot() for system in missing):
        group = [system for system in missing if system.boot() == boot]
        try:
            measured, profiled = run_boot(group, names, rig, profile)
        except MachineError as error:
            raise SystemExit(f"bench: {', '.join(system.name for system in group)}: {error}") from None
        for system in (system for system in measured if keys[system] in store):
            apart, name = repeated(store[keys[system]], measured[system])
            print(f"bench: {system.name}: at most {apart:.2%} from the run before ({name})", file=sys.stderr, flush=True)
        keep(measured, names, rig)
        results.update(measured)
        parts.update(profiled)
    return {system: results[system] for system in systems}, parts


def kernel_versions():
    """What runs: the stock kernel's package version and the patched one's, as they say it themselves."""
    versions = {"stock": os.path.basename(os.path.realpath(STOCK))}
    for name, path in (("stock", f"{STOCK}/vmlinux"), ("patched", PATCHED)):
        if os.path.exists(path):
            with open(path, "rb") as file:
                data = file.read()
            start = data.find(b"Linux version ")
            versions[name] = data[start + 14:data.find(b"\n", start)].decode(errors="replace")
    return versions
