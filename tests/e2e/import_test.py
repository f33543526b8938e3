"""wattfleet import: filters, shots and mixes on the command line; Parquet through a program on PATH."""
import gzip
import json
import os
import pathlib
import sys
import unittest

import small_sweep

# Answers as duckdb would for one known file, and complains of any other.
FAKE_DUCKDB = """#!/usr/bin/env python3
import re, sys
sql = sys.argv[sys.argv.index("-c") + 1]
source, target = re.search(r"read_parquet\\('([^']*)'\\)\\) TO '([^']*)' \\(FORMAT json\\)", sql).groups()
if "memory_limit='1GB'" not in sql or "threads=2" not in sql:
    sys.exit("unbounded")
if open(source, "rb").read() != b"PAR1 rows PAR1":
    sys.exit("Invalid Input Error: no magic bytes at the end")
open(target, "w").write('{"question": "a?", "answer": "1"}\\n{"question": "b?"}\\n')
"""


class ImportTest(small_sweep.CommandTest):
    def import_json(self, *arguments):
        done = self.run_command("import", *arguments, "--data", self.data, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def refused(self, *arguments):
        done = self.run_command("import", *arguments, "--data", self.data)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_filters_say_what_each_removed(self):
        rows = self.write_rows("nr.jsonl", [
            {"question": "Why?", "reference_answer": "so", "language": "English"},
            {"question": "Why?", "reference_answer": "again"},
            {"question": "Warum?", "reference_answer": "so", "language": "de"},
            {"question": "How?", "reference_answer": ""}])

        said = self.import_json(rows, "--name", "nr", "--filter", "study")

        self.assertEqual(said["queries"], 1)
        self.assertEqual(said["filtered"], {"no-reference": 1, "non-english": 1, "too-long": 0,
                                            "duplicates": 1})
        self.assertIn("nearest is \"non-english\"",
                      self.refused(rows, "--name", "x", "--filter", "non-engish"))

    def test_mixes_what_was_imported(self):
        self.import_json(self.questions(40), "--name", "a")
        other = self.write_rows("b.jsonl", [{"id": f"b{i}", "question": f"{i}+0?", "answer": i}
                                            for i in range(90)])
        self.import_json(other, "--name", "b")

        said = self.import_json("--mix", "a=1", "--mix", "b=2", "--queries", "60", "--name", "mix")

        self.assertEqual(said["queries"], 60)
        self.assertEqual(sum(s["queries"] for s in said["strata"] if s["dataset"] == "b"), 40)
        self.assertIn("WORKLOAD=SHARE", self.refused("--mix", "a", "--name", "y"))
        self.assertIn("nearest is \"mix\"", self.refused("--mix", "mixx=1", "--name", "y"))

    def test_shots_come_with_the_workload_or_are_asked_for(self):
        sweep = self.sweep(prompt={"shots": 2})
        done = self.run_command("run", sweep, "--data", self.data)
        self.assertEqual(done.returncode, 2)
        self.assertIn("shots: 2: workload letters has 0 for dataset mmlu-pro", done.stderr)

        examples = gzip.compress(b"".join(json.dumps(
            {"question": f"Example {i}?", "options": ["x", "y"], "answer": "A", "category": "c",
             "cot_content": "A: Because."}).encode() + b"\n" for i in range(2)))
        self.import_json("questions.jsonl", "--preset", "mmlu-pro", "--shots",
                         self.write("val.jsonl.gz", examples), "--name", "with-shots")
        content = json.loads(sweep.read_text())
        content["workload"] = "with-shots"
        done = self.run_command("run", self.write("sweep.yaml", json.dumps(content)),
                                "--data", self.data)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_parquet_goes_through_duckdb(self):
        parquet = self.write("rows.parquet", b"PAR1 rows PAR1")
        self.assertIn("pandas.read_parquet", self.refused(parquet, "--name", "p"))
        programs = self.folder / "programs"
        programs.mkdir()
        (programs / "duckdb").write_text(FAKE_DUCKDB)
        (programs / "duckdb").chmod(0o755)
        before = os.environ["PATH"]
        self.addCleanup(os.environ.__setitem__, "PATH", before)
        os.environ["PATH"] = f"{programs}:{before}"

        said = self.import_json(parquet, "--name", "p")

        self.assertEqual(said["queries"], 1)
        self.assertEqual(said["first_rejected"], [{"file": str(parquet), "line": 2,
                                                   "reason": "no answer"}])
        broken = self.write("broken.parquet", b"PAR1 rows")
        self.assertRegex(self.refused(broken, "--name", "q"), r"broken\.parquet: duckdb ended with "
                         r"code 1: Invalid Input Error")
        self.assertEqual([f.name for f in self.data.iterdir() if f.name.startswith(".")], [])


if __name__ == "__main__":
    small_sweep.CommandTest.binaries = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
