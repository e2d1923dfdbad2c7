# SPDX-License-Identifier: GPL-2.0-only
"""Real work on a Debian 12 root: on the bare machine from its virtio disk, in guests from a PV disk.

One image for all systems: minbase with gcc, make and python3, the directory kernel/ of Debian's linux-source-6.1
(12 MB; the whole tree would take hours here), a small C project. work/init runs the jobs. Every system has 512 MiB
and one CPU; the image is dom0's virtio disk, handed on by the in-kernel backend on Xen and by ours on Shoji.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import time

import rig
from gauge import NOSPEC, System, is_there, results_since
from tables import head, line

sys.path.insert(0, os.path.join(rig.TOP, "dom0-tools/image"))
import image                            # pylint: disable=wrong-import-position

MEMORY = 512
SIZE_MIB = 1200
PACKAGES = ["gcc", "libc6-dev", "make", "python3"]
SOURCE = "linux-source-6.1"
PATH = os.path.join(rig.BUILD, "image/work.ext4")
MIB = 1 << 20

SYSTEMS = (
    System("bare", "bare", "none", "bare"),
    System("xen-guest", "Xen guest", "xen", "guest"),
    System("xen-nospec-guest", "Xen nospec guest", "xen", "guest", NOSPEC),
    System("xen-patched", "Xen guest, patched kernel", "xen", "guest", patched=True),
    System("shoji-guest", "Shoji guest", "shoji", "guest"),
    System("shoji-patched", "Shoji guest, patched kernel", "shoji", "guest", patched=True),
)


class Job:  # pylint: disable=too-few-public-methods
    """A row; id and name are those of work/init."""

    def __init__(self, number, name, title):
        self.id, self.name, self.title = number, name, title


JOBS = (Job(40, "pack", "tar of 12 MB of kernel source, gzip"),
        Job(41, "compile", "make -j2 of 14 C files"),
        Job(42, "insert", "300 SQLite inserts, each with fsync"),
        Job(43, "start", "Python started 10 times"))


# -- the image --------------------------------------------------------------------------------

def kernel_source(target):
    """Unpack kernel/ of Debian's source package as `target`."""
    debs = os.path.join(rig.BUILD, "debs")
    found = glob.glob(f"{debs}/{SOURCE}_*.deb")
    if not found:
        image.say(f"downloading {SOURCE} (140 MB)")
        image.run("apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", SOURCE, cwd=debs)
        found = glob.glob(f"{debs}/{SOURCE}_*.deb")
    os.makedirs(target)
    script = (f"dpkg-deb --fsys-tarfile {found[-1]} | tar -xO ./usr/src/{SOURCE}.tar.xz | "
              f"tar -xJ -C {target} --strip-components=2 '{SOURCE}/kernel'")
    subprocess.run(["bash", "-o", "pipefail", "-c", script], check=True)


def fill(stage, tools):
    """What the jobs need."""
    work = f"{stage}/work"
    os.makedirs(work)
    kernel_source(f"{work}/tree")
    for folder in ("core", "lib", "machine"):
        shutil.copytree(f"{rig.TOP}/hypervisor/{folder}", f"{work}/project/{folder}")
    shutil.copytree(f"{rig.TOP}/include-public", f"{work}/include-public")
    shutil.copy(f"{rig.BENCH}/work/Makefile", f"{work}/project/Makefile")
    shutil.copy(f"{rig.BENCH}/work/insert.py", work)
    for source, name in ((f"{rig.BENCH}/work/init", "work-init"), (f"{tools.folder}/mark", "mark")):
        shutil.copy(source, f"{stage}/usr/bin/{name}")
    image.run("find", work, "-exec", "touch", "-h", "-d", "2023-01-01", "{}", "+")    # before the machine's clock


