#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The reference page docs/hypercalls.md, made from hypercalls.def.

usage: hypercall_page.py           print the page
       hypercall_page.py --write   put it into docs/
"""
import os
import sys

import headers

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
TABLE = os.path.join(ROOT, "include-public/shoji/hypercalls.def")
PAGE = os.path.join(ROOT, "docs/hypercalls.md")

# Where the arguments and sub-operations of a call are described.
HEADERS = {
    "set_trap_table": "arch.h", "mmu_update": "mmu.h", "set_callbacks": "callback.h",
    "platform_op": "platform.h", "memory_op": "memory.h", "multicall": "hypercalls.h",
    "update_va_mapping": "mmu.h", "xen_version": "version.h", "console_io": "hypercalls.h",
    "grant_table_op": "grant_table.h", "vm_assist": "hypercalls.h",
    "update_va_mapping_otherdomain": "mmu.h", "iret": "arch.h", "vcpu_op": "vcpu.h",
    "set_segment_base": "arch.h", "mmuext_op": "mmu.h", "sched_op": "sched.h",
    "callback_op": "callback.h", "event_channel_op": "event_channel.h", "physdev_op": "physdev.h",
    "sysctl": "sysctl.h", "domctl": "domctl.h", "shoji_version": "extension.h", "shoji_audit": "extension.h",
    "shoji_limits": "extension.h",
    "shoji_mmu_update": "extension_mmu.h", "shoji_set_entry": "extension_mmu.h", "shoji_space": "extension_mmu.h",
    "shoji_switch": "extension_vcpu.h",
}

INTRODUCTION = """\
# Hypercalls

<!-- Made from include-public/shoji/hypercalls.def by `make -C tests/abi docs`; edit that file. -->

The number goes into EAX, the arguments into RDI, RSI, RDX, R10, R8 and R9, then `syscall` from the
guest's kernel. RAX holds the result: 0 or more is success, a negative value is a negated error
number (`errno.h`). Numbers that are not in the table answer `-XEN_ENOSYS`.

- **since**: `BASE` is the Xen x86-64 PV ABI; `EXT1` and so on are versions of our extension ABI.
- **who**: `ANY` is the kernel of any domain, about itself; `DOM0` the control domain only; with
  `MIXED` the sub-operation decides.
- **preemptible**: `YES` means that long work stops at safe points and continues by itself, with
  interrupts delivered in between.
- **described in**: the header in `include-public/shoji/`.

"""


def page():
    with open(TABLE, encoding="utf-8") as table:
        rows = headers.hypercalls(table.read())
    text = INTRODUCTION
    text += "| number | name | since | arguments | who | preemptible | described in |\n"
    text += "|-------:|------|-------|----------:|-----|-------------|--------------|\n"
    for row in rows:
        text += "| %(number)d | `%(name)s` | %(since)s | %(nargs)s | %(who)s | %(preemptible)s |" % row
        text += " %s |\n" % HEADERS.get(row["name"], "hypercalls.h")
    return text


def committed():
    try:
        with open(PAGE, encoding="utf-8") as current:
            return current.read()
    except FileNotFoundError:
        return ""


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        with open(PAGE, "w", encoding="utf-8") as out:
            out.write(page())
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        sys.stdout.write(page())
