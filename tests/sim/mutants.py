#!/usr/bin/env python3
"""Breaks the coordinator on purpose, one promise at a time, and sees that a named test notices.

    tests/sim/mutants.py [--unit] [NAME...]

Works on a copy of the sources under build/mutants. Each mutant must fail the test named beside it;
exit 1 when one survives. Beside it, ten seeds of the simulated fleet are run, unless --unit.
"""
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "mutants" / "source"
BUILD = ROOT / "build" / "mutants" / "build"
CORE_TESTS = "tests/unit/coordinator/core/coordinator_core_tests"
SIM_TESTS = "tests/sim/sim_tests"

# name -> (file, what is there, what the mistake is, the unit test that notices)
MUTANTS = {
    "ack-before-commit": (
        "coordinator/core/core_results.cc",
        "  cursor.received = batch.seq;\n",
        "  cursor.received = cursor.committed = batch.seq;\n"
        "  fx.messages.push_back({event.session, ResultAck{.spool_id = batch.spool_id,\n"
        "                                                  .through_seq = batch.seq}});\n",
        "CoreTest.AcknowledgesOnlyWhatIsDurable"),
    "no-epoch-check": (
        "coordinator/core/core_results.cc",
        "  OpenLease* lease = leases_.Find(batch.lease);\n"
        "  const bool fits = lease != nullptr && lease->agent == agent.id && "
        "lease->epoch == batch.epoch;\n",
        "  OpenLease* lease = nullptr;\n"
        "  for (const LeaseId id : leases_.OfPair(batch.pair)) {\n"
        "    OpenLease* open = leases_.Find(id);\n"
        "    if (!batch.results.empty() && open->range.contains(batch.results[0].unit)) {\n"
        "      lease = open;\n"
        "    }\n"
        "  }\n"
        "  const bool fits = lease != nullptr;\n",
        "CoreTest.TakesLateRowsButLeavesTheShardToItsNewLease"),
    "no-conflict-clause": (
        "coordinator/store/memory_append.cc",
        "  if (stored == sweep_->results.end()) {\n",
        "  if (stored == sweep_->results.end() || batch.seq > 0) {\n",
        "CoreTest.CountsAUnitAnsweredTwiceOnce"),
    "renewal-without-progress": (
        "coordinator/lease/lease_table.cc",
        "units_done <= lease->units_done",
        "units_done < lease->units_done",
        "CoreTest.ExpiresALeaseWithoutProgressWhateverTheHeartbeatsSay"),
    "cursor-over-a-gap": (
        "coordinator/core/core_results.cc",
        "batch.seq != cursor.received + 1",
        "batch.seq < cursor.received + 1",
        "CoreTest.EndsASessionThatSkipsAFrameAndKeepsItsCursor"),
}


def run(command, **more):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          check=False, **more)


def build(targets):
    result = run(["cmake", "--build", BUILD, "-j", "2", "--target", *targets])
    if result.returncode != 0:
        sys.exit(result.stdout[-4000:] + result.stderr[-2000:])


def notices(program, pattern):
    """The tests matching `pattern` that fail."""
    result = run([BUILD / program, f"--gtest_filter={pattern}", "--gtest_brief=1"], timeout=600)
    failed = [line.split("]")[1].split(",")[0].split("(")[0].strip()
              for line in result.stdout.splitlines() if line.startswith("[  FAILED  ]")]
    crashed = [f"(exit {result.returncode})"] if result.returncode and not failed else []
    return sorted({name for name in failed if "." in name}) + crashed


def main():
    unit_only = "--unit" in sys.argv[1:]
    chosen = [name for name in sys.argv[1:] if name != "--unit"] or list(MUTANTS)
    targets = ["coordinator_core_tests"] + ([] if unit_only else ["sim_tests"])
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(ROOT, COPY, ignore=shutil.ignore_patterns(".git", "build", "node_modules"))
    configured = run(["cmake", "-S", COPY, "-B", BUILD, "-G", "Ninja",
                      "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", "-DCMAKE_CXX_FLAGS=-O1"])
    if configured.returncode != 0:
        sys.exit(configured.stderr)
    survivors = 0
    for name in chosen:
        path, there, mistake, test = MUTANTS[name]
        source = COPY / path
        healthy = source.read_text()
        if healthy.count(there) != 1:
            sys.exit(f"{name}: {path} no longer has what this mutant changes")
        source.write_text(healthy.replace(there, mistake))
        build(targets)
        unit = notices(CORE_TESTS, test)
        sim = [] if unit_only else notices(SIM_TESTS, "Seeds/*/?")
        source.write_text(healthy)
        caught = test in unit
        survivors += not caught
        fleet = "" if unit_only else f"; simulated fleet: {len(sim)} of 10 runs fail"
        print(f"{name}: {'caught by' if caught else 'SURVIVED'} {test}{fleet}", flush=True)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