def make_image(tools):
    """build/image/work.ext4, when something in it changed, and its initrd."""
    os.makedirs(image.OUT, exist_ok=True)
    debian, mark = image.debian_root("work-debian", PACKAGES)
    image.boot_initrd(PATH + ".initrd")
    mark = image.digest(*[f"{rig.BENCH}/{name}" for name in ("work", "work.py", "mark.c", "marks.h")], text=mark)
    if image.fresh("work.ext4", mark) and os.path.exists(PATH):
        return
    image.say(os.path.relpath(PATH))
    stage = os.path.join(image.OUT, "work-stage")
    image.copy_tree(debian, stage)
    fill(stage, tools)
    image.make_ext4(PATH, stage, "work", SIZE_MIB)
    shutil.rmtree(stage)
    image.done("work.ext4", mark)


# -- the machines -----------------------------------------------------------------------------

def run_bare(counters, options):
    """The machine itself boots from the image."""
    machine = counters.machine(hypervisor="none", memory=MEMORY, initrd=PATH + ".initrd", disks=(f"virtio:{PATH}:snapshot",),
                               kernel_options=f"root=/dev/vda ro init=/usr/bin/work-init {options}")
    try:
        machine.spawn().expect("work: all done", 7200)
        with open(machine.log, encoding="utf-8", errors="replace") as file:
            return done(results_since(counters, 0, benchmarks=JOBS), file.read(), "bare")
    finally:
        machine.close()


def done(results, log, name):
    """Without the jobs that failed; what they said goes to stderr."""
    failed = re.findall(r"work: (\w+) failed", log)
    if failed:
        print(f"bench: {name}: failed: {', '.join(failed)}\n{log[log.index('failed:') - 20:][:2000]}", file=sys.stderr, flush=True)
    return {job: result for job, result in results.items() if job not in failed}


def run_guest(counters, system, options):
    """dom0 hands its disk to a guest."""
    commands = rig.COMMANDS[system.hypervisor]
    option = {"hypervisor_options": system.options, "memory": 1024 + MEMORY + 256, "disks": (f"virtio:{PATH}:snapshot",)}
    with counters.machine(hypervisor=system.hypervisor, **option) as machine:
        machine.run(commands["services"], 300).ok()
        machine.run("modprobe -a virtio_pci virtio_blk xen-blkback; wait_for 30 test -b /dev/vda", 120).ok()
        rig.define_guest(machine, f"root=/dev/xvda ro init=/usr/bin/work-init {options}",
                         "/guests/patched" if system.patched else "/guests/vmlinux", "/guests/work-initrd", MEMORY, True)
        machine.run(commands["create"], 600).ok()
        try:
            counters.wait(rig.MARK_READY, 7200)
        finally:
            log = machine.run(commands["log"], 60).output
        rig.audit(machine)
    return done(results_since(counters, 0, system.patched, JOBS), log, system.name)


def measure(tools, systems, jobs):
    """{system: {job: Result}}."""
    make_image(tools)
    shutil.copy(PATH + ".initrd", f"{tools.overlay()}/guests/work-initrd")
    results = {}
    for system in (system for system in SYSTEMS if system.name in systems and is_there(system)):
        began = time.time()
        counters = rig.Counters(tools, f"work-{system.name}", with_patched=system.patched)
        options = f"jobs={','.join(jobs)}"
        run = run_bare(counters, options) if system.role == "bare" else run_guest(counters, system, options)
        results[system] = run
        print(f"bench: {system.name}: {time.time() - began:.0f} s", file=sys.stderr, flush=True)
    return results


def table(results):
    """Million instructions, all that ran; ratios to the bare machine and to Xen's guest."""
    by_name = {system.name: found for system, found in results.items()}
    rows = head("million instructions (to bare, to Xen guest)", [system.title for system in results])
    for job in (job for job in JOBS if any(job.name in found for found in results.values())):
        cells = [job.title]
        for system, found in results.items():
            if job.name not in found:
                cells.append("-")
                continue
            value = found[job.name].total()
            ratios = [f"{value / by_name[base][job.name].total():.2f}" for base in ("bare", "xen-guest")
                      if base != system.name and system.role != "bare" and job.name in by_name.get(base, {})]
            cells.append(f"{value / 1e6:,.0f}" + (f" ({', '.join(ratios)})" if ratios else ""))
        rows.append(line(cells))
    return "\n".join(rows)
