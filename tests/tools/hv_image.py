# SPDX-License-Identifier: GPL-2.0-only
"""The hypervisor's image as it was built."""
import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
IMAGE = os.path.join(TOP, "build/hypervisor.elf")


def symbols():
    """{name: address}."""
    output = subprocess.run(["nm", IMAGE], stdout=subprocess.PIPE, text=True, check=True).stdout
    rows = map(str.split, output.splitlines())
    return {row[2]: int(row[0], 16) for row in rows if len(row) == 3}
