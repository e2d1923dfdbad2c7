# SPDX-License-Identifier: GPL-2.0-only
"""Results as Markdown."""
from gauge import BENCHMARKS

EVENTS = (("cr3", "CR3 loads"), ("flushes", "TLB flushes"), ("syscalls", "system calls"), ("hypercalls", "hypercalls"),
          ("traps", "traps"), ("faults", "faults"), ("upcalls", "events"))


def number(value):
    """Readable at every size."""
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def line(cells):
    """One row of a table."""
    return "| " + " | ".join(cells) + " |"


def head(first, titles):
    """The first two rows of a table."""
    return [line([first] + titles), "|---|" + "---:|" * len(titles)]


def amount(benchmark, result):
    """What counts: nanoseconds for timers, instructions for the rest."""
    if result is None:
        return None
    return result.per("value") if benchmark.is_time else result.total()


def shown(results, names):
    """The benchmarks that were run."""
    return [benchmark for benchmark in BENCHMARKS if benchmark.name in names and
            any(benchmark.name in found for found in results.values())]


def totals(results, names):
    """Instructions per operation on each system, and the ratio to the bare one."""
    by_name = {system.name: found for system, found in results.items()}
    rows = head("operation", [system.title for system in results])
    for benchmark in shown(results, names):
        cells = [benchmark.title + (": ns too late" if benchmark.is_time else "")]
        for system, found in results.items():
            value = amount(benchmark, found.get(benchmark.name))
            base_name = "nanosleep" if benchmark.name == "slop" else benchmark.name
            base = amount(benchmark, by_name.get("bare", {}).get(base_name))
            ratio = f" ({value / base:.2f})" if value is not None and base and system.role != "bare" else ""
            cells.append(number(value) + ratio)
        rows.append(line(cells))
    return "\n".join(rows)


def patched_to_bare(results, names):
    """The patched kernel's guests beside the same kernel on the bare machine; None when there is none."""
    systems = [system for system in results if system.patched]
    base = next((results[system] for system in systems if system.role == "bare"), None)
    if not base or len(systems) < 2:
        return None
    rows = head("the patched kernel alone", [system.title for system in systems])
    for benchmark in shown({system: results[system] for system in systems}, names):
        cells = [benchmark.title + (": ns too late" if benchmark.is_time else "")]
        for system in systems:
            value, bare = amount(benchmark, results[system].get(benchmark.name)), amount(benchmark, base.get(benchmark.name))
            cells.append(number(value) + (f" ({value / bare:.2f})" if value and bare and system.role != "bare" else ""))
        rows.append(line(cells))
    return "\n".join(rows)


def inside(results, names):
    """Instructions inside the hypervisor, and the ratio to the peer's."""
    systems = [system for system in results if system.hypervisor != "none"]
    by_name = {system.name: found for system, found in results.items()}
    rows = head("instructions in the hypervisor", [system.title for system in systems])
    for benchmark in shown(results, names):
        cells = [benchmark.title]
        for system in systems:
            result, peer = results[system].get(benchmark.name), by_name.get(system.peer, {}).get(benchmark.name)
            text = number(result.per("hypervisor") if result else None)
            if result and peer and peer.per("hypervisor") >= 1:
                text += f" ({result.per('hypervisor') / peer.per('hypervisor'):.2f})"
            cells.append(text)
        rows.append(line(cells))
    return "\n".join(rows)


def field(result, name):
    """A counter per operation, also the derived one."""
    return result.traps() if name == "traps" else result.per(name)


def details(system, results, names):
    """One system by privilege level, with the events beside."""
    hidden = ("traps", "hypercalls") if system.hypervisor == "none" else ()
    events = [(key, title) for key, title in EVENTS if key not in hidden]
    rows = head(system.title, ["all", "program", "kernel"] + (["hypervisor"] if not hidden else []) +
                [title for _, title in events])
    for benchmark in shown({system: results}, names):
        result = results[benchmark.name]
        levels = ["user", "kernel"] + (["hypervisor"] if not hidden else [])
        cells = [number(result.total())] + [number(result.per(level)) for level in levels]
        cells += [number(field(result, key)) for key, _ in events]
        rows.append(line([benchmark.title] + cells))
    return "\n".join(rows)


# What is aimed at: all instructions of a guest relative to the bare machine.
GOALS = (
    ("shoji-guest", {"getppid": 1.5, "signal": 1.3, "anonymous": 1.3, "fork": 1.9, "exec": 1.8, "pipe": 1.6, "slop": 2}),
    ("shoji-patched", {"fork": 1.3, "exec": 1.25, "anonymous": 1.2, "mmap": 1.2, "protection": 1.3, "pipe": 1.4}),
)
# Instructions of the hypervisor for a system call, and of all its operations beside the peer's.
CALL_GOALS = {"shoji-guest": 150, "shoji-pti-guest": 195}
PEER_GOAL = 0.5


def goal(what, limit, reached):
    """One row."""
    return line([what, f"≤ {limit:g}", number(reached), "yes" if reached <= limit else "no"])


def goals(results, names):
    """What is aimed at, what was reached."""
    found = {system.name: (system, result) for system, result in results.items()}
    titles = {benchmark.name: benchmark for benchmark in shown(results, names)}
    bare = found.get("bare", (None, {}))[1]
    rows = head("goal", ["limit", "reached", "met"])
    for name, limits in GOALS:
        system, result = found.get(name, (None, {}))
        for key, limit in limits.items():
            base = bare.get("nanosleep" if key == "slop" else key)
            if key in result and base:
                ratio = amount(titles[key], result[key]) / amount(titles["nanosleep" if key == "slop" else key], base)
                rows.append(goal(f"{system.title}: {titles[key].title}, to bare", limit, ratio))
    for name, limit in CALL_GOALS.items():
        system, result = found.get(name, (None, {}))
        if "getppid" in result:
            rows.append(goal(f"{system.title}: hypervisor instructions of a system call", limit, result["getppid"].per("hypervisor")))
    for system, result in results.items():
        peer = found.get(system.peer, (None, {}))[1]
        ratios = [(result[key].per("hypervisor") / peer[key].per("hypervisor"), titles[key].title)
                  for key in result if key in peer and peer[key].per("hypervisor") >= 100]
        if ratios and not system.patched:
            worst, title = max(ratios)
            rows.append(goal(f"{system.title}: in the hypervisor, to {found[system.peer][0].title}; worst: {title}", PEER_GOAL, worst))
    return "\n".join(rows)
