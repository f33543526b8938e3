#!/usr/bin/env python3
"""A whole sweep over fake sensors: every energy figure equals the closed form of what they drew.

    tests/e2e/energy_test.py BIN_DIRECTORY FAKE_NVML

Real coordinator and agent processes; an engine that streams its answers by script; a fake
libnvidia-ml.so whose GPU draws constant watts; a powercap tree whose CPU draws more while the
engine works. Once with these sensors, once with those of a Mac and a Jetson board, and once with
nothing but a model of the machine.
"""
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import unittest

import fake_machine
import fleet

BIN = pathlib.Path(sys.argv[1]).resolve()
FAKE_NVML = pathlib.Path(sys.argv[2]).resolve()

QUERIES = 20
GPU_WATTS = 400.0
CPU_IDLE_WATTS = 30.0
CPU_BUSY_WATTS = 80.0  # above idle
DRAM_WATTS = 6.0
CHIP_WATTS = 24.0
BOARD_WATTS = 15.0
BUSY_CORES = 2
WATTS_PER_CORE = 8.0
GUARD_S = 0.2  # two updates of the GPU's and of the CPU's counter

MEASURED, MODELLED = 0, 4  # EnergyStatus


def letter(number):
    return "ABCD"[number % 4]


def is_correct(number):
    return number % 5 != 0


def script(number):
    said = letter(number) if is_correct(number) else letter(number + 1)
    return f"After some thought, the answer is ({said}).", 0.3 + 0.02 * number


