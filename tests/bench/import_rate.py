#!/usr/bin/env python3
"""What importing many queries costs: wall time, processor time and memory of `wattfleet import` alone.

    tests/bench/import_rate.py BIN_DIRECTORY [--queries N] [--bytes N] [--form gz|plain|csv]
                               [--study] [--within SECONDS] [--memory MIB] [--keep FILE]

Writes a file of made-up multiple choice queries (1,000,000 of 1 KB unless said), no two alike, and
imports it into an empty data directory. Figures are the child's own, as the kernel counts them; the
peak is its resident set. Ends with 1 when --within or --memory is exceeded. --study also applies the
study's filters, of which `duplicates` must remember every question; --keep writes the file there and
stops.
"""
import argparse
import csv
import gzip
import io
import json
import os
import pathlib
import random
import re
import sys
import tempfile
import time

LETTERS = "ABCDEFGHIJ"


def queries(count, size):
    """Dicts of about `size` bytes as JSON, the same ones at every call."""
    source = random.Random(1)
    for i in range(count):
        options = [f"option {source.randrange(10**6)}" for _ in LETTERS]
        row = {"id": f"q-{i}", "question": f"Number {i}:", "options": options,
               "answer": LETTERS[source.randrange(10)], "category": f"subject {i % 14}"}
        missing = size - len(json.dumps(row)) - 1
        # 16 bytes at a time: half the words of a file compress, half do not.
        text = source.randbytes(max(missing, 0) // 4 + 1).hex()[:max(missing, 0) // 2]
        row["question"] += " " + text + "word " * (max(missing - 1 - len(text), 0) // 5)
        yield row


def write(path, form, count, size):
    raw = open(path, "wb")
    out = gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1) if form == "gz" else raw
    with raw, out, io.TextIOWrapper(out, encoding="utf-8", newline="") as text:
        if form == "csv":
            table = csv.writer(text)
            table.writerow(["id", "question", "options", "answer", "category"])
            for row in queries(count, size):
                table.writerow([row["id"], row["question"], json.dumps(row["options"]),
                                row["answer"], row["category"]])
        else:
            for row in queries(count, size):
                text.write(json.dumps(row) + "\n")


def run(argv):
    """Exit code, what it said, wall seconds, and its own resource usage."""
    with tempfile.TemporaryFile() as output:
        start = time.monotonic()
        pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=[
            (os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, output.fileno(), 2)])
        _, status, usage = os.wait4(pid, 0)
        wall = time.monotonic() - start
        output.seek(0)
        return os.waitstatus_to_exitcode(status), output.read().decode(), wall, usage


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("--queries", type=int, default=1_000_000)
    parser.add_argument("--bytes", type=int, default=1000)
    parser.add_argument("--form", choices=("gz", "plain", "csv"), default="gz")
    parser.add_argument("--study", action="store_true")
    parser.add_argument("--within", type=float)
    parser.add_argument("--memory", type=float)
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    if options.keep:
        write(options.keep, options.form, options.queries, options.bytes)
        return 0
    with tempfile.TemporaryDirectory(prefix="wattfleet-bench-") as folder:
        name = {"gz": "queries.jsonl.gz", "plain": "queries.jsonl", "csv": "queries.csv"}
        path = pathlib.Path(folder) / name[options.form]
        write(path, options.form, options.queries, options.bytes)
        argv = [str(options.binaries / "wattfleet"), "import", str(path), "--preset", "mmlu-pro",
                "--name", "made-up", "--data", folder + "/data"]
        code, said, wall, usage = run(argv + (["--filter", "study"] if options.study else []))
        print(said, end="")
        if code != 0 or not re.search(rf"made-up: {options.queries} queries\b", said):
            print(f"the import ended with {code}")
            return 1
        cpu = usage.ru_utime + usage.ru_stime
        mib = usage.ru_maxrss / 1024
        print(f"{options.queries} queries of {options.bytes} bytes, {options.form}, "
              f"{path.stat().st_size / 2**20:.0f} MiB: {wall:.1f} s ({cpu:.1f} s of CPU), "
              f"{options.queries / wall:.0f}/s, peak memory {mib:.0f} MiB")
        late = options.within is not None and wall > options.within
        large = options.memory is not None and mib > options.memory
        return 1 if late or large else 0


if __name__ == "__main__":
    sys.exit(main())
