# SPDX-License-Identifier: GPL-2.0-only
"""Where the instructions of a benchmark are: the plugin's blocks of code, summed by function.

The hypervisor's names come from its hypervisor.elf, the kernel's from itself (the patched one's from its
vmlinux). Debian's Xen has no symbols: all of it is one line. Blocks of dom0's kernel that run beside a patched
guest get that guest's names.
"""
import bisect
import collections
import subprocess

from gauge import BENCHMARKS
from rig import PATCHED, elf_symbols, stock_symbols

HYPERVISOR = range(0xffff800000000000, 0xffff880000000000)
MODULES = 0xffffffffc0000000

Block = collections.namedtuple("Block", "address instructions runs")


class Symbols:
    """Which function an address belongs to."""

    def __init__(self, text):
        pairs = []
        for line in text.splitlines():
            address, kind, name = line.split()[:3]
            if kind in "tTwW" and not name.startswith((".", "__pfx_")):
                pairs.append((int(address, 16), name))
        pairs.sort()
        self.addresses = [address for address, _ in pairs]
        self.names = [name for _, name in pairs]

    def find(self, address):
        """(name, is it the function's first instruction)."""
        place = bisect.bisect_right(self.addresses, address) - 1
        if place < 0:
            return "?", False
        return self.names[place], self.addresses[place] == address


def read_blocks(part):
    """{benchmark's name: [Block]} of one system's part of the plugin's file."""
    names = {benchmark.id: benchmark.name for benchmark in BENCHMARKS if benchmark.id}
    path, begin, end = part
    found = collections.defaultdict(list)
    with open(path, "rb") as file:
        file.seek(begin)
        for line in file.read(end - begin).decode().splitlines():
            number, address, instructions, runs = line.split()
            found[names[int(number)]].append(Block(int(address, 16), int(instructions), int(runs)))
    return found


def level(address):
    """Who runs there."""
    if address < 1 << 63:
        return "program"
    return "hypervisor" if address in HYPERVISOR else "kernel"


def function(address, symbols):
    """(level, name, is it the entry)."""
    who = level(address)
    if who not in symbols:
        return who, "(all)", False
    if address >= MODULES and who == "kernel":
        return who, "(modules)", False
    return (who, *symbols[who].find(address))


def symbols_of(system, rig):
    """{level: Symbols} as far as there are any."""
    known = {"kernel": Symbols(elf_symbols(PATCHED) if system.patched else stock_symbols())}
    if system.hypervisor == "shoji":
        known["hypervisor"] = Symbols(elf_symbols(rig.elf()))
    return known


def by_function(blocks, symbols):
    """{(level, name): [instructions, entries]}."""
    sums = collections.defaultdict(lambda: [0, 0])
    for block in blocks:
        who, name, entry = function(block.address, symbols)
        sums[who, name][0] += block.instructions * block.runs
        sums[who, name][1] += block.runs if entry else 0
    return sums


def function_table(sums, operations, top):
    """The functions with most instructions, per operation."""
    everything = sum(instructions for instructions, _ in sums.values())
    rows = ["| function | level | instructions | share | entered |", "|---|---|---:|---:|---:|"]
    for (who, name), (instructions, entries) in sorted(sums.items(), key=lambda item: -item[1][0])[:top]:
        rows.append(f"| {name} | {who} | {instructions / operations:,.1f} | {instructions / everything:.1%} | "
                    f"{entries / operations:,.2f} |")
    return "\n".join(rows)


def source_lines(path, addresses):
    """{address: function at file:line} by addr2line."""
    if not addresses:
        return {}
    output = subprocess.run(["addr2line", "-s", "-f", "-e", path, *[f"{address:x}" for address in addresses]],
                            stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    return {address: f"{output[2 * i]} {output[2 * i + 1]}" for i, address in enumerate(addresses)}


def block_table(blocks, symbols, elf, operations, top):
    """The blocks of code with most instructions, per operation."""
    hot = sorted(blocks, key=lambda block: -block.instructions * block.runs)[:top]
    places = {}
    if "hypervisor" in symbols:
        places = source_lines(elf, [block.address for block in hot if block.address in HYPERVISOR])
    rows = ["| block | in | instructions | runs |", "|---|---|---:|---:|"]
    for block in hot:
        place = places.get(block.address) or " ".join(function(block.address, symbols)[:2])
        rows.append(f"| {block.address:x}+{block.instructions} | {place} | "
                    f"{block.instructions * block.runs / operations:,.1f} | {block.runs / operations:,.2f} |")
    return "\n".join(rows)


def report(system, results, part, options, rig):
    """Markdown for every benchmark of one system."""
    symbols = symbols_of(system, rig)
    for name, blocks in read_blocks(part).items():
        # the profile of nanosleep is also that of the guest with a smaller slop
        operations = sum(results[row].operations for row in (name, "slop") if row in results and name in (row, "nanosleep"))
        chosen = [block for block in blocks if options.level in ("all", level(block.address))]
        if not chosen:
            continue
        print(f"\n### {name}, {system.title}: where {'all' if options.level == 'all' else 'the ' + options.level} "
              f"instructions are, per operation\n")
        print(function_table(by_function(chosen, symbols), operations, options.top))
        if options.blocks:
            print("\n" + block_table(chosen, symbols, rig.elf(), operations, options.top))
