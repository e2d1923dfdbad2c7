#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""hypervisor/core, hypervisor/abi and dom0's builder, unchanged, for the host; and code that must not compile.

 - every file compiles for the host with the product's warnings, with and without debug checks;
 - no file has assembly in it;
 - core, linked with hypervisor/lib, needs nothing but what core/machine.h and core/log.h declare, nor
   does the builder; abi needs core, and the two headers of dom0's interrupts;
 - in the built image nothing that stays refers to the init part, and the build would see it;
 - each pair of types.txt: the right use compiles, the wrong one (machine frame for guest frame, guest
   address for pointer, domain id for number, ...) does not.

Ends with "N passed, M failed".
"""
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
HYPERVISOR = os.path.join(TOP, "hypervisor")
BUILD = os.path.join(TOP, "build/hypervisor")
ROOMS = ("core", "abi", "lib", "machine", "init")
FLAGS = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes",
         "-Wconversion", "-Werror", "-I.", "-I../tests/fake", "-I../include-public"]
CORE_NEEDS = ["core/machine.h", "core/log.h"]
ABI_NEEDS = CORE_NEEDS + ["machine/ioapic.h", "machine/irq.h"]    # dom0's interrupts, for abi/physdev.c
FAKE = {"fake_cpus", "fake_cpu_id"}     # tests/fake/machine_inline.h
COMPILER = {"memcpy", "memset", "memmove", "memcmp", "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail"}
ASSEMBLY = re.compile(r"\b(asm|__asm__)\b")


def gcc(*arguments, source=None):
    """(worked, what it said)."""
    result = subprocess.run(["gcc", *arguments], cwd=HYPERVISOR, input=source, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False)
    return result.returncode == 0, result.stdout


def compile_file(path, work):
    """Findings of one file."""
    name = os.path.relpath(path, HYPERVISOR)
    with open(path, encoding="utf-8") as file:
        if ASSEMBLY.search(file.read()):
            return [f"{name}: has assembly in it: that belongs to hypervisor/machine"]
    for debug in ([], ["-DSHOJI_DEBUG"]):
        worked, said = gcc(*FLAGS, *debug, "-c", "-o", os.path.join(work, name.replace("/", "_") + ".o"), name)
        if not worked:
            return [f"{name}: does not compile for the host {' '.join(debug)}\n{said}"]
    return []


def needed(work, folders):
    """What these folders and lib together still want of others; or None, and what the linker said."""
    library = [os.path.relpath(path, HYPERVISOR) for path in glob.glob(f"{HYPERVISOR}/lib/*.c")]
    objects = [path for folder in folders for path in glob.glob(f"{work}/{folder}_*.o")]
    whole = f"{work}/whole"
    worked, said = gcc("-std=gnu11", "-fno-builtin", "-I.", "-I../include-public", "-r", "-nostdlib", "-o", whole,
                       *library, *objects)
    if not worked:
        return None, said
    output = subprocess.run(["nm", "-u", whole], stdout=subprocess.PIPE, text=True, check=True).stdout
    return set(re.findall(r"U (\S+)", output)), ""


def check_waist(work, folders, headers, others):
    """What they want must be declared in these headers, or be one of the others."""
    wanted, said = needed(work, folders)
    if wanted is None:
        return [f"{' and '.join(folders)} and lib do not link together\n{said}"]
    declared = set()
    for header in headers:
        with open(f"{HYPERVISOR}/{header}", encoding="utf-8") as file:
            declared |= set(re.findall(r"\b(\w+)\(", file.read()))
    return [f"{' or '.join(folders)} calls {name}, which none of {', '.join(headers)} declares"
            for name in sorted(wanted - declared - COMPILER - others)]


def link_image(work, *planted):
    """The image, with relocations kept and a file more: its path."""
    image = f"{work}/image"
    objects = [f"{BUILD}/{os.path.relpath(path, HYPERVISOR)}.o"
               for room in ROOMS for kind in ("c", "S") for path in glob.glob(f"{HYPERVISOR}/{room}/*.{kind}")]
    worked, said = gcc("-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none,--emit-relocs,-T,machine/hypervisor.lds",
                       "-o", image, *objects, f"{BUILD}/symbols.o", *planted)
    if not worked:
        raise RuntimeError(said)
    return image


def check_start_is_apart(work):
    """machine/check_image.py sees when what stays refers to what goes, by code or by a constant."""
    sys.path.insert(0, f"{HYPERVISOR}/machine")
    import check_image  # pylint: disable=import-outside-toplevel,import-error
    findings = [f"the image: {line}" for line in check_image.crossings(link_image(work))]
    for what, text in (("a call", "void options_log_unknown(void); void planted(void); void planted(void) { options_log_unknown(); }"),
                       ("a pointer", "void options_log_unknown(void); void (*const planted)(void) = options_log_unknown;"),
                       ("a variable", "void options_log_unknown(void); void (*planted)(void) = options_log_unknown;")):
        planted = f"{work}/planted.o"
        gcc("-fpie", "-fvisibility=hidden", "-c", "-x", "c", "-o", planted, "-", source=text)
        seen = list(check_image.crossings(link_image(work, planted)))
        if len(seen) != 1 or "options_log_unknown" not in seen[0]:
            findings.append(f"{what} from outside into the init part is not seen: {seen}")
    return findings


def pairs():
    """(what, prologue, right, wrong) of types.txt: '//' names a pair, RIGHT and WRONG are its two forms."""
    with open(os.path.join(HERE, "types.txt"), encoding="utf-8") as file:
        prologue, *parts = re.split(r"^// ", file.read(), flags=re.M)
    for part in parts:
        what, body = part.split("\n", 1)
        yield what, prologue, body


def check_pair(what, prologue, body):
    """Findings of one pair."""
    flags = FLAGS + ["-fsyntax-only", "-x", "c", "-"]
    worked, said = gcc("-DMIXED=0", *flags, source=prologue + body + "}\n")
    if not worked:
        return [f"types.txt: {what}: the right use does not compile\n{said}"]
    worked, said = gcc("-DMIXED=1", *flags, source=prologue + body + "}\n")
    if worked:
        return [f"types.txt: {what}: the wrong use compiles"]
    if not re.search(r"incompatible type|invalid operands|used struct type value|aggregate value|"
                     r"invalid type argument|cannot convert|used where|discards", said):
        return [f"types.txt: {what}: refused, but not for its types\n{said}"]
    return []


def main():
    """All checks; two compilers at once."""
    files = sorted(path for files in ("core/*.c", "abi/*.c", "init/dom0_*.c") for path in glob.glob(f"{HYPERVISOR}/{files}"))
    with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda path: compile_file(path, work), files))
        results.append(check_waist(work, ["core"], CORE_NEEDS, FAKE | {"m2p_table"}))
        results.append(check_waist(work, ["core", "init_dom0"], CORE_NEEDS, FAKE | {"m2p_table"}))
        results.append(check_waist(work, ["core", "abi"], ABI_NEEDS, FAKE | {"m2p_table", "abi_iret"}))
        results.append(check_start_is_apart(work))
        results += pool.map(lambda pair: check_pair(*pair), pairs())
    for findings in results:
        for finding in findings:
            print(finding)
    failed = sum(map(bool, results))
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
