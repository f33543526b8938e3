#!/usr/bin/env python3
"""kill -9 at random moments: the same rows and the same verdicts as if nothing had happened.

    tests/e2e/kill9_test.py BIN_DIRECTORY [SHARED_DATA]

Replays recorded answers through real processes on loopback. Once undisturbed; once while the
coordinator is killed ten times; once while the agent is. With SHARED_DATA the recordings are the
eight models of mmlu-pro, without it a set made up here. The seed of the moments is printed.
"""
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

import fleet

BIN = pathlib.Path(sys.argv[1]).resolve()
SHARED = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
KILLS = 10
SEED = int(os.environ.get("WF_KILL_SEED", "20261120"))


class Kill9Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="wattfleet-kill9-")
        root = pathlib.Path(cls.temporary.name)
        cls.scenario = fleet.Scenario(root, SHARED)
        cls.undisturbed = cls.run_sweep(root / "undisturbed", None)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @classmethod
    def run_sweep(cls, folder, victim):
        folder.mkdir()
        running = fleet.Fleet(BIN, cls.scenario, folder)
        try:
            running.start_coordinator()
            running.start_agent()
            running.submit()
            if victim is not None:
                total = len(cls.undisturbed)
                moments = sorted(random.Random(f"{SEED}{victim}").sample(range(1, total), KILLS))
                print(f"{victim} dies after {moments} rows (seed {SEED})", file=sys.stderr)
                for moment in moments:
                    running.wait(lambda m=moment: running.rows() >= m or running.done(), victim)
                    getattr(running, f"kill_{victim}")()
            running.wait(running.done, "the end")
            answers = running.answers()
        finally:
            running.stop()
        fsck = subprocess.run([BIN / "wattfleet", "fsck", "--data", running.data],
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
