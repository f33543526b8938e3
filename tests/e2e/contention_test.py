#!/usr/bin/env python3
"""Another program takes the processors while an engine is measured: its figures do not count, and
where nobody can tell whose work the engine's is, nothing is said.

    tests/e2e/contention_test.py BIN_DIRECTORY
"""
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import unittest

import fake_machine
import small_sweep

ENGINE = pathlib.Path(__file__).resolve().parent / "faulty_engine.py"


class Rest:
    """An engine as FakeHost sees it, that never works: the package draws the same all the time."""

    def busy_seconds(self):
        return time.monotonic(), 0.0


class ContentionTest(small_sweep.CommandTest):
    def setUp(self):
        if not pathlib.Path("/proc/stat").exists():
            self.skipTest("no /proc here")
        super().setUp()
        self.host = fake_machine.FakeHost(self.folder, Rest(), 30, 0, 6, 1)
        self.addCleanup(self.host.stop)
        for _ in range(os.cpu_count()):
            other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            self.addCleanup(other.wait)
            self.addCleanup(other.kill)

    def run_on(self, engine):
        self.questions()
        sweep = self.write("sweep.yaml", json.dumps({
            "sweep": "letters",
            "workload": {"path": "questions.jsonl", "name": "letters", "preset": "mmlu-pro"},
            "models": [{"name": "letters", "serve": [{"engine": "openai", "ref": "letters"}]}]}))
        agent = self.write("agent.yaml", json.dumps({
            "name": "host", "accelerators": [{"id": "cpu-fake"}],
            "power": [{"source": "rapl", "sysfs_root": str(self.host.sysfs)}],
            "baseline": {"settle": "100ms", "measure": "3s"},
            "warmup": {"requests": 0, "time": "0s"},
            "engines": [{"kind": "openai", "start_timeout": "60s", **engine}]}))
        self.expect_done("run", sweep, "--agent", agent, "--data", self.data)
        self.expect_clean_store()
        (pair,) = self.report("letters")["pairs"]
        self.assertEqual(pair["correct"], small_sweep.QUESTIONS)
        return pair

    def test_queries_that_others_disturb_are_in_no_figure(self):
        pair = self.run_on({"command": f"{sys.executable} {ENGINE} --port {{port}} --state "
                                       f"{self.folder / 'requests'} --fault none"})

        self.assertEqual(pair["flags"].get("CONTENDED"), small_sweep.QUESTIONS)
        self.assertNotEqual(pair["energy"]["status"], "measured")
        self.assertIsNone(pair["ipw"])

    def test_an_engine_that_ran_already_is_known_by_its_port(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        engine = subprocess.Popen([sys.executable, str(ENGINE), "--port", str(port), "--state",
                                   str(self.folder / "requests"), "--fault", "none"])
        self.addCleanup(engine.wait)
        self.addCleanup(engine.kill)
        self.await_port(port)
        pair = self.run_on({"url": f"http://127.0.0.1:{port}"})

        self.assertEqual(pair["flags"].get("CONTENDED"), small_sweep.QUESTIONS)
        self.assertIsNone(pair["ipw"])

    @staticmethod
    def await_port(port):
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 60).close()
                return
            except ConnectionRefusedError:
                os.sched_yield()

    def test_beside_an_engine_in_a_process_of_our_own_family_nothing_is_said(self):
        engine = fake_machine.ScriptedEngine(
            "letters", lambda number: (f"The answer is ({small_sweep.right(number or 0)}).", 0.02))
        self.addCleanup(engine.stop)
        pair = self.run_on({"url": engine.url})

        self.assertNotIn("CONTENDED", pair["flags"])
        self.assertEqual(pair["energy"]["status"], "measured")


if __name__ == "__main__":
    small_sweep.CommandTest.binaries = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