class Sweep:
    """What one run left: rows of the store, the report, and what the fakes know."""

    def __init__(self, root, name, power_of, env):
        folder = root / name
        folder.mkdir()
        self.engine = fake_machine.ScriptedEngine("tiny", script)
        self.host = fake_machine.FakeHost(folder, self.engine, CPU_IDLE_WATTS, CPU_BUSY_WATTS,
                                          DRAM_WATTS, BUSY_CORES)
        running = fleet.Fleet(BIN, fleet.LetterScenario(folder, QUERIES, letter), folder)
        try:
            running.start_coordinator()
            running.start_agent("lab", {
                "engines": [{"kind": "openai", "url": self.engine.url}],
                "power": power_of(self.host), "baseline": {"settle": "500ms", "measure": "3s"}},
                env)
            running.submit()
            running.wait(running.done, "the end")
            self.report = json.loads(running.wattfleet("report", "scripted", "--format", "json"))
        finally:
            running.stop()
            self.host.stop()
            self.engine.stop()
        self.fsck = subprocess.run([BIN / "wattfleet", "fsck", "--data", running.data],
                                   capture_output=True, text=True, check=False)
        self.read = running.read
        self.data = running.data
        # In the order in which they were sent, which is that of the engine's spans.
        self.durations_s = [ns * 1e-9 for (ns,) in self.read(
            "SELECT duration_ns FROM result ORDER BY sent_unix_ms")]
        # A request is present from the moment at which it is handed to the HTTP client.
        self.present_s = [ns * 1e-9 for (ns,) in self.read(
            "SELECT duration_ns + queue_ns FROM result ORDER BY sent_unix_ms")]
        self.worked_s = [end - start for start, end in self.engine.spans]
        (self.pair,) = self.report["pairs"]

    def channel(self, name):
        """status, gross, net and random (joules) of each query on the channel."""
        return [(status, *(uj if uj is None else uj * 1e-6 for uj in values))
                for status, *values in self.read(
                    "SELECT e.status, e.gross_uj, e.net_uj, e.random_uj FROM result_energy e "
                    "JOIN result r USING (pair_id, unit) JOIN channel c USING (channel_id) "
                    f"WHERE c.name = '{name}' ORDER BY r.sent_unix_ms")]


    def wattfleet(self, *arguments):
        """What the command prints, of the data directory at rest."""
        ran = subprocess.run([BIN / "wattfleet", *arguments, "--data", self.data],
                             capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            raise AssertionError(f"{arguments}: {ran.returncode}: {ran.stdout}{ran.stderr}")
        return ran.stdout


class EnergyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="wattfleet-energy-")
        root = pathlib.Path(cls.temporary.name)
        gpu = root / "gpu.script"
        fake_machine.write_fake_gpu(gpu, "GPU-aa", GPU_WATTS)
        env = {**os.environ, "FAKE_NVML_SCRIPT": str(gpu)}
        cls.measured = Sweep(root, "measured", lambda host: [
            {"source": "nvml", "library": str(FAKE_NVML)},
            # Slow enough that a step of the fake that comes late is no counter that stands still.
            {"source": "rapl", "sysfs_root": str(host.sysfs), "poll_ms": 100}], env)
        powermetrics = fake_machine.write_fake_powermetrics(root, CHIP_WATTS)

        def on_one_package(host):
            host.add_board(BOARD_WATTS)
            return [{"source": "powermetrics", "program": str(powermetrics), "sudo": "none",
                     "patience_ms": 60000},
                    {"source": "jetson", "sysfs_root": str(host.sysfs)}]

        cls.package = Sweep(root, "package", on_one_package, env)
        cls.modelled = Sweep(root, "modelled", lambda host: [
            {"source": "modelled", "watts_per_busy_core": WATTS_PER_CORE,
             "proc_root": str(host.proc)}], env)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def assert_closed_form(self, sweep, name, expected, step_watts):
        """Each query's gross energy is `expected`, within 3 u and what the fake's own lateness may
        have moved by; their sum within 3 u and that of the first and the last edge."""
        rows = sweep.channel(name)
        self.assertEqual(len(rows), QUERIES)
        late = 2 * step_watts * sweep.host.worst_step_s
        for (_, gross, _, random), joules in zip(rows, expected):
            self.assertAlmostEqual(gross, joules, delta=3 * random + late + 1e-3)
        total = sum(row[1] for row in rows)
        u = math.sqrt(sum(row[3] ** 2 for row in rows))
        self.assertAlmostEqual(total, sum(expected), delta=3 * u + late + 1e-3)
        self.assertLess(u, 0.1 * total)  # or the claim would be empty

    def test_a_gpus_energy_is_its_watts_times_the_time(self):
        sweep = self.measured
        self.assert_closed_form(sweep, "nvml/GPU-aa/energy",
                                [GPU_WATTS * t for t in sweep.present_s], 0)
        for status, _, net, random in sweep.channel("nvml/GPU-aa/energy"):
            self.assertEqual(status, MEASURED)
            # It draws no more than when idle: nothing is due to the queries.
            self.assertLess(net, 3 * random)

    def test_a_cpu_that_works_for_the_queries_is_charged_to_them(self):
        sweep = self.measured
        gross = [CPU_IDLE_WATTS * t + CPU_BUSY_WATTS * worked
                 for t, worked in zip(sweep.present_s, sweep.worked_s)]
        self.assert_closed_form(sweep, "rapl/package-0", gross, CPU_BUSY_WATTS)
        net = sum(row[2] for row in sweep.channel("rapl/package-0"))
        self.assertAlmostEqual(net, CPU_BUSY_WATTS * sum(sweep.worked_s), delta=0.1 * net)
        self.assert_closed_form(sweep, "rapl/package-0/dram",
                                [DRAM_WATTS * t for t in sweep.present_s], DRAM_WATTS)

    def test_a_packages_energy_is_its_watts_times_the_time(self):
        for name, watts in (("powermetrics/combined", CHIP_WATTS), ("jetson/VDD_IN", BOARD_WATTS)):
            self.assert_closed_form(self.package, name,
                                    [watts * t for t in self.package.present_s], 0)
            for status, _, net, random in self.package.channel(name):
                self.assertEqual(status, MEASURED)
                self.assertLess(net, 3 * random + 0.1)

    def test_the_idle_power_of_the_loaded_engine_is_found(self):
        for name, watts in (("nvml/GPU-aa/energy", GPU_WATTS), ("rapl/package-0", CPU_IDLE_WATTS),
                            ("rapl/package-0/dram", DRAM_WATTS)):
            for (uw,) in self.measured.read("SELECT l.baseline_uw FROM ledger l JOIN channel c "
                                            f"USING (channel_id) WHERE c.name = '{name}'"):
                self.assertAlmostEqual(uw * 1e-6, watts, delta=0.05 * watts)

    def test_the_report_shows_these_figures_and_no_others(self):
        pair = self.measured.pair
        channels = [self.measured.channel(name) for name in (
            "nvml/GPU-aa/energy", "rapl/package-0", "rapl/package-0/dram")]
        joules = [sum(parts) for parts in zip(*([row[1] for row in rows] for rows in channels))]
        watts = [e / t for e, t in zip(joules, self.measured.durations_s)]
        accuracy = sum(is_correct(i) for i in range(QUERIES)) / QUERIES

        self.assertEqual(pair["energy"]["class"], "host")
        self.assertEqual(pair["energy"]["status"], "measured")
        self.assertEqual(pair["energy"]["measured_fraction"], 1)
        self.assertEqual(pair["accuracy"]["value"], accuracy)
        for figure, expected in (
                (pair["energy"]["joules_per_query"], sum(joules) / QUERIES),
                (pair["power_watts"], sum(watts) / QUERIES),
                (pair["ipw"], accuracy / (sum(watts) / QUERIES)),
                (pair["ipj"], accuracy / (sum(joules) / QUERIES)),
                (pair["joules_per_correct"], sum(joules) / (accuracy * QUERIES))):
            self.assertAlmostEqual(figure["value"], expected, delta=1e-9 * expected)
        # All at work, against what was drawn: the closed form of the whole machine.
        drawn = GPU_WATTS + CPU_IDLE_WATTS + DRAM_WATTS
        self.assertGreater(pair["power_watts"]["value"], drawn)
        self.assertAlmostEqual(pair["power_watts"]["value"], drawn + CPU_BUSY_WATTS,
                               delta=0.03 * drawn)
        self.assertIsNone(pair["modelled"])

    def test_between_isolated_queries_is_silence_for_two_updates_and_no_more(self):
        spans = self.measured.engine.spans
        pauses = [after[0] - before[1] for before, after in zip(spans, spans[1:])]
        self.assertGreaterEqual(min(pauses), GUARD_S - 0.01)  # the engine ends after its last byte
        # The last query's energy takes longer: 0.1 s of an interval, then 0.05 s to be split.
        self.assertLess(statistics.median(pauses), GUARD_S + 0.1)
        # Where nothing is measured nobody waits.
        spans = self.modelled.engine.spans
        pauses = [after[0] - before[1] for before, after in zip(spans, spans[1:])]
        self.assertLess(statistics.median(pauses), 0.1)

    def test_every_microjoule_of_every_lease_is_booked_once(self):
        for sweep in (self.measured, self.modelled):
            self.assertEqual(sweep.fsck.returncode, 0, sweep.fsck.stdout + sweep.fsck.stderr)
            rows = sweep.read(
                "SELECT l.total_uj, l.idle_uj, l.uncounted_uj, l.unassigned_uj, l.attributed_uj, "
                "(SELECT sum(e.gross_uj) FROM result_energy e JOIN result r USING (pair_id, unit) "
                "WHERE r.lease_id = l.lease_id AND e.channel_id = l.channel_id) FROM ledger l")
            self.assertTrue(rows)
            for total, idle, uncounted, unassigned, attributed, stored in rows:
                self.assertEqual(total, attributed + idle + uncounted + unassigned)
                self.assertEqual(attributed, stored)
                self.assertEqual((uncounted, unassigned), (0, 0))

    def test_energy_computed_again_from_the_traces_is_what_is_stored_to_the_bit(self):
        for sweep, channels in ((self.measured, 3), (self.modelled, 1)):
            again = json.loads(sweep.wattfleet("reattribute", "scripted", "--json"))
            (pair,) = again["pairs"]
            self.assertTrue(again["identical"], again)
            self.assertEqual(again["method"], "alloc-v1")
            self.assertEqual(pair["results"], QUERIES)
            self.assertEqual(pair["energies"], channels * QUERIES)
            self.assertEqual(pair["identical"], channels * QUERIES)
            self.assertEqual(pair["identical_ledgers"], pair["ledgers"])
            self.assertGreaterEqual(pair["ledgers"], channels)
            self.assertEqual((pair["untraced_results"], pair["not_replayed"]), (0, 0))
            self.assertEqual(again["problems"], [])
        text = self.measured.wattfleet("reattribute", "scripted")
        self.assertIn("identical to what is stored, to the bit", text)

    def test_another_method_is_compared_and_kept_beside_never_over(self):
        sweep = self.measured
        energies = "SELECT * FROM result_energy"
        before = sweep.read(energies)
        linear = json.loads(sweep.wattfleet("reattribute", "scripted", "--method",
                                            "presence-linear", "--store", "--json"))
        (pair,) = linear["pairs"]
        cpu = next(c for c in pair["channels"] if c["channel"] == "rapl/package-0")
        # Interpolation gives the edges of each query away to the idle time around it.
        self.assertLess(cpu["uj"], cpu["stored_uj"])
        self.assertGreater(cpu["uj"], 0.5 * cpu["stored_uj"])
        self.assertEqual(pair["class"]["name"], "host")
        self.assertEqual(sweep.read(energies), before)
        self.assertEqual(sweep.read("SELECT method, count(*) FROM reattributed GROUP BY method"),
                         [("presence-linear", 3 * QUERIES)])
        fsck = subprocess.run([BIN / "wattfleet", "fsck", "--data", sweep.data],
                              capture_output=True, text=True, check=False)
        self.assertEqual(fsck.returncode, 0, fsck.stdout)

    def test_one_result_is_shown_with_its_power_and_all_that_an_audit_asks_for(self):
        sweep = self.measured
        shown = json.loads(sweep.wattfleet("show", "scripted", "tiny", "q3", "--json"))
        self.assertIn("Which letter is number 3?", shown["prompt"])
        self.assertIn("answer is (D)", shown["response"])
        self.assertEqual(shown["verdict"]["value"], "correct")
        self.assertEqual(shown["verdict"]["extracted"], "D")
        moments = shown["timeline_seconds"]
        self.assertLessEqual(moments["scheduled"], moments["sent"])
        self.assertLess(moments["sent"], moments["first token"])
        self.assertLess(moments["first token"], moments["last"])
        stored = {name: row for name, *row in sweep.read(
            "SELECT c.name, e.gross_uj, e.samples, e.max_gap_ns, e.covered_ppm, e.random_uj, "
            "e.baseline_id FROM result_energy e JOIN channel c USING (channel_id) "
            "JOIN result r USING (pair_id, unit) JOIN sample s ON s.position = r.unit "
            f"WHERE r.unit = {shown['unit']}")}
        self.assertEqual(len(shown["channels"]), 3)
        for channel in shown["channels"]:
            self.assertEqual([channel[key] for key in (
                "gross_uj", "samples", "max_gap_ns", "covered_ppm", "random_uj", "baseline_id")],
                stored[channel["channel"]])
            self.assertEqual(channel["method"], "alloc-v1")
            self.assertGreater(channel["samples"], 0)
            self.assertIsNotNone(channel["baseline_id"])
            self.assertIsNotNone(channel["baseline_watts"])
        gpu = next(c for c in shown["channels"] if c["source"] == "nvml")
        for watts in gpu["power"]["watts"]:
            if watts is not None:
                self.assertAlmostEqual(watts, GPU_WATTS, delta=0.2 * GPU_WATTS)
        self.assertGreater(sum(w is not None for w in gpu["power"]["watts"]), 36)
        text = sweep.wattfleet("show", "scripted", "tiny", "q3")
        for part in ("Prompt, as sent", "Response", "Verdict: correct", "Timeline", "alloc-v1",
                     "rapl/package-0/dram"):
            self.assertIn(part, text)

    def test_a_facilitys_energy_is_derived_and_says_from_what(self):
        sweep = self.measured
        for arguments in (["--class", "facility"], ["--pue", "1.2", "--pue-source", "2026"],
                          ["--class", "facility", "--pue", "1.2", "--pue-source", "somebody"]):
            ran = subprocess.run([BIN / "wattfleet", "report", "scripted", "--data", sweep.data,
                                  *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(ran.returncode, 2, ran.stdout)
            self.assertRegex(ran.stderr, "pue|PUE")
        paper, alias = (json.loads(sweep.wattfleet("report", "scripted", "--format", "json",
                                                   "--class", name))["pairs"][0]
                        for name in ("paper", "accelerator"))
        self.assertEqual(paper["energy"]["class"], "paper")
        self.assertEqual(alias["power_watts"], paper["power_watts"])
        self.assertAlmostEqual(paper["power_watts"]["value"], GPU_WATTS, delta=0.03 * GPU_WATTS)

    def test_a_model_of_the_machine_is_never_shown_as_measured(self):
        sweep = self.modelled
        self.assert_closed_form(sweep, "modelled/cpu",
                                [WATTS_PER_CORE * BUSY_CORES * t for t in sweep.present_s],
                                WATTS_PER_CORE * BUSY_CORES)
        self.assertEqual({row[0] for row in sweep.channel("modelled/cpu")}, {MODELLED})
        pair = sweep.pair
        self.assertEqual(pair["energy"]["status"], "modelled")
        for figure in (pair["energy"]["joules_per_query"], pair["power_watts"], pair["ipw"],
                       pair["ipj"], pair["joules_per_correct"]):
            self.assertIsNone(figure)
        self.assertAlmostEqual(pair["modelled"]["power_watts"]["value"],
                               WATTS_PER_CORE * BUSY_CORES, delta=1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
