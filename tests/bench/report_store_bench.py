#!/usr/bin/env python3
"""How long `wattfleet report` takes over a store of made-up results, and how much memory.

report_store_bench.py BIN [--pairs 20] [--queries 1000000] [--keep DIRECTORY]

BIN holds wattfleet and make_report_store. Prints one line; asserts what the report must contain,
never how long it takes. With --keep the store stays, and is used again if it is there.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time


def measure(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    process = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return process.stdout, wall, cpu


def peak_mib(program, arguments):
    """Of one run of its own: ru_maxrss of children is the largest of all that ran."""
    code = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    out = subprocess.run([sys.executable, "-c", code, program, *arguments], stdout=subprocess.PIPE, check=True)
    return int(out.stdout) / 1024


def bench(options, directory):
    if not os.path.exists(os.path.join(directory, "catalog.db")):
        subprocess.run(
            [os.path.join(options.bin, "make_report_store"), directory, str(options.pairs), str(options.queries)],
            check=True,
        )
    program = os.path.join(options.bin, "wattfleet")
    arguments = ["report", "night", "--data", directory, "--format", "json"]
    text, wall, cpu = measure([program, *arguments])
    report = json.loads(text)
    assert report["sweep"]["provisional"] is False
    assert len(report["pairs"]) == options.pairs
    for pair in report["pairs"]:
        assert pair["completed"] == options.queries, pair["id"]
        assert abs(pair["accuracy"]["value"] - 1 / 3) < 0.1
        assert pair["ipw"]["value"] > 0
        assert pair["energy"]["measured_fraction"] == 1
    assert report["difficulty"]["queries"] == options.queries
    assert report["union"][-1]["queries"] == options.queries
    if options.pairs >= 5:
        assert report["routing"]["queries"] == options.queries
    print(
        f"report of {options.pairs} pairs x {options.queries} results: {wall:.2f} s, "
        f"{cpu:.2f} s of processor time, peak {peak_mib(program, arguments):.0f} MiB"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--queries", type=int, default=1_000_000)
    parser.add_argument("--keep")
    options = parser.parse_args()
    if options.keep:
        bench(options, options.keep)
        return
    with tempfile.TemporaryDirectory() as directory:
        bench(options, directory)


if __name__ == "__main__":
    main()
