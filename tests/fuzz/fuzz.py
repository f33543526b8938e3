#!/usr/bin/env python3
"""Builds the fuzz targets with clang and libFuzzer (preset `fuzz`: address and undefined-behaviour
sanitizers) and runs them from their corpus. Stops at the first crash, whose input is kept.

    tests/fuzz/fuzz.py [--runs N | --seconds S] [--keep FOLDER] [TARGET...]

--runs, by default 20000, with a fixed seed: the same inputs each time. --seconds: new inputs each
time, for as long. --keep: where inputs that reached new code go, for tests/fuzz/corpus.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def build(names):
    targets = [f"fuzz_{name}" for name in names]
    for command in (["cmake", "--preset", "fuzz"],
                    ["cmake", "--build", "--preset", "fuzz", "--target", *targets]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def run(name, limits, keep):
    program = ROOT / "build/fuzz/fuzzers" / f"fuzz_{name}"
    command = [program, *limits, "-max_len=16384", "-timeout=10", "-print_final_stats=1",
               f"-artifact_prefix={keep}/crash-{name}-", keep / name, HERE / "corpus" / name]
    (keep / name).mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    stats = dict(line.removeprefix("stat::").split(":", 1) for line in done.stderr.splitlines()
                 if line.startswith("stat::"))
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        sys.exit(f"{name}: broken; the input is in {keep}")
    print(f"{name:14} {stats['number_of_executed_units'].strip():>10} inputs, "
          f"{stats['average_exec_per_sec'].strip():>7}/s, nothing broken", flush=True)


def main():
    names = sorted(folder.name for folder in (HERE / "corpus").iterdir())
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20000)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(names))
    options = parser.parse_args()
    unknown = set(options.targets) - set(names)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    limits = ([f"-max_total_time={options.seconds}"] if options.seconds
              else [f"-runs={options.runs}", "-seed=1"])
    wanted = options.targets or names
    build(wanted)
    keep = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="wattfleet-fuzz-"))
    for name in wanted:
        run(name, limits, keep.resolve())


if __name__ == "__main__":
    main()
