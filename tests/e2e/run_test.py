#!/usr/bin/env python3
"""`wattfleet run` on real processes: from a file to a report, again, extended, interrupted, killed.

    tests/e2e/run_test.py BIN_DIRECTORY
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

import small_sweep


def children(pid):
    """Processes whose parent is `pid`, by name."""
    found = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
            if int(parent) == pid:
                found[os.readlink(entry / "exe").rsplit("/", 1)[-1]] = int(entry.name)
        except OSError:
            continue  # it ended while we looked
    return found


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.01)  # polls other processes; nothing waits a fixed time


class RunTest(small_sweep.CommandTest):
    def test_a_file_becomes_a_report(self):
        sweep = self.sweep()

        done = self.expect_done("run", sweep, "--data", self.data)

        self.assertIn("good", done.stdout)
        self.assertIn("gappy", done.stdout)
        report = self.report("small")
        good, gappy = report["pairs"]
        self.assertEqual(report["sweep"]["state"], "complete_with_gaps")
        self.assertEqual((good["completed"], good["correct"], good["failed"]), (40, 30, 0))
        self.assertEqual((gappy["completed"], gappy["correct"], gappy["failed"]), (39, 36, 1))
        self.assertEqual((good["location"], gappy["location"]), ("local", "cloud"))
        self.assertIsNone(good["ipw"])
        self.expect_clean_store()

    def test_a_regrade_keeps_its_verdicts_beside_those_in_force(self):
        self.expect_done("run", self.sweep(), "--data", self.data)
        before = self.report("small")

        said = self.expect_done("regrade", "small", "--grader", "exact", "--data", self.data)
        again = self.expect_done("regrade", "small", "--grader", "exact", "--data", self.data)

        self.assertIn("40 verdicts; correct 0, wrong 40, no answer 0", said.stdout)
        self.assertEqual(again.stdout, said.stdout)
        after = self.report("small")
        self.assertEqual(after["pairs"], before["pairs"])
        exact = json.loads(self.expect_done("report", "small", "--grader", "exact", "--format",
                                            "json", "--data", self.data).stdout)
        self.assertEqual((exact["pairs"][0]["correct"], exact["pairs"][0]["wrong"]), (0, 40))
        self.assertEqual(exact["quality"]["verdicts_by"], "exact@1")
        unknown = self.run_command("report", "small", "--grader", "exalt", "--data", self.data)
        self.assertEqual(unknown.returncode, 2)
        self.assertIn("there are mcq@", unknown.stderr)
        self.expect_clean_store()

    def test_a_coordinator_answers_as_its_data_directory_does(self):
        self.expect_done("run", self.sweep(), "--data", self.data)
        weights = self.write("weights.csv", "subject 0,3\nsubject 1,1\n")
        questions = [
            ("route", "small", "--router-accuracy", "1,0.5", "--assume-baseline-joules", "10..20",
             "--wasted-attempts"),
            ("route", "small", "--baseline", "gappy", "--pool", "good", "--compute", "total", "--json"),
            ("compare", "small:good", "small:gappy"),
            ("compare", "small:good", "small:gappy", "--json"),
            ("report", "small", "--weights", weights)]
        at_rest = [self.expect_done(*asked, "--data", self.data).stdout for asked in questions]
        coordinator = subprocess.Popen(
            [self.binaries / "wattfleet-coordinator", "--data", self.data, "--listen",
             "127.0.0.1:0", "--insecure-loopback"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(coordinator.stdout.close)
        self.addCleanup(coordinator.wait)
        self.addCleanup(coordinator.terminate)
        place = ("--coordinator",
                 "127.0.0.1:" + coordinator.stdout.readline().strip().rsplit(":", 1)[1])

        for asked, expected in zip(questions, at_rest, strict=True):
            self.assertEqual(self.expect_done(*asked, *place).stdout, expected, asked)
        self.assertIn("weighted", at_rest[-1])
        for asked, said in (
                (("route", "small", "--baseline", "god"), "god"),
                (("compare", "small:good", "small:none"), "none"),
                (("report", "small", "--weights", "missing.csv"), "cannot read missing.csv"),
                (("report", "small", "--weights", self.write("bad.csv", "subject 0,much\n")),
                 "bad.csv:1")):
            refused = self.run_command(*asked, *place)
            self.assertEqual((refused.returncode, refused.stderr.count("\n")), (2, 1), asked)
            self.assertIn(said, refused.stderr)

    def test_recorded_answers_to_ids_that_the_workload_lacks_are_counted_and_printed(self):
        sweep = self.sweep()
        with open(self.folder / "good.jsonl", "a", encoding="utf-8") as recording:
            for i in range(3):
                recording.write(json.dumps({"id": f"of-another-set-{i}", "response": "B"}) + "\n")

        done = self.expect_done("run", sweep, "--data", self.data)

        self.assertIn("RECORDING_UNUSED: good/replay/any/isolated: 3 of the recording's 43 answers "
                      "have ids that the workload lacks", " ".join(done.stdout.split()))

    def test_a_sweep_that_nobody_serves_yet_waits_and_says_for_what(self):
        sweep = self.sweep(models=[{"name": "absent", "serve": [
            {"engine": "mlx", "ref": "mlx-community/absent"}]}])
        running = subprocess.Popen(
            [self.binaries / "wattfleet-coordinator", "--data", self.data, "--listen",
             "127.0.0.1:0", "--insecure-loopback"], cwd=self.folder, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(running.stdout.close)
        self.addCleanup(running.wait)
        self.addCleanup(running.kill)
        place = ("--coordinator",
                 "127.0.0.1:" + running.stdout.readline().strip().rsplit(":", 1)[1])
        self.expect_done("import", "questions.jsonl", "--preset", "mmlu-pro", "--name", "letters",
                         "--data", self.data)

        said = self.expect_done("submit", sweep, *place).stdout
        status = self.expect_done("status", "small", *place).stdout

        waits = r"UNSATISFIABLE: absent needs mlx mlx-community/absent on any accelerator"
        self.assertRegex(said, waits)
        self.assertRegex(status, waits)

    def test_the_same_command_again_starts_nothing_and_reports_the_same(self):
        sweep = self.sweep()
        first = self.expect_done("run", sweep, "--data", self.data)
        log = (self.data / "run" / "coordinator.log").read_text()

        again = self.expect_done("run", sweep, "--data", self.data)

        self.assertEqual(again.stdout, first.stdout)
        self.assertEqual((self.data / "run" / "coordinator.log").read_text(), log)

    def test_standard_output_is_the_report_alone(self):
        done = self.expect_done("run", self.sweep(), "--data", self.data, "--format", "json")

        self.assertEqual(json.loads(done.stdout)["schema"], "wattfleet.report/1")

    def test_an_added_condition_extends_the_sweep(self):
        self.expect_done("run", self.sweep(), "--data", self.data)

        self.expect_done("run", self.sweep(conditions=["isolated", {"served": 4}]), "--data",
                         self.data)

        pairs = self.report("small")["pairs"]
        self.assertEqual([p["condition"] for p in pairs].count("served-4"), 2)
        self.assertEqual(sum(p["open"] for p in pairs), 0)
        self.expect_clean_store()

    def test_another_file_of_the_same_name_is_refused_by_its_first_difference(self):
        self.expect_done("run", self.sweep(), "--data", self.data)
        before = self.report("small")

        refused = self.run_command("run", self.sweep(limit=5), "--data", self.data)

        self.assertEqual(refused.returncode, 2)
        self.assertIn("small is there with another limit", refused.stderr)
        self.assertEqual(self.report("small"), before)

    def test_a_model_that_nobody_serves_fails_at_once_and_leaves_no_sweep(self):
        sweep = self.sweep(models=[{"name": "absent", "serve": [
            {"engine": "mlx", "ref": "mlx-community/absent"}]}])

        failed = self.run_command("run", sweep, "--data", self.data)

        self.assertEqual(failed.returncode, 1)
        self.assertRegex(failed.stderr, r"UNSATISFIABLE: absent needs mlx mlx-community/absent on "
                                        r"any accelerator, nearest .+ on .+")
        status = self.expect_done("status", "--data", self.data)
        self.assertIn("no sweep", status.stdout)

    def test_two_agents_share_the_work(self):
        sweep = self.slow_sweep()
        for name in ("one", "two"):
            self.write(f"{name}.yaml", json.dumps(
                {"name": name, "engines": [{"kind": "synthetic"}], "power": []}))

        self.expect_done("run", sweep, "--data", self.data, "--agent", "one.yaml", "--agent",
                         "two.yaml")

        self.assertEqual(sorted(self.report("slow")["pairs"][0]["agents"]), ["one", "two"])
        self.expect_clean_store()

    def test_agents_without_a_name_get_different_ones(self):
        sweep = self.slow_sweep()
        self.write("any.yaml", json.dumps({"engines": [{"kind": "synthetic"}], "power": []}))

        self.expect_done("run", sweep, "--data", self.data, "--agent", "any.yaml", "--agent",
                         "any.yaml")

        self.assertEqual(len(self.report("slow")["pairs"][0]["agents"]), 2)

    def test_a_required_figure_that_is_missing_ends_with_1(self):
        self.expect_done("run", self.sweep(), "--data", self.data)

        lacking = self.run_command("report", "small", "--data", self.data, "--require", "ipw")

        self.assertEqual(lacking.returncode, 1)
        self.assertIn("ipw of good/replay/any/isolated is not available: ", lacking.stderr)


class DisturbedRunTest(small_sweep.CommandTest):
    """A run of about four seconds, disturbed in the middle."""

    def start(self):
        self.path = self.slow_sweep()
        running = subprocess.Popen(self.command("run", self.path, "--data", self.data),
                                   cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(running.stdout.close)
        self.addCleanup(running.stderr.close)
        self.addCleanup(running.wait)
        self.addCleanup(running.kill)
        wait_until(lambda: self.completed() > 0, "the first results")
        return running

    def completed(self):
        done = self.run_command("status", "slow", "--json", "--data", self.data)
        if done.returncode != 0:
            return 0
        sweeps = json.loads(done.stdout)["sweeps"]
        return sum(pair["completed"] for sweep in sweeps for pair in sweep["pairs"])

    def expect_complete(self):
        pair = self.report("slow")["pairs"][0]
        self.assertEqual((pair["queries"], pair["completed"], pair["open"]), (200, 200, 0))
        self.expect_clean_store()

    def test_ctrl_c_stops_in_order_and_the_same_command_goes_on(self):
        running = self.start()
        programs = children(running.pid)

        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)

        self.assertEqual(running.returncode, 130, said)
        self.assertIn("the same command goes on where it was", said)
        self.assertEqual(sorted(programs), ["wattfleet-agent", "wattfleet-coordinator"])
        for pid in programs.values():
            self.assertFalse(pathlib.Path(f"/proc/{pid}").exists())
        done = self.completed()
        self.assertGreater(done, 0)
        self.assertLess(done, 200)
        self.expect_done("run", self.path, "--data", self.data)
        self.expect_complete()

    def test_a_killed_program_is_started_again_and_nothing_is_lost(self):
        for victim in ("wattfleet-agent", "wattfleet-coordinator"):
            with self.subTest(victim):
                self.setUp()
                running = self.start()

                os.kill(children(running.pid)[victim], signal.SIGKILL)
                _, said = running.communicate(timeout=120)

                self.assertEqual(running.returncode, 0, said)
                self.expect_complete()

    def test_what_a_killed_run_leaves_behind_ends_and_the_same_command_goes_on(self):
        running = self.start()
        programs = children(running.pid)

        running.send_signal(signal.SIGKILL)
        running.wait()

        wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists()
                                   for pid in programs.values()), "the children's end")
        self.expect_done("run", self.path, "--data", self.data)
        self.expect_complete()

    def test_a_second_run_on_the_same_data_is_refused_and_disturbs_nothing(self):
        running = self.start()

        second = self.run_command("run", self.path, "--data", self.data)

        self.assertEqual(second.returncode, 2)
        self.assertRegex(second.stderr, r"in use by process \d+, which holds .*/lock")
        _, said = running.communicate(timeout=60)
        self.assertEqual(running.returncode, 0, said)
        self.expect_complete()

    def test_pause_and_resume_from_another_terminal(self):
        running = self.start()

        self.expect_done("pause", "slow", "--data", self.data)
        paused = self.run_command("status", "slow", "--data", self.data).stdout
        resumed = self.expect_done("resume", "slow", "--data", self.data).stdout

        self.assertIn("paused", paused)
        self.assertIn("running", resumed)
        _, said = running.communicate(timeout=60)
        self.assertEqual(running.returncode, 0, said)
        self.expect_complete()


if __name__ == "__main__":
    small_sweep.CommandTest.binaries = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
