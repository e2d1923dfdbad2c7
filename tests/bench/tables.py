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
