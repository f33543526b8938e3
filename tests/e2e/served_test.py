#!/usr/bin/env python3
"""A served-8 pair from end to end: every figure equals the closed form of a scripted waveform.

    tests/e2e/served_test.py BIN_DIRECTORY FAKE_NVML

Real coordinator and agent processes; an engine that streams its answers by script, many at once; a
fake libnvidia-ml.so whose GPU draws a waveform. And an engine that answers one request at a time,
which gets no unit of such a pair.
"""
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import fake_machine
import fleet

BIN = pathlib.Path(sys.argv[1]).resolve()
FAKE_NVML = pathlib.Path(sys.argv[2]).resolve()

QUERIES = 64
SLOTS = 8
STEP_S = 0.125
WATTS = (200.0, 600.0, 300.0, 500.0)  # for STEP_S each, over and over
MEAN_WATTS = sum(WATTS) / len(WATTS)
WAVEFORM_S = 200
UNDERFILLED = 1 << 9


def letter(number):
    return "ABCD"[number % 4]


def is_correct(number):
    return number % 4 != 0


def script(number):
    if number is None:
        return "one, two, three, four, five, six", 0.8
    said = letter(number) if is_correct(number) else letter(number + 1)
    return f"After some thought, the answer is ({said}).", 0.5 + 0.15 * (number * 7 % 8)


class Waveform:
    """What the GPU draws from `zero` (monotonic seconds) on."""

    def __init__(self, zero):
        self.zero = zero

    def write(self, path):
        lines = ["gpu GPU-aa NVIDIA H200", f"zero_s {self.zero:.6f}"]
        lines += [f"power {i * STEP_S} {WATTS[i % len(WATTS)]}"
                  for i in range(int(WAVEFORM_S / STEP_S))]
        path.write_text("\n".join(lines) + "\n")

    def joules_until(self, t):
        steps = (t - self.zero) / STEP_S
        whole = math.floor(steps)
        cycles, rest = divmod(whole, len(WATTS))
        watts = sum(WATTS) * cycles + sum(WATTS[:rest]) + WATTS[rest] * (steps - whole)
        return watts * STEP_S

    def joules(self, start, end):
        return self.joules_until(end) - self.joules_until(start)


def shares(presences, waveform):
    """(joules, seconds) of each presence (start, end): every moment and its power shared evenly
    among those present."""
    edges = sorted({t for presence in presences for t in presence})
    joules = [0.0] * len(presences)
    seconds = [0.0] * len(presences)
    for start, end in zip(edges, edges[1:]):
        present = [i for i, (a, b) in enumerate(presences) if a <= start and end <= b]
        for i in present:
            joules[i] += waveform.joules(start, end) / len(present)
            seconds[i] += (end - start) / len(present)
    return list(zip(joules, seconds))


def start(folder, engine, power=(), devices=(), env=None):
    running = fleet.Fleet(BIN, fleet.LetterScenario(
        folder, QUERIES, letter, "nvidia-h200", {"served": SLOTS}), folder)
    running.start_coordinator()
    running.start_agent("lab", {
        "accelerators": [{"id": "nvidia-h200", "devices": list(devices)}],
        "engines": [{"kind": "openai", "url": engine.url}], "power": list(power),
        "baseline": {"settle": "500ms", "measure": "3s"}}, env)
    return running


class ServedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="wattfleet-served-")
        folder = pathlib.Path(cls.temporary.name)
        cls.waveform = Waveform(time.monotonic())
        cls.waveform.write(folder / "gpu.script")
        cls.engine = fake_machine.ScriptedEngine("tiny", script)
        running = start(folder, cls.engine, [{"source": "nvml", "library": str(FAKE_NVML)}],
                        ["GPU-aa"], {**os.environ, "FAKE_NVML_SCRIPT": str(folder / "gpu.script")})
        cls.clocks_apart = time.time() - time.monotonic()
        try:
            running.submit()
            running.wait(running.done, "the end")
            cls.report = json.loads(
                running.wattfleet("report", "scripted", "--class", "paper", "--format",
                                  "json"))
        finally:
            running.stop()
            cls.engine.stop()
        cls.fsck = subprocess.run([BIN / "wattfleet", "fsck", "--data", running.data],
                                  capture_output=True, text=True, check=False)
        cls.read = running.read
        cls.rows = cls.read(
            "SELECT r.sent_unix_ms, r.duration_ns, r.queue_ns, r.flags, r.in_flight_mean, "
            "r.lease_id, e.gross_uj, e.random_uj, e.status FROM result r "
            "JOIN result_energy e USING (pair_id, unit) ORDER BY r.sent_unix_ms")
        (cls.pair,) = cls.report["pairs"]

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def presences(self):
        """Of each row, in monotonic seconds."""
        found = []
        for sent_ms, duration_ns, queue_ns, *_ in self.rows:
            at = sent_ms * 1e-3 - self.clocks_apart
            found.append((at, at + (duration_ns + queue_ns) * 1e-9))
        return found

    def test_eight_are_in_flight_across_the_borders_of_the_leases(self):
        self.assertEqual(len(self.rows), QUERIES)
        leases = [row[5] for row in self.rows]
        self.assertGreaterEqual(len(set(leases)), 3)
        presences = self.presences()
        # From the first request to the moment at which the last one is sent.
        start, end = presences[0][0], presences[-1][0]
        present = sum(min(b, end) - a for a, b in presences if a < end)
        self.assertGreater(present / (end - start), 0.95 * SLOTS)
        starts = sorted([(a, 1) for a, _ in self.engine.spans]
                        + [(b, -1) for _, b in self.engine.spans], key=lambda edge: edge)
        most = now = 0
        for _, step in starts:
            now += step
            most = max(most, now)
        self.assertEqual(most, SLOTS)

    def test_only_the_tail_of_the_last_lease_is_underfilled(self):
        flagged = [i for i, row in enumerate(self.rows) if row[3] & UNDERFILLED]
        self.assertLess(len(flagged), SLOTS)
        self.assertEqual(flagged, [i for i, row in enumerate(self.rows) if row[4] < 0.9 * SLOTS])
        if flagged:
            self.assertGreaterEqual(flagged[0], QUERIES - SLOTS)
        self.assertEqual(self.report["quality"]["exclusions"].get("ramp", 0), len(flagged))

    def test_each_request_gets_its_share_of_what_the_gpu_drew(self):
        expected = shares(self.presences(), self.waveform)
        for row, (joules, _) in zip(self.rows, expected):
            gross, random, status = row[6] * 1e-6, row[7] * 1e-6, row[8]
            self.assertEqual(status, 0)
            self.assertAlmostEqual(gross, joules, delta=3 * random + 0.02 * joules)
        total = sum(row[6] for row in self.rows) * 1e-6
        drawn = sum(joules for joules, _ in expected)
        self.assertAlmostEqual(total, drawn, delta=0.01 * drawn)

    def test_the_pairs_figures_are_those_of_the_closed_form(self):
        expected = shares(self.presences(), self.waveform)
        kept = [i for i, row in enumerate(self.rows) if not row[3] & UNDERFILLED]
        joules = sum(expected[i][0] for i in kept)
        seconds = sum(expected[i][1] for i in kept)
        stored = sum(self.rows[i][6] for i in kept) * 1e-6
        pair = self.pair
        self.assertEqual(pair["condition"], f"served-{SLOTS}")
        self.assertEqual(pair["energy"]["status"], "measured")
        power = pair["power_watts"]["value"]
        self.assertAlmostEqual(power, joules / seconds, delta=0.01 * power)
        self.assertAlmostEqual(power, MEAN_WATTS, delta=0.03 * MEAN_WATTS)
        # A share of the device's power is shown, and ranks nothing.
        self.assertAlmostEqual(pair["power_share_watts"]["value"], power / SLOTS,
                               delta=0.05 * power)
        per_query = pair["energy"]["joules_per_query"]["value"]
        self.assertAlmostEqual(per_query, stored / len(kept), delta=1e-9 * per_query)
        self.assertAlmostEqual(per_query, joules / len(kept), delta=0.01 * per_query)
        accuracy = pair["joules_per_correct"]["value"]
        self.assertAlmostEqual(pair["ipw"]["value"] * power, per_query / accuracy, delta=1e-9)

    def test_requests_and_idle_are_all_that_the_gpu_drew(self):
        self.assertEqual(self.fsck.returncode, 0, self.fsck.stdout + self.fsck.stderr)
        ledgers = self.read(
            "SELECT total_uj, attributed_uj, idle_uj, uncounted_uj, unassigned_uj FROM ledger")
        for total, *parts in ledgers:
            self.assertEqual(total, sum(parts))
        total, attributed, idle, uncounted, unassigned = (
            sum(column) * 1e-6 for column in zip(*ledgers))
        self.assertAlmostEqual(attributed, sum(row[6] for row in self.rows) * 1e-6, delta=1e-6)
        self.assertGreater(uncounted, 0)  # the warm-up
        self.assertEqual(unassigned, 0)
        # The chain of leases is open from before the warm-up until after the last answer.
        first = min(start for start, _ in self.engine.spans)
        last = max(end for _, end in self.presences())
        drawn = self.waveform.joules(first, last)
        self.assertGreater(total, drawn - 0.2 * max(WATTS))
        self.assertLess(total, drawn + 1.0 * max(WATTS))
        self.assertAlmostEqual(attributed + uncounted + idle, total, delta=1e-5)


class QueueingEngine(fake_machine.ScriptedEngine):
    """Answers one request at a time."""

    def __init__(self):
        self.turn = threading.Lock()
        super().__init__("tiny", self.wait)

    def wait(self, number):
        self.turn.acquire()
        return script(number)[0], 0.05

    def end(self, span):
        super().end(span)
        self.turn.release()


class NotConcurrentTest(unittest.TestCase):
    def test_an_engine_that_queues_gets_no_unit_and_status_says_why(self):
        with tempfile.TemporaryDirectory(prefix="wattfleet-served-") as root:
            engine = QueueingEngine()
            running = start(pathlib.Path(root), engine)

            def sweep():
                return json.loads(running.wattfleet("status", "scripted", "--json"))["sweeps"][0]
            try:
                running.submit()
                running.wait(lambda: [pair["state"] for pair in sweep()["pairs"]] == ["blocked"],
                             "a blocked pair")
                (pair,) = sweep()["pairs"]
                self.assertEqual(sweep()["state"], "blocked")
                self.assertIn("NOT_CONCURRENT: of 8 requests sent together at most 1",
                              pair["reason"])
                self.assertIn("NOT_CONCURRENT", sweep()["reason"])
                self.assertEqual(running.rows(), 0)
                # Three rounds of warm-up, once.
                self.assertEqual(len(engine.spans), 3 * SLOTS)
                leases = running.read("SELECT count(*) FROM lease")[0][0]
                self.assertLessEqual(leases, 3)  # one was prefetched, one perhaps on its way
            finally:
                running.stop()
                engine.stop()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
