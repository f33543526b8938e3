#!/usr/bin/env python3
"""The whole pipeline at full speed: lease, replay, gRPC, durable commit, grading.

    tests/bench/pipeline_bench.py BIN_DIRECTORY SHARED_DATA [--agents N]

Prints results per second from the submission to the last durable, graded row, and the peak memory
of each process. Use the release preset's programs.
"""
import argparse
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import fleet  # noqa: E402  (found through the line above)


def peak_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return float("nan")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("shared", type=pathlib.Path, nargs="?")
    parser.add_argument("--agents", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wattfleet-bench-") as root:
        root = pathlib.Path(root)
        scenario = fleet.Scenario(root, options.shared)
        running = fleet.Fleet(options.binaries.resolve(), scenario, root)
        try:
            running.start_coordinator()
            for i in range(options.agents):
                running.start_agent(f"agent-{i}")
            started = time.monotonic()
            running.submit()
            running.wait(running.done, "the end")
            seconds = time.monotonic() - started
            rows = running.rows()
            print(f"{rows} results in {seconds:.2f} s: {rows / seconds:,.0f} results/s, "
                  f"{options.agents} agent(s)")
            pid = running.coordinator.pid
            print(f"coordinator: peak {peak_mib(pid):.0f} MiB, {cpu_seconds(pid):.1f} s CPU")
            for name, process in running.agents.items():
                print(f"{name}: peak {peak_mib(process.pid):.0f} MiB, "
                      f"{cpu_seconds(process.pid):.1f} s CPU")
        finally:
            running.stop()


if __name__ == "__main__":
    main()
