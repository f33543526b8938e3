#!/usr/bin/env python3
"""kill -9 at random moments: the same rows and the same verdicts as if nothing had happened.

    tests/e2e/kill9_test.py BIN_DIRECTORY [SHARED_DATA]

Replays recorded answers through real processes on loopback. Once undisturbed; once while the
coordinator is killed ten times; once while the agent is. With SHARED_DATA the recordings are the
eight models of mmlu-pro, without it a set made up here. The seed of the moments is printed.
"""
import gzip
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

BIN = pathlib.Path(sys.argv[1]).resolve()
SHARED = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
KILLS = 10
DEADLINE_S = 300
SEED = int(os.environ.get("WF_KILL_SEED", "20261120"))


class Scenario:
    """A workload and recordings in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.questions = folder / "questions.jsonl"
        if SHARED is not None and (SHARED / "mmlu-pro" / "questions.jsonl.gz").exists():
            self.questions = SHARED / "mmlu-pro" / "questions.jsonl.gz"
            self.preset = "mmlu-pro"
            self.recordings = sorted((SHARED / "mmlu-pro" / "outputs").glob("*.jsonl.gz"))
        else:
            self.preset = "mmlu-pro"
            self.recordings = self.make_up()
        models = [{"name": path.name.split(".jsonl")[0],
                   "serve": [{"engine": "replay", "ref": str(path)}]} for path in self.recordings]
        self.sweep = folder / "sweep.yaml"
        self.sweep.write_text(json.dumps({
            "sweep": "kill9", "workload": "questions", "models": models,
            "accelerators": ["any"], "conditions": ["isolated"]}))
        self.agent = folder / "agent.yaml"

    def make_up(self):
        rng = random.Random(1)
        letters = "ABCDEFGHIJ"
        with open(self.questions, "w", encoding="utf-8") as out:
            for i in range(6000):
                out.write(json.dumps({
                    "id": f"q{i}", "question": f"Which letter is number {i}?",
                    "options": [f"option {c}" for c in letters], "answer": rng.choice(letters),
                    "category": f"subject {i % 7}"}) + "\n")
        paths = []
        for model in range(6):
            path = self.folder / f"model-{model}.jsonl.gz"
            with gzip.open(path, "wt", encoding="utf-8") as out:
                for i in range(6000):
                    out.write(json.dumps({
                        "id": f"q{i}",
                        "response": f"Let me think about {i}. " * rng.randrange(5, 60)
                                    + f"The answer is ({rng.choice(letters)})."}) + "\n")
            paths.append(path)
        return paths


class Fleet:
    """One coordinator and one agent on one data directory, either of which may be killed."""

    def __init__(self, scenario, folder):
        self.scenario = scenario
        self.folder = folder
        self.data = folder / "data"
        self.logs = open(folder / "log", "ab")
        self.port = 0
        self.coordinator = None
        self.agent = None
        subprocess.run([BIN / "wattfleet", "import", "--data", self.data, "--preset",
                        scenario.preset, scenario.questions, "--name", "questions"],
                       check=True, stdout=self.logs, stderr=self.logs)

    def start_coordinator(self):
        self.coordinator = subprocess.Popen(
            [BIN / "wattfleet-coordinator", "--data", self.data, "--listen",
             f"127.0.0.1:{self.port}", "--insecure-loopback"],
            stdout=subprocess.PIPE, stderr=self.logs, text=True)
        line = self.coordinator.stdout.readline()
        if "listening on" not in line:
            raise RuntimeError(f"the coordinator did not start, see {self.logs.name}")
        self.port = int(line.rsplit(":", 1)[1])

    def start_agent(self):
        self.scenario.agent.write_text(json.dumps({
            "coordinator": f"127.0.0.1:{self.port}", "name": "replayer",
            "engines": [{"kind": "replay"}], "power": [],
            "spool": {"directory": str(self.folder / "spool")}}))
        self.agent = subprocess.Popen(
            [BIN / "wattfleet-agent", "--config", self.scenario.agent, "--insecure-loopback"],
            stdout=self.logs, stderr=self.logs)

    def submit(self):
        subprocess.run([BIN / "wattfleet", "submit", self.scenario.sweep, "--coordinator",
                        f"127.0.0.1:{self.port}"], check=True, stdout=self.logs,
                       stderr=self.logs)

    def kill(self, which):
        process = getattr(self, which)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()
        getattr(self, f"start_{which}")()

    def read(self, sql):
        database = next(self.data.glob("sweep-*.db"))
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as connection:
            return connection.execute(sql).fetchall()

    def rows(self):
        return self.read("SELECT coalesce(sum(n_accepted), 0) FROM lease")[0][0]

    def done(self):
        return self.read("SELECT count(*) FROM pair WHERE state NOT IN (4, 5)")[0][0] == 0

    def wait(self, condition, what):
        end = time.monotonic() + DEADLINE_S
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: {self.rows()} rows after {DEADLINE_S} s, see "
                                   f"{self.logs.name}")
            time.sleep(0.01)  # polls a database of other processes; nothing waits a fixed time

    def stop(self):
        for process in (self.agent, self.coordinator):
            if process is not None:
                process.terminate()
                process.wait(timeout=60)
                if process.stdout:
                    process.stdout.close()
        self.logs.close()

    def answers(self):
        """Every (pair, unit) with its verdict."""
        return set(self.read(
            "SELECT p.model, r.unit, r.status, v.value, v.extracted FROM result r "
            "JOIN pair p USING (pair_id) LEFT JOIN verdict v USING (pair_id, unit)"))


class Kill9Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="wattfleet-kill9-")
        root = pathlib.Path(cls.temporary.name)
        cls.scenario = Scenario(root)
        cls.undisturbed = cls.run_sweep(root / "undisturbed", None)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @classmethod
    def run_sweep(cls, folder, victim):
        folder.mkdir()
        fleet = Fleet(cls.scenario, folder)
        try:
            fleet.start_coordinator()
            fleet.start_agent()
            fleet.submit()
            if victim is not None:
                total = len(cls.undisturbed)
                moments = sorted(random.Random(f"{SEED}{victim}").sample(range(1, total), KILLS))
                print(f"{victim} dies after {moments} rows (seed {SEED})", file=sys.stderr)
                for moment in moments:
                    fleet.wait(lambda m=moment: fleet.rows() >= m or fleet.done(), victim)
                    fleet.kill(victim)
            fleet.wait(fleet.done, "the end")
            answers = fleet.answers()
        finally:
            fleet.stop()
        fsck = subprocess.run([BIN / "wattfleet", "fsck", "--data", fleet.data],
                              capture_output=True, text=True, check=False)
        if fsck.returncode != 0:
            raise AssertionError(f"fsck: {fsck.stdout}{fsck.stderr}")
        return answers

    def same_after(self, victim):
        answers = self.run_sweep(pathlib.Path(self.temporary.name) / victim, victim)
        self.assertEqual(len(answers), len(self.undisturbed))
        self.assertEqual(answers, self.undisturbed)

    def test_every_answer_is_there_once_after_the_coordinator_dies_ten_times(self):
        self.same_after("coordinator")

    def test_every_answer_is_there_once_after_the_agent_dies_ten_times(self):
        self.same_after("agent")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
