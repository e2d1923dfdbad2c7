#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run fuzz targets, two at a time: run.py [--same] OUT NAME=SECONDS... ; run.py --merge OUT NAME.

Each begins with its corpus, with what is kept for planted faults (planted.py), and with what earlier runs found
(OUT/found/NAME). --same: each time with the same inputs, as far as the time reaches, without what runs found. --merge takes
what was found into the corpus, as few inputs as cover the same. Ends with "N passed, M failed".
"""
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def folders(out, name):
    """(where new inputs are kept, the corpus)."""
    found = os.path.join(out, "found", name)
    corpus = os.path.join(HERE, "corpus", name)
    os.makedirs(found, exist_ok=True)
    os.makedirs(corpus, exist_ok=True)
    return found, corpus


def kept(name):
    """Folders of inputs that are not the search's to choose."""
    return [os.path.join(HERE, "planted")] if name == "hypercalls" else []


def options(name):
    """libFuzzer's options of a target: what stands in its source behind OPTIONS."""
    with open(os.path.join(HERE, name + ".c"), encoding="utf-8") as file:
        match = re.search(r"^/\* OPTIONS: (.*?) \*/$", file.read(), flags=re.M)
    return match.group(1).split() if match else []


def hunt(out, name, seconds, same):
    """(name, what to tell, passed)."""
    found, corpus = folders(out, name)
    log = os.path.join(out, name + ".log")
    new, seed = found, []
    if same:
        new, seed = os.path.join(out, "same", name), ["-seed=1"]
        shutil.rmtree(new, ignore_errors=True)
        os.makedirs(new)
    with open(log, "w", encoding="utf-8") as output:
        done = subprocess.run([os.path.join(out, name), *options(name), *seed, f"-max_total_time={seconds}", "-timeout=20",
                               "-verbosity=0", "-print_final_stats=1", f"-artifact_prefix={found}/", new, corpus, *kept(name)],
                              stdout=output, stderr=subprocess.STDOUT, check=False)
    with open(log, encoding="utf-8", errors="replace") as file:
        text = file.read()
    if done.returncode:
        return name, "FAILED\n" + "\n".join(text.splitlines()[-40:]), False
    return name, re.search(r"number_of_executed_units: *(\d+)", text).group(1) + " inputs", True


def merge(out, name):
    """The corpus anew, out of itself and of what was found."""
    found, corpus = folders(out, name)
    fresh = os.path.join(out, "merged", name)
    shutil.rmtree(fresh, ignore_errors=True)
    os.makedirs(fresh)
    subprocess.run([os.path.join(out, name), *options(name), "-merge=1", "-use_counters=0", "-timeout=20", fresh, corpus, found],
                   check=True)
    for old in glob.glob(corpus + "/*"):
        os.remove(old)
    for path in glob.glob(fresh + "/*"):
        shutil.copy(path, corpus)
    print(f"{name}: {len(os.listdir(corpus))} inputs, {sum(os.path.getsize(p) for p in glob.glob(corpus + '/*'))} bytes")


def main():
    """Hunt with all that are named, or merge one."""
    if sys.argv[1] == "--merge":
        merge(*sys.argv[2:4])
        return 0
    same = sys.argv[1] == "--same"
    out, *arguments = sys.argv[2:] if same else sys.argv[1:]
    wanted = [argument.split("=") for argument in arguments]
    passed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(hunt, out, name, int(seconds), same)
                for name, seconds in sorted(wanted, key=lambda pair: -int(pair[1]))]
        for job in concurrent.futures.as_completed(jobs):
            name, what, good = job.result()
            print(f"{name}: {what}", flush=True)
            passed += good
    print(f"{passed} passed, {len(wanted) - passed} failed")
    return 0 if passed == len(wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
