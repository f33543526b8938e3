#!/usr/bin/env python3
"""A judged sweep over two agents: killed, rate limited, out of quota in the middle, and resumed.

    tests/e2e/judge_test.py BIN_DIRECTORY

The answers are recorded ones; the judge is a scripted server that compares each with its reference
in both orders. While it works, both agents and the coordinator are killed, it refuses everything for
a while (429), and it runs out of quota, until somebody resumes judging.
"""
import collections
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import unittest

import fake_machine
import fleet

BIN = pathlib.Path(sys.argv[1]).resolve()
QUERIES = 120
PRICE_IN, PRICE_OUT = 2.0, 8.0  # USD per million tokens
TOKENS_IN, TOKENS_OUT = 500, 20
PROSE = 17  # the answer about which the judge gives no verdict at first
MUTE = 23  # the answer about which it never does


def better(number):
    """Who is better: the answer (wins, loses), or neither."""
    return ("answer", "reference", "neither")[number % 3]


class Judge(fake_machine.ScriptedEngine):
    """Counts the judgements that it gave in full, by (number, order, reminded)."""

    def __init__(self):
        self.given = collections.Counter()
        self.mode = "well"
        self.refused = 0
        self.out_of_quota = set()  # models
        super().__init__("wise", None)
        self.models = ["wise", "wiser"]
        judge = self
        handler = self.server.RequestHandlerClass

        class Handler(handler):
            def answer(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                prompt = request["messages"][-1]["content"]
                number = re.search(r"Which letter is number (\d+)\?", prompt)
                mode = "quota" if request["model"] in judge.out_of_quota else judge.mode
                if mode != "well":
                    self.refuse(mode)
                    return
                span = judge.begin()
                try:
                    key, text = judge.judgement(prompt, number)
                    self.stream(text, 0.002)
                    self.chunk(b"data: [DONE]\n\n")
                    self.chunk(b"")
                except ConnectionError:
                    self.close_connection = True  # who asked was killed
                    return
                finally:
                    judge.end(span)
                with judge.lock:
                    judge.given[key] += 1

            def refuse(self, mode):
                with judge.lock:
                    judge.refused += 1
                error = {"rate": {"message": "slow down", "type": "rate_limit_error"},
                         "quota": {"message": "You exceeded your current quota",
                                   "type": "insufficient_quota", "code": "insufficient_quota"}}
                body = json.dumps({"error": error[mode]}).encode()
                self.send_response(429)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def event(self, fields):
                if "usage" in fields:
                    fields = {**fields, "usage": {"prompt_tokens": TOKENS_IN,
                                                  "completion_tokens": TOKENS_OUT}}
                super().event(fields)

        self.server.RequestHandlerClass = Handler

    def judgement(self, prompt, number):
        if number is None:
            return ("warm-up", 0, False), "Hello."
        number = int(number.group(1))
        order = 0 if re.search(r"<<<ANSWER A\nmine", prompt) else 1
        reminded = "An earlier reply held no verdict" in prompt
        key = (number, order, reminded)
        if number == MUTE or (number == PROSE and not reminded):
            return key, "Both have their merits, and I would rather not choose."
        winner = better(number)
        letter = {"neither": "A=B", "answer": ("A>B", "B>>A")[order],
                  "reference": ("B>A", "A>>B")[order]}[winner]
        return key, f"I weighed them.\n[[{letter}]]"


class Scenario:
    def __init__(self, folder):
        self.questions = folder / "questions.jsonl"
        self.questions.write_text("".join(json.dumps({
            "id": f"q{i}", "question": f"Which letter is number {i}?", "answer": "B",
            "options": ["w", "x", "y", "z"], "category": "letters"}) + "\n"
            for i in range(QUERIES)))
        recording = folder / "small.jsonl"
        recording.write_text("".join(json.dumps({
            "id": f"q{i}", "response": f"mine {'very ' * (i % 40)}well" if i != 5 else ""}) + "\n"
            for i in range(QUERIES)))
        self.sweep = folder / "sweep.yaml"
        self.sweep.write_text(json.dumps({
            "sweep": "judged", "workload": "questions",
            "models": [{"name": "small", "serve": [{"engine": "replay", "ref": str(recording)}]}],
            "accelerators": ["any"], "conditions": ["isolated"],
            "grading": {"default": "pairwise", "judge": {
                "engine": "openai", "ref": "wise",
                "price": {"input_per_million": PRICE_IN, "output_per_million": PRICE_OUT}}},
            "budget": {"judge_usd": 20}}))


class JudgeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="wattfleet-judge-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.judge = Judge()
        self.addCleanup(self.judge.stop)
        self.host = fake_machine.FakeHost(self.folder / "host", self.judge, 20, 30, 2, 1)
        self.addCleanup(self.host.stop)
        self.fleet = fleet.Fleet(BIN, Scenario(self.folder), self.folder)
        self.addCleanup(self.fleet.stop)

    def start_agent(self, name):
        self.fleet.start_agent(name, {
            "engines": [{"kind": "replay"}, {"kind": "openai", "url": self.judge.url}],
            "power": [{"source": "rapl", "sysfs_root": str(self.host.sysfs)}],
            "baseline": {"settle": "500ms", "measure": "3s"}})

    def kill_agent(self, name):
        self.fleet.agents[name].kill()
        self.fleet.agents[name].wait()
        self.start_agent(name)

    def judged(self):
        return self.fleet.read("SELECT count(*) FROM result JOIN pair USING (pair_id) "
                               "WHERE json_extract(spec, '$.judge.subject') IS NOT NULL")[0][0]

    def status(self):
        return json.loads(self.fleet.wattfleet("status", "judged", "--json"))["sweeps"][0]

    def report(self):
        return json.loads(self.fleet.wattfleet("report", "judged", "--format", "json"))

    def test_every_answer_is_judged_once_in_each_order_whatever_happens(self):
        self.fleet.start_coordinator()
        for name in ("one", "two"):
            self.start_agent(name)
        self.fleet.submit()
        for count, disturb in ((30, lambda: self.kill_agent("one")),
                               (60, self.storm), (90, self.fleet.kill_coordinator),
                               (120, lambda: self.kill_agent("two")), (150, self.no_quota)):
            self.fleet.wait(lambda n=count: self.judged() >= n, f"{count} judgements")
            disturb()
        self.fleet.wait(self.fleet.done, "the end")

        self.expect_each_judged_once()
        self.expect_verdicts()
        self.expect_books_apart()
        fsck = subprocess.run([BIN / "wattfleet", "fsck", "--data", self.fleet.data],
                              capture_output=True, text=True, check=False)
        self.assertEqual(fsck.returncode, 0, fsck.stdout + fsck.stderr)
        self.fleet.stop()
        self.expect_people_can_check_it()

    def test_a_fallback_judges_the_whole_of_a_pair_that_the_judge_cannot(self):
        sweep = json.loads(self.fleet.scenario.sweep.read_text())
        price = {"input_per_million": 1, "output_per_million": 2}
        sweep["grading"]["judge"]["fallback"] = {"engine": "openai", "ref": "wiser", "price": price}
        self.fleet.scenario.sweep.write_text(json.dumps(sweep))
        self.judge.out_of_quota.add("wise")
        self.fleet.start_coordinator()
        self.start_agent("one")
        self.fleet.submit()
        self.fleet.wait(lambda: self.judged() >= 40, "40 judgements")
        self.fleet.kill_coordinator()
        self.fleet.wait(lambda: self.status()["state"] == "complete", "the end")

        report = self.report()
        first, fallback = report["quality"]["judges"]
        self.assertRegex(first["reason"], r"^handed over to judge wiser: judge quota exhausted")
        self.assertEqual((first["judged"], first["pending"], first["replies"]), (0, 0, 0))
        self.assertEqual(fallback["judge"], "wiser")
        self.assertEqual((fallback["judged"], fallback["pending"]), (QUERIES - 2, 1))
        self.assertEqual(report["pairs"][0]["no_answer"], 1)
        self.assertAlmostEqual(
            fallback["cost_usd"], fallback["replies"] * (TOKENS_IN + TOKENS_OUT * 2) / 1e6)
        graders = self.fleet.read(
            "SELECT DISTINCT grader.name FROM verdict JOIN grader USING (grader_id) JOIN pair USING (pair_id) "
            "WHERE json_extract(spec, '$.judge.subject') IS NULL")
        self.assertEqual([name for name, in graders], [fallback["grader"]])
        fsck = subprocess.run([BIN / "wattfleet", "fsck", "--data", self.fleet.data],
                              capture_output=True, text=True, check=False)
        self.assertEqual(fsck.returncode, 0, fsck.stdout + fsck.stderr)

    def expect_people_can_check_it(self):
        """People who judge like the script find the judge without fault, on a blind sheet."""
        sheet = self.folder / "sheet.csv"
        command = [BIN / "wattfleet", "judge-sample", "judged", "--data", self.fleet.data]
        subprocess.run([*command, "-n", "50", "-o", sheet], check=True)
        with open(sheet, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 50)
        self.assertNotIn("wise", sheet.read_text())
        for row in rows:
            number = int(re.search(r"number (\d+)", row["question"]).group(1))
            row["label"] = "wrong" if better(number) == "reference" else "correct"
        with open(sheet, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        said = subprocess.run([*command, "--import", sheet], check=True, capture_output=True,
                              text=True).stdout
        self.assertRegex(said, r"50 labels; agrees with people on 100.0 %, kappa 1.0000")
        report = subprocess.run([BIN / "wattfleet", "report", "judged", "--data", self.fleet.data,
                                 "--grader", "human", "--format", "json"], check=True,
                                capture_output=True, text=True).stdout
        pair = json.loads(report)["pairs"][0]
        self.assertEqual(pair["correct"] + pair["wrong"], 50)

    def storm(self):
        refused = self.judge.refused
        self.judge.mode = "rate"
        self.fleet.wait(lambda: self.judge.refused >= refused + 8, "a storm of 429")
        self.judge.mode = "well"

    def no_quota(self):
        self.judge.mode = "quota"
        self.fleet.wait(lambda: self.status()["state"] == "blocked", "the blocked lane")
        status = self.status()
        lanes = [pair for pair in status["pairs"] if pair["state"] == "blocked"]
        self.assertEqual(len(lanes), 1)
        self.assertTrue(lanes[0]["pair"].startswith("judge wise of small/replay/any/isolated"))
        self.assertRegex(lanes[0]["reason"],
                         r"^judge quota exhausted.*You exceeded your current quota.*; fix, then "
                         r"wattfleet resume judged --judge$")
        self.assertIn("--judge", status["reason"])
        errors, crashes = self.fleet.read(
            "SELECT sum(error_n), sum(crash_n) FROM shard JOIN pair USING (pair_id) "
            "WHERE json_extract(spec, '$.judge.subject') IS NOT NULL")[0]
        self.assertEqual(errors, 0)  # neither storm nor quota is anyone's failure
        self.assertGreater(self.report()["pairs"][0]["pending"], 0)
        self.judge.mode = "well"
        self.fleet.wattfleet("resume", "judged", "--judge")

    def expect_each_judged_once(self):
        rows = self.fleet.read(
            "SELECT unit FROM result JOIN pair USING (pair_id) "
            "WHERE json_extract(spec, '$.judge.subject') IS NOT NULL")
        twice = -(-QUERIES // 20)
        per_attempt = 2 * QUERIES + twice
        first = [unit for unit, in rows if unit < per_attempt]
        self.assertEqual(len(rows), len(set(rows)))
        # Number 5 was answered with nothing, so there is nothing to judge.
        empty = self.fleet.read(
            "SELECT unit FROM verdict JOIN pair USING (pair_id) WHERE value = 2 AND "
            "json_extract(spec, '$.judge.subject') IS NULL")
        self.assertEqual(len(empty), 1)
        orders = collections.Counter(unit % QUERIES for unit in first if unit < 2 * QUERIES)
        self.assertEqual(orders, {u: 2 for u in range(QUERIES) if u != empty[0][0]})
        self.assertIn(len([u for u in first if u >= 2 * QUERIES]), (twice, twice - 1))
        # Nothing was asked twice but what died with an agent.
        asked = sum(n for (number, _, _), n in self.judge.given.items() if number != "warm-up")
        self.assertLessEqual(asked - len(rows), 40)

    def expect_verdicts(self):
        pair = self.report()["pairs"][0]
        wins = sum(better(i) != "reference" for i in range(QUERIES) if i not in (5, MUTE))
        self.assertEqual(pair["correct"], wins)
        self.assertEqual(pair["no_answer"], 1)
        self.assertEqual(pair["pending"], 1)  # MUTE
        (judge,) = self.report()["quality"]["judges"]
        self.assertEqual(judge["judge"], "wise")
        self.assertRegex(judge["grader"], r"^judge-pairwise-agree@[0-9a-f]{12}/wise$")
        # Two orders and perhaps a second reading, each tried three times; PROSE once.
        unclear = judge["without_verdict"]["no verdict in the judge's reply"]
        self.assertIn(unclear, range(8, 13))
        self.assertEqual(judge["position_flips"]["flipped"], 0)
        self.assertEqual(judge["self_consistency"]["agree"], judge["self_consistency"]["twice"])

    def expect_books_apart(self):
        report = self.report()
        (judge,) = report["quality"]["judges"]
        replies = self.judged()
        self.assertEqual(judge["replies"], replies)
        self.assertEqual(judge["tokens"], {"input": TOKENS_IN * replies, "cached_input": 0,
                                           "output": TOKENS_OUT * replies})
        self.assertAlmostEqual(
            judge["cost_usd"], replies * (TOKENS_IN * PRICE_IN + TOKENS_OUT * PRICE_OUT) / 1e6)
        self.assertGreater(judge["joules"], 0)
        self.assertEqual([p["model"] for p in report["pairs"]], ["small"])
        answers = report["pairs"][0]
        self.assertIsNone(answers["cost_usd_per_query"])
        booked = self.fleet.read(
            "SELECT coalesce(sum(gross_uj), 0) FROM result_energy JOIN pair USING (pair_id) "
            "WHERE json_extract(spec, '$.judge.subject') IS NOT NULL")[0][0]
        self.assertAlmostEqual(judge["joules"], booked * 1e-6, delta=0.5 * booked * 1e-6)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
