"""A workload of forty questions, two recordings of it, and the commands on them."""
import json
import pathlib
import subprocess
import tempfile
import unittest

QUESTIONS = 40
LETTERS = "ABCD"


def right(i):
    return LETTERS[i % 4]


class CommandTest(unittest.TestCase):
    """A folder of its own, and `wattfleet` run in it."""

    binaries = None  # set by the program that holds the tests

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="wattfleet-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.data = self.folder / "data"

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def write_rows(self, name, rows):
        return self.write(name, "".join(json.dumps(row) + "\n" for row in rows))

    def questions(self, count=QUESTIONS):
        return self.write_rows("questions.jsonl", [
            {"id": f"q{i}", "question": f"Which letter is number {i}?",
             "options": ["one", "two", "three", "four"], "answer": right(i),
             "category": f"subject {i % 3}"} for i in range(count)])

    def recording(self, name, wrong_every, lacks=()):
        return self.write_rows(name, [
            {"id": f"q{i}", "response": "The answer is (%s)." % (
                LETTERS[(i + 1) % 4] if i % wrong_every == 0 else right(i))}
            for i in range(QUESTIONS) if i not in lacks])

    def sweep(self, **keys):
        """Two recordings: `good` is right on 30 of 40, `gappy` on 36 of 39."""
        self.questions()
        self.recording("good.jsonl", 4)
        self.recording("gappy.jsonl", 10, lacks=(0,))
        content = {
            "sweep": "small",
            "workload": {"path": "questions.jsonl", "name": "letters", "preset": "mmlu-pro"},
            "models": [
                {"name": "good", "serve": [{"engine": "replay", "ref": "good.jsonl"}]},
                {"name": "gappy", "serve": [{"engine": "replay", "ref": "gappy.jsonl",
                                             "location": "cloud"}]}],
            **keys}
        return self.write("sweep.yaml", json.dumps(content))

    def slow_sweep(self, **keys):
        """Made-up answers that take about four seconds."""
        self.questions(200)
        return self.write("slow.yaml", json.dumps({
            "sweep": "slow",
            "workload": {"path": "questions.jsonl", "name": "letters", "preset": "mmlu-pro"},
            "models": [{"name": "made-up", "serve": [
                {"engine": "synthetic", "ref": "latency_ms=20,right=A"}]}],
            **keys}))

    def command(self, *arguments):
        return [str(self.binaries / "wattfleet"), *map(str, arguments)]

    def run_command(self, *arguments, timeout=120):
        return subprocess.run(self.command(*arguments), cwd=self.folder, capture_output=True,
                              text=True, timeout=timeout, check=False)

    def expect_done(self, *arguments):
        done = self.run_command(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def report(self, sweep):
        return json.loads(self.expect_done("report", sweep, "--data", self.data, "--format",
                                           "json").stdout)

    def expect_clean_store(self):
        self.assertIn("clean", self.expect_done("fsck", "--data", self.data).stdout)
