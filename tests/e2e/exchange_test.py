"""export and import-results: a sweep leaves as every format, and comes back with the same figures."""
import csv
import json
import pathlib
import sys
import unittest

import small_sweep


class ExchangeTest(small_sweep.CommandTest):
    def setUp(self):
        super().setUp()
        self.expect_done("run", self.sweep(), "--data", self.data)

    def export(self, name, form, *options):
        path = self.folder / name
        self.expect_done("export", "small", "--format", form, "-o", path, "--data", self.data,
                         *options)
        return path

    def refused(self, *arguments):
        done = self.run_command(*arguments)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def figures(self, data, sweep):
        """Of each pair, all but who answered and how the energy came."""
        report = json.loads(self.expect_done("report", sweep, "--data", data, "--format",
                                             "json").stdout)
        return {pair["id"]: {key: pair[key] for key in (
            "queries", "completed", "failed", "correct", "wrong", "no_answer", "pending",
            "accuracy", "coverage", "tokens", "by")} for pair in report["pairs"]}

    def test_a_bundle_comes_back_in_another_lab(self):
        bundle = self.export("small.bundle", "bundle")
        other = self.folder / "other"

        said = self.expect_done("import-results", bundle, "--format", "bundle", "--data", other)

        self.assertRegex(said.stdout, r"imported sweep small: 2 pairs, 80 results, from lab-")
        self.assertEqual(self.figures(other, "small"), self.figures(self.data, "small"))
        self.assertNotIn(b"Which letter", bundle.read_bytes())
        self.assertIn("clean", self.expect_done("fsck", "--data", other).stdout)
        self.assertIn("--name", self.refused("import-results", bundle, "--format", "bundle",
                                             "--data", other))
        # Its workload has no texts; a sweep of its own needs the dataset, which then takes its place.
        self.expect_done("import", self.questions(), "--name", "letters", "--preset", "mmlu-pro",
                         "--data", other)
        self.assertEqual(self.figures(other, "small"), self.figures(self.data, "small"))

    def test_rows_of_the_harness_come_back_beside_the_sweep(self):
        runs = self.export("runs", "ipw")
        self.assertEqual(sorted(p.name for p in next(runs.iterdir()).iterdir()),
                         ["analysis", "data.jsonl", "summary.json"])

        self.expect_done("import-results", runs, "--format", "ipw", "--name", "back", "--data",
                         self.data)

        self.assertEqual(self.figures(self.data, "back"), self.figures(self.data, "small"))
        self.expect_clean_store()

    def test_csv_and_json_lines_say_the_same(self):
        with open(self.export("rows.csv", "csv", "--with-text"), newline="",
                  encoding="utf-8") as file:
            table = list(csv.DictReader(file))
        with open(self.export("rows.ndjson", "ndjson", "--with-text"), encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]

        self.assertEqual(len(table), 80)
        for cells, row in zip(table, lines, strict=True):
            known = {key: cell for key, cell in cells.items() if cell != "" or key in row}
            self.assertEqual(set(known), set(row))
            for key, value in row.items():
                self.assertEqual(type(value)(known[key]), value, key)
        self.assertEqual(sum(row.get("verdict") == "correct" for row in lines), 66)
        self.assertIn("The answer is", lines[0]["response"])

    def test_what_is_wrong_is_said_in_one_line_and_nothing_is_written(self):
        bundle = self.export("small.bundle", "bundle")
        cut = self.write("cut.bundle", bundle.read_bytes()[:-40])
        other = self.folder / "other"
        self.assertRegex(self.refused("import-results", cut, "--format", "bundle", "--data", other),
                         r"cut\.bundle is no whole bundle")
        self.assertFalse(other.exists())
        self.assertIn("nearest is \"bundle\"", self.refused(
            "export", "small", "--format", "bundel", "-o", "x", "--data", self.data))
        self.assertIn("small", self.refused("export", "smal", "--format", "csv", "-o", "x", "--data",
                                            self.data))
        self.assertRegex(self.refused("export", "small", "--format", "parquet", "-o", "x", "--data",
                                      self.data), r"duckdb")
        rows = self.write("rows.jsonl", '{"problem": "p"}\n')
        self.assertRegex(self.refused("import-results", rows, "--format", "ipw", "--name", "x",
                                      "--data", self.data), r"rows\.jsonl:1: no ProfilingRecord")
        self.assertEqual([p.name for p in self.folder.rglob("x")], [])
        self.assertEqual([p.name for p in self.folder.rglob(".wattfleet*")], [])


if __name__ == "__main__":
    small_sweep.CommandTest.binaries = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
