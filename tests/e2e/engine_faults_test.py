#!/usr/bin/env python3
"""An engine that answers HTML or 500s, closes mid-stream, hangs or dies costs no answer.

    tests/e2e/engine_faults_test.py BIN_DIRECTORY
"""
import json
import pathlib
import re
import subprocess
import sys
import time
import unittest

import small_sweep

ENGINE = pathlib.Path(__file__).resolve().parent / "faulty_engine.py"
FAULTS = 3  # of 40 requests, two of them running


class EngineFaultsTest(small_sweep.CommandTest):
    def prepare(self, *fault):
        """Writes the files of a run on an engine with that fault; returns the run's arguments."""
        self.questions()
        sweep = self.write("faulty.yaml", json.dumps({
            "sweep": "faulty",
            "workload": {"path": "questions.jsonl", "name": "letters", "preset": "mmlu-pro"},
            "models": [{"name": "letters", "serve": [{"engine": "openai", "ref": "letters"}]}],
            "timeouts": {"connect": "2s", "first_token": "2s", "idle": "2s", "query": "5s"}}))
        engine = " ".join([sys.executable, str(ENGINE), "--port {port} --state",
                           str(self.folder / "requests"), "--fault", *map(str, fault)])
        agent = self.write("agent.yaml", json.dumps({
            "name": "host", "power": [],
            "engines": [{"kind": "openai", "start_timeout": "30s", "command": engine}]}))
        return "run", sweep, "--agent", agent, "--data", self.data

    def run_with(self, fault):
        done = self.run_command(*self.prepare(fault))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.expect_clean_store()
        return self.report("faulty")["pairs"][0]

    def expect_every_answer(self, pair):
        self.assertEqual((pair["completed"], pair["failed"], pair["quarantined"]), (40, 0, 0))
        self.assertEqual(pair["correct"], 40)

    def status(self):
        done = self.run_command("status", "faulty", "--json", "--data", self.data)
        return json.loads(done.stdout) if done.returncode == 0 else {"events": []}

    def expect_named_and_survived(self, fault, name):
        """The fault stays until `status` has told of it; then the sweep ends whole."""
        healed = self.folder / "healed"
        running = subprocess.Popen(
            self.command(*self.prepare(fault, "--until", healed)), cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(running.stderr.close)
        self.addCleanup(running.wait)
        self.addCleanup(running.kill)
        told = ""
        end = time.monotonic() + 120
        while not re.search(name, told):
            self.assertIsNone(running.poll(), "it ended, and status had told: " + told)
            self.assertLess(time.monotonic(), end, "status told: " + told)
            told = "; ".join(event["text"] for event in self.status()["events"])

        healed.touch()
        _, said = running.communicate(timeout=300)

        self.assertEqual(running.returncode, 0, said)
        self.expect_clean_store()
        return self.report("faulty")["pairs"][0]

    def test_a_good_engine_needs_no_second_try(self):
        pair = self.run_with("none")

        self.expect_every_answer(pair)
        self.assertNotIn("RETRIED", pair["flags"])

    def test_a_few_faults_cost_no_answer(self):
        for fault in ("html", "error", "cut", "die"):
            with self.subTest(fault):
                self.setUp()
                self.expect_every_answer(self.run_with(fault))

    def test_a_few_hanging_requests_are_given_up_and_the_others_answered(self):
        pair = self.run_with("hang")

        self.assertEqual(pair["completed"] + pair["failed"] + pair["quarantined"], 40)
        self.assertGreaterEqual(pair["correct"], 40 - FAULTS)

    def test_an_engine_that_goes_on_failing_is_named_and_nothing_is_lost(self):
        for fault, name in {"html": r"host: .*HTML", "error": r"host: .*500",
                            "cut": r"host: .*(ended|closed|cut)", "die": r"host: .*(engine|refused|closed|reset)",
                            "hang": r"host: .*no answer began"}.items():
            with self.subTest(fault):
                self.setUp()
                self.expect_every_answer(self.expect_named_and_survived(fault, name))


if __name__ == "__main__":
    small_sweep.CommandTest.binaries = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
