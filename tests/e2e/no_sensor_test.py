#!/usr/bin/env python3
"""On a machine without a sensor nothing pretends: no watts, no IPW, the reason why, and a model of the
machine only under its own name.

    tests/e2e/no_sensor_test.py BIN_DIRECTORY
"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

import fake_machine
import small_sweep

MODEL = {"source": "modelled", "watts_per_busy_core": 10}  # as the demo's agents have it


class NoSensorTest(small_sweep.CommandTest):
    def setUp(self):
        super().setUp()
        self.engine = fake_machine.ScriptedEngine(
            "tiny", lambda i: (f"The answer is ({small_sweep.right(i)}).", 0.02))
        self.addCleanup(self.engine.stop)

    def run_with(self, power):
        """A finished sweep on an agent with that power; what `run` printed."""
        self.questions()
        sweep = self.write("sweep.yaml", json.dumps({
            "sweep": "small",
            "workload": {"path": "questions.jsonl", "name": "letters", "preset": "mmlu-pro"},
            "models": [{"name": "tiny", "serve": [{"engine": "openai", "ref": "tiny"}]}],
            "accelerators": ["any"]}))
        self.agent = self.write("agent.yaml", json.dumps({
            "name": "bare", "power": power,
            "engines": [{"kind": "openai", "url": self.engine.url}]}))
        return self.expect_done("run", sweep, "--data", self.data, "--agent", self.agent).stdout

    def doctor(self):
        ran = subprocess.run([self.binaries / "wattfleet-agent", "--config", self.agent, "doctor"],
                             stdout=subprocess.PIPE, text=True, check=False)
        return ran.returncode, ran.stdout

    def expect_no_energy(self, printed):
        pair, = self.report("small")["pairs"]
        self.assertEqual(pair["accuracy"]["value"], 1)
        for figure in ("ipw", "ipj", "power_watts", "joules_per_correct"):
            self.assertIsNone(pair[figure], figure)
        self.assertIsNone(pair["energy"]["joules_per_query"])
        self.assertIn("energy: not measured on this machine (bare) - no power sensor", printed)
        asked = self.run_command("report", "small", "--data", self.data, "--require", "ipw")
        self.assertEqual(asked.returncode, 1, asked.stderr)
        return pair

    def test_without_any_source_the_figures_are_empty_and_the_reason_is_said(self):
        printed = self.run_with([])

        pair = self.expect_no_energy(printed)

        self.assertEqual(pair["energy"]["status"], "unmeasurable")
        self.assertIn("no power sensor", pair["energy"]["reason"])
        self.assertIsNone(pair["modelled"])
        self.assertNotIn("modelled", printed)

    def test_a_model_of_the_machine_stands_in_a_column_that_says_so(self):
        printed = self.run_with([MODEL])

        pair = self.expect_no_energy(printed)

        self.assertEqual(pair["energy"]["status"], "modelled")
        self.assertGreater(pair["modelled"]["power_watts"]["value"], 0)
        # Empty: watts, J/query, J/correct, IPW and IPJ.
        self.assertRegex(printed, r"(?m)^tiny +busy cores x watts( +-){5} +[0-9.]+ +[0-9.]+$")
        joined = re.sub(r"\s+", " ", printed)
        self.assertIn("modelled figures are not measurements and never ranked", joined)
        self.assertRegex(joined, r"IPW 1/W IPJ 1/J modelled W modelled J/query")

    def test_doctor_says_what_would_be_needed(self):
        self.run_with([MODEL])

        code, said = self.doctor()

        self.assertEqual(code, 0, said)
        self.assertIn("nothing can be measured on this machine", said)
        self.assertRegex(said, "host +out of reach: needs ")
        for source in ("nvml", "rapl"):
            self.assertRegex(said, rf"(?m)^  {source} +(not usable: |usable, but not used)")
        self.assertNotIn("self-test", said)


if __name__ == "__main__":
    small_sweep.CommandTest.binaries = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1], verbosity=2)
