#!/usr/bin/env python3
"""What an agent costs the machine that it measures, sampling at its defaults and doing nothing else.

    tests/bench/agent_overhead.py BIN_DIRECTORY FAKE_NVML [--seconds N] [--slack X]

A real wattfleet-agent, connected to a real coordinator, reads 8 fake GPUs and a fake powercap tree of
two packages with DRAM at the default periods. Prints the processor time of all its threads as a share
of one core, its memory, and the cost of one read of each source as `doctor` measures it. Ends with 1
when the share is above 1 % or the memory above 50 MiB, each times the slack. Fakes cost less than
drivers: `doctor` prints what a read of the real sensors takes.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import fleet  # noqa: E402  (found through the line above)

GPUS = 8
PACKAGES = 2
CORE_SHARE_MAX = 0.01
RSS_MIB_MAX = 50


class NoWork:
    """A workload that nobody submits."""

    def __init__(self, folder):
        self.questions = folder / "questions.jsonl"
        self.questions.write_text(json.dumps(
            {"id": "q", "question": "Which?", "options": ["a", "b"], "answer": "A",
             "category": "none"}) + "\n")


def make_powercap(root):
    for i in range(PACKAGES):
        for zone, name in ((f"intel-rapl:{i}", f"package-{i}"), (f"intel-rapl:{i}:0", "dram")):
            folder = root / "class/powercap" / zone
            folder.mkdir(parents=True)
            (folder / "name").write_text(name + "\n")
            (folder / "max_energy_range_uj").write_text("262143328850\n")
            (folder / "energy_uj").write_text("1000\n")


def cpu_seconds(pid):
    """Of all threads, from the scheduler's own books: finer than the ticks of /proc/PID/stat."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total * 1e-9


def memory_mib(pid, what):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    raise KeyError(what)


def read_costs(binaries, config, env):
    said = json.loads(subprocess.run(
        [binaries / "wattfleet-agent", "--config", config, "doctor", "--quick", "--json"],
        stdout=subprocess.PIPE, text=True, check=True, env=env).stdout)
    for source in said["sources"]:
        if source["usable"]:
            read = source["read"]
            print(f"{source['name']}: a read of {len(source['channels'])} channels takes "
                  f"{read['median_ns'] / 1e3:.1f} us (at most {read['most_ns'] / 1e3:.1f} us of "
                  f"{read['reads']}), every {source['poll_period_ns'] / 1e6:.0f} ms")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("fake_nvml", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--slack", type=float, default=1)
    options = parser.parse_args()
    binaries = options.binaries.resolve()
    with tempfile.TemporaryDirectory(prefix="wattfleet-overhead-") as root:
        root = pathlib.Path(root)
        make_powercap(root / "sys")
        script = root / "gpus.script"
        script.write_text("".join(f"gpu GPU-{i} NVIDIA H200\npower 0 400\n" for i in range(GPUS)))
        env = {**os.environ, "FAKE_NVML_SCRIPT": str(script)}
        power = [{"source": "nvml", "library": str(options.fake_nvml.resolve())},
                 {"source": "rapl", "sysfs_root": str(root / "sys")}]
        (root / "power.yaml").write_text(json.dumps({"power": power, "engines": []}))
        read_costs(binaries, root / "power.yaml", env)

        running = fleet.Fleet(binaries, NoWork(root), root)
        try:
            running.start_coordinator()
            running.start_agent("idle", {"power": power, "engines": []}, env)
            pid = running.agents["idle"].pid
            running.wait(lambda: "idle" in running.wattfleet("agents"), "the agent")
            before, started = cpu_seconds(pid), time.monotonic()
            time.sleep(options.seconds)
            share = (cpu_seconds(pid) - before) / (time.monotonic() - started)
            rss, peak = memory_mib(pid, "VmRSS"), memory_mib(pid, "VmHWM")
        finally:
            running.stop()
    print(f"agent: {100 * share:.2f} % of a core over {options.seconds:.0f} s, "
          f"{rss:.1f} MiB resident, {peak:.1f} MiB at most")
    ok = share <= CORE_SHARE_MAX * options.slack and peak <= RSS_MIB_MAX * options.slack
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
