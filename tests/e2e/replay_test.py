#!/usr/bin/env python3
"""The eight recorded models of MMLU-Pro, by `wattfleet run` with no other file.

    tests/e2e/replay_test.py BIN_DIRECTORY [SHARED_DATA]

Skipped where the recordings are not on this disk (SHARED_DATA, else what WF_SHARED_DATA says).
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.argv[1]).resolve()
SHARED = pathlib.Path(os.environ.get("WF_SHARED_DATA")
                      or (sys.argv[2] if len(sys.argv) > 2 else ROOT / "../shared/data")).resolve()
ANSWERS = 96_244
LACKING = 12  # questions that one recording lacks


class ReplayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        expected = SHARED / "mmlu-pro" / "expected.json"
        if not expected.exists():
            raise unittest.SkipTest(f"{expected} is not on this disk")
        cls.expected = json.loads(expected.read_text())
        with tempfile.TemporaryDirectory(prefix="wattfleet-replay-") as folder:
            done = subprocess.run(
                [BIN / "wattfleet", "run", ROOT / "deploy/examples/mmlu-pro-replay.yaml", "--data",
                 pathlib.Path(folder) / "data", "--format", "json"],
                env={**os.environ, "WF_SHARED_DATA": str(SHARED)}, capture_output=True, text=True,
                timeout=900, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.report = json.loads(done.stdout)
        cls.pairs = {pair["model"]: pair for pair in cls.report["pairs"]}

    def test_each_model_is_exactly_one_pair(self):
        self.assertEqual(len(self.report["pairs"]), 8)
        self.assertEqual(set(self.pairs), set(self.expected))

    def test_every_answer_is_there_and_what_a_recording_lacks_is_a_permanent_failure(self):
        self.assertEqual(sum(pair["completed"] for pair in self.pairs.values()), ANSWERS)
        failed = {model: pair["failed"] for model, pair in self.pairs.items() if pair["failed"]}
        self.assertEqual(failed, {"gemini-1.5-pro-002": LACKING})
        self.assertEqual(self.report["sweep"]["state"], "complete_with_gaps")

    def test_every_accuracy_is_within_a_percentage_point_of_the_published_one(self):
        for model, expected in self.expected.items():
            with self.subTest(model):
                self.assertAlmostEqual(self.pairs[model]["accuracy"]["value"],
                                       expected["accuracy_by_reference_extraction"], delta=0.01)

    def test_local_and_cloud_models_are_told_apart_and_their_unions_reported(self):
        for model, expected in self.expected.items():
            self.assertEqual(self.pairs[model]["location"], expected["kind"], model)
        unions = {union["name"]: union for union in self.report["union"]}
        self.assertEqual(len(unions["best-of-local"]["members"]), 6)
        self.assertEqual(len(unions["best-of-cloud"]["members"]), 2)
        for name, members in (("best-of-local", "local"), ("best-of-cloud", "cloud")):
            best = max(pair["coverage"]["value"] for pair in self.pairs.values()
                       if pair["location"] == members)
            self.assertGreater(unions[name]["coverage"]["value"], best)

    def test_no_energy_is_shown_where_no_model_ran(self):
        for pair in self.pairs.values():
            self.assertIsNone(pair["ipw"])
            self.assertIsNone(pair["modelled"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
