#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes two C files, ours.c and oracle.c, with the same table of names and values in each:
the size and offset of every field and the value of every constant of the public headers, once by
our headers and once by those of Debian's libxen-dev. compare.c puts the tables side by side.

Everything in our headers is compared unless it is listed in OURS below; what the oracle does not
know and is not listed gets no value on its side and so fails.

usage: layout.py <include-public/shoji> <oracle include directory> <output directory>
"""
import glob
import os
import re
import subprocess
import sys

import headers

ORACLE = """xen.h errno.h arch-x86/cpuid.h version.h features.h elfnote.h memory.h event_channel.h
grant_table.h sched.h vcpu.h callback.h physdev.h platform.h domctl.h sysctl.h nmi.h io/ring.h
io/blkif.h io/netif.h io/console.h io/xs_wire.h io/xenbus.h""".split()

# Structures and fields that have another name there (an expression in C, {} is the field).
STRUCTS = {
    "xen_ctl_bitmap": "struct xenctl_bitmap",
    "xen_domctl_vmce": "struct hvm_vmce_vcpu",
    "xen_blkif_sring_entry": "union blkif_sring_entry",
    "xen_netif_tx_sring_entry": "union netif_tx_sring_entry",
    "xen_netif_rx_sring_entry": "union netif_rx_sring_entry",
    "xen_xenstore_domain_interface": "struct xenstore_domain_interface",
}
CONSTANTS = {
    "GNTMAP_guest_avail_shift": "_GNTMAP_guest_avail0",
    "XEN_EXTRAVERSION_LEN": "XEN_EXTRAVERSION_LEN",
    "XEN_COMMANDLINE_LEN": "sizeof(xen_commandline_t)",
    "XENCONS_IN_SIZE": "sizeof(((struct xencons_interface *)0)->in)",
    "XENCONS_OUT_SIZE": "sizeof(((struct xencons_interface *)0)->out)",
    "XEN_SRING_HEADER": "offsetof(struct blkif_sring, ring)",
    "INVALID_M2P_ENTRY": "~0UL",
    "HYPERVISOR_FIRST_SLOT": "((HYPERVISOR_VIRT_START >> 39) & 511)",
    "HYPERVISOR_LAST_SLOT": "(((HYPERVISOR_VIRT_END - 1) >> 39) & 511)",
}

# Ours alone: nothing there to compare with. Regular expressions.
OURS = [
    r"SHOJI_.*", r"shoji_.*", r"HYPERCALL_(MAX|PAGE_ENTRY|shoji_.*)", r"XEN_E820_.*",
    r"xen_e820_entry", r"xen_pf_efi_variable", r"xen_sring", r"XEN_(EINTR|ERESTART)",
    r"XENPF_get_dom0_console", r"XEN_(CPUID|EMULATE_PREFIX)", r"XEN_BLKIF_(SECTOR_SIZE|SEGMENTS_PER_INDIRECT_PAGE)",
]
OURS_FIELDS = [
    "xen_platform_op.u.dom0_console", "xen_blkif_sring_entry.discard",
    "xen_blkif_sring_entry.indirect", "xen_netif_tx_sring_entry.extra",
    "xen_netif_rx_sring_entry.extra",
]


def ours_alone(name):
    return any(re.fullmatch(pattern, name) for pattern in OURS)


class Oracle:
    """What names the other headers know."""

    def __init__(self, directory):
        flags = ["-D__XEN_TOOLS__", "-I" + os.path.dirname(directory.rstrip("/"))]
        source = "#include <stdint.h>\n#include <stddef.h>\n" + "".join(
            "#include <xen/%s>\n" % name for name in ORACLE)
        run = lambda *extra: subprocess.run(
            ["gcc", "-E", "-x", "c", *extra, *flags, "-"], input=source, text=True,
            capture_output=True, check=True).stdout
        self.macros = set(re.findall(r"^#define (\w+)", run("-dM"), flags=re.M))
        text = run("-P")
        self.tags = {"%s %s" % pair for pair in re.findall(r"\b(struct|union)\s+(\w+)\s*\{", text)}
        self.enumerators = set()
        for body in re.findall(r"\benum\s*\w*\s*\{(.*?)\}", text, flags=re.S):
            self.enumerators.update(re.findall(r"(\w+)\s*(?:=[^,]*)?(?:,|$)", body.strip()))

    def struct(self, struct):
        if struct.tag in STRUCTS:
            return STRUCTS[struct.tag]
        bare = struct.tag.removeprefix("xen_")
        for tag in (struct.tag, bare, "xenpf_" + bare.removeprefix("pf_")):
            if struct.kind + " " + tag in self.tags:
                return struct.kind + " " + tag
        return None

    def constant(self, name):
        if name in CONSTANTS:
            return CONSTANTS[name]
        other = re.sub(r"^HYPERCALL_", "__HYPERVISOR_", name)
        return other if other in self.macros | self.enumerators else None


def struct_rows(struct, other, inline):
    """[(label, our expression, the oracle's or None)]"""
    rows = [("sizeof " + struct.name, "sizeof(%s)" % struct.name, other and "sizeof(%s)" % other)]
    if other is None:
        return rows
    for path, sized in struct.paths(inline):
        label = "%s.%s" % (struct.tag, path)
        if any(label == field or label.startswith(field + ".") for field in OURS_FIELDS):
            continue
        offset = "offsetof(%%s, %s)" % path
        rows.append(("offset " + label, offset % struct.name, offset % other))
        if sized:
            size = "sizeof(((%%s *)0)->%s)" % path
            rows.append(("size " + label, size % struct.name, size % other))
    return rows


def constant_row(name, parameters, oracle):
    other = oracle.constant(name)
    call = "(3ul)" if parameters else ""
    return ("value " + name + call, "(%s%s)" % (name, call), other and "(%s%s)" % (other, call))


def all_rows(files, oracle):
    texts = [open(name, encoding="utf-8").read() for name in files]
    parsed = [struct for text in texts for struct in headers.structs(text)]
    inline = {s.name: s for s in parsed if ours_alone(s.tag)}
    rows = []
    for struct in parsed:
        if not ours_alone(struct.tag):
            rows += struct_rows(struct, oracle.struct(struct), inline)
    for text in texts:
        for name, parameters in headers.constants(text):
            if not ours_alone(name) and not re.fullmatch(r"SHOJI\w*|\w+_H", name) and parameters < 2:
                rows.append(constant_row(name, parameters, oracle))
    return rows


def hypercall_rows(table):
    return [("hypercall " + r["name"], str(r["number"]), "__HYPERVISOR_" + r["name"])
            for r in table if r["since"] == "BASE"]


def write(path, includes, symbol, rows):
    with open(path, "w", encoding="utf-8") as out:
        out.write("#include <stdint.h>\n#include <stddef.h>\n")
        out.writelines("#include %s\n" % include for include in includes)
        out.write('#include "table.h"\nconst struct abi_value %s[] = {\n' % symbol)
        for label, value in rows:
            known = "1, (long long)" + value if value else "0, 0"
            out.write('\t{"%s", %s},\n' % (label, known))
        out.write("\t{0, 0, 0},\n};\n")


def main(ours, oracle_directory, output):
    files = sorted(glob.glob(ours + "/*.h") + glob.glob(ours + "/io/*.h"))
    rows = all_rows(files, Oracle(oracle_directory))
    rows += hypercall_rows(headers.hypercalls(open(ours + "/hypercalls.def", encoding="utf-8").read()))
    os.makedirs(output, exist_ok=True)
    names = ['"shoji/%s"' % os.path.relpath(name, ours) for name in files]
    write(output + "/ours.c", names, "abi_ours", [(label, a) for label, a, b in rows])
    write(output + "/oracle.c", ["<xen/%s>" % n for n in ORACLE], "abi_oracle",
          [(label, b) for label, a, b in rows])


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
