# SPDX-License-Identifier: GPL-2.0-only
"""What a machine's processors have mapped, seen from outside while it stands still."""
import time

import hv_image


def check_start_is_gone(monitor, cpus, tries=50):
    """On no CPU is anything of the hypervisor's init part mapped, where the rest of the image is."""
    at = hv_image.symbols()
    seen = set()
    for _ in range(tries):
        monitor.command("stop")
        for cpu in range(cpus):
            monitor.command(f"cpu {cpu}")
            mapped = [page for page in range(at["init_start"], at["init_end"], 4096) if monitor.is_mapped(page)]
            assert not mapped, f"CPU {cpu}: {[hex(page) for page in mapped]} are still mapped"
            # with page-table isolation, a guest's own table shows nothing of the image
            if monitor.is_mapped(at["text_start"]) and monitor.is_mapped(at["image_end"] - 4096):
                seen.add(cpu)
        monitor.command("cont")
        if len(seen) == cpus:
            return
        time.sleep(0.1)
    raise AssertionError(f"only CPUs {seen} of {cpus} were met with the hypervisor's tables")
