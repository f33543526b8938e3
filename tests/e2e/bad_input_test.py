#!/usr/bin/env python3
"""Bad input: one clear line that says what, where, and what would be right; exit code 2; nothing
half-written.

    tests/e2e/bad_input_test.py BIN_DIRECTORY
"""
import json
import pathlib
import socket
import sqlite3
import subprocess
import sys
import unittest

import small_sweep

MODEL = "models: [{name: m, serve: [{engine: replay, ref: good.jsonl}]}]\n"
WORKLOAD = "workload: {path: questions.jsonl, name: letters, preset: mmlu-pro}\n"

# What a sweep file says -> what the one line must say.
BAD_SWEEPS = {
    "an unknown key": (
        "sweep: s\n" + WORKLOAD + MODEL + "speed: 3\n",
        r"bad\.yaml:4:1: unknown key \"speed\"; "),
    "a misspelt key": (
        "sweep: s\n" + WORKLOAD + MODEL + "acelerators: any\n",
        r"bad\.yaml:4:1: unknown key \"acelerators\"; nearest is \"accelerators\""),
    "a misspelt key in a model": (
        "sweep: s\n" + WORKLOAD + "models:\n  - name: m\n    sereve: []\n",
        r"bad\.yaml:5:5: unknown key \"sereve\"; nearest is \"serve\""),
    "a wrong type": (
        "sweep: s\n" + WORKLOAD + MODEL + "limit: many\n",
        r"bad\.yaml:4:8: limit: expected a whole number of at least 1, got \"many\""),
    "a list where a mapping belongs": (
        "sweep: s\n" + WORKLOAD + MODEL + "timeouts: [5s]\n",
        r"bad\.yaml:4:11: timeouts: expected a mapping, got a list"),
    "an engine kind that does not exist": (
        "sweep: s\n" + WORKLOAD + "models: [{name: m, serve: [{engine: olama, ref: x}]}]\n",
        r"bad\.yaml:3:37: engine: \"olama\" is not known; nearest is \"ollama\""),
    "a key that this version does not honour": (
        "sweep: s\n" + WORKLOAD + MODEL + "window: \"22:00-07:00\"\n",
        r"bad\.yaml:4:9: window: not supported yet"),
    "a template without a place for the question": (
        "sweep: s\n" + WORKLOAD + MODEL + "prompt: {template: \"Answer: {qestion}\"}\n",
        r"bad\.yaml:4:20: template: \"Answer: \{qestion\}\" is neither auto nor plain, nor a text "
        r"with \{question\}"),
    "broken YAML": (
        "sweep: s\n" + WORKLOAD + "models: [{name: m\nlimit: 5\n", r"bad\.yaml:\d+:\d+: "),
    "an empty file": ("", r"bad\.yaml:1:1: the file is empty"),
    "invalid UTF-8": (
        b"sweep: s\nworkload: caf\xe9\n", r"bad\.yaml:2:14: byte 0xe9 is not UTF-8"),
    "a recording that is not there": (
        "sweep: s\n" + WORKLOAD
        + "models: [{name: m, serve: [{engine: replay, ref: goood.jsonl}]}]\n",
        r"bad\.yaml: models\.m\.serve: no such file: .*goood\.jsonl; nearest is \"good\.jsonl\""),
    "a workload file that is not there": (
        "sweep: s\nworkload: ./question.jsonl\n" + MODEL,
        r"workload: no such file: .*question\.jsonl; nearest is \"questions\.jsonl\""),
    "a workload that was never imported": (
        "sweep: s\nworkload: leters\n" + MODEL, r"leters"),
    "a secret in the file": (
        "sweep: s\n" + WORKLOAD
        + "models: [{name: m, serve: [{engine: openai, ref: x, api_key: sk-123}]}]\n",
        r"unknown key \"api_key\"; nearest is \"api_key_file\""),
    "a variable that is not set": (
        "sweep: ${NEVER_SET_ANYWHERE}\n" + WORKLOAD + MODEL,
        r"bad\.yaml:1:8: variable NEVER_SET_ANYWHERE is not set"),
}


def row(i=0, **changes):
    return {"id": f"q{i}", "question": "Which?", "options": ["one", "two"], "answer": "A",
            "category": "c", **changes}


class BadInputTest(small_sweep.CommandTest):
    def listing(self):
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*")
                      if path.name != "lock")

    def expect_refused(self, arguments, message):
        before = self.listing()

        done = self.run_command(*arguments)

        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, message)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        after = [path for path in self.listing() if path not in before]
        self.assertEqual([path for path in after if path.endswith(".db")], [])

    def test_sweep_files(self):
        self.sweep()
        for what, (content, message) in BAD_SWEEPS.items():
            with self.subTest(what):
                path = self.write("bad.yaml", content)
                self.expect_refused(("run", path, "--data", self.data), message)
                if what != "a workload that was never imported":
                    self.expect_refused(("validate", path), message)

    def test_a_sweep_file_that_is_not_there(self):
        self.sweep()
        self.expect_refused(("run", "sweeep.yaml", "--data", self.data),
                            r"sweeep\.yaml: no such file; nearest is \"sweep\.yaml\"")

    def test_an_agents_file_that_is_not_there_or_wrong(self):
        sweep = self.sweep()
        self.expect_refused(("run", sweep, "--agent", "none.yaml", "--data", self.data / "a"),
                            r"none\.yaml: no such file")
        bad = self.write("agent.yaml", "engins: auto\n")
        done = self.run_command("run", sweep, "--agent", bad, "--data", self.data / "b")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"agent\.yaml:1:1: unknown key \"engins\"; nearest is "
                                      r"\"engines\"")

    def test_validate_tells_files_apart_by_their_keys(self):
        self.sweep()
        agent = self.write("agent.yaml", "engines: [{kind: replay}]\npower: []\n")
        coordinator = self.write("coordinator.yaml", "listen: 127.0.0.1:0\n")

        good = self.expect_done("validate", "sweep.yaml", agent, coordinator).stdout

        self.assertIn("sweep.yaml: ok: sweep small, 2 models on letters", good)
        self.assertIn("agent.yaml: ok: an agent's file", good)
        self.assertIn("coordinator.yaml: ok: a coordinator's file", good)
        bad = self.write("agent.yaml", "engines: [{kind: reply}]\n")
        self.expect_refused(("validate", bad), r"agent\.yaml:1:18: kind: \"reply\" is not known; "
                                               r"nearest is \"replay\"")

    def test_commands_and_options(self):
        for arguments, message in {
            ("sttaus",): r"no command \"sttaus\"; nearest is \"status\"",
            ("run",): r"file is required",
            ("status", "--jsn"): r"--jsn",
            ("import", "x", "--name", "y", "--map", "question"): r"expected field=column",
            ("import", "x", "--name", "y", "--max-prompt", "big"): r"expected a size",
            ("report", "none", "--data", "nowhere"): r"no data directory nowhere",
            ("status", "--coordinator", "127.0.0.1"): r"127\.0\.0\.1",
        }.items():
            with self.subTest(arguments):
                self.expect_refused(arguments, message)

    def test_reports(self):
        self.expect_done("run", self.sweep(), "--data", self.data)
        for arguments, message in {
            ("report", "smal"): r"no sweep smal",
            ("report", "small", "--format", "tabel"): r"nearest is \"table\"",
            ("report", "small", "--class", "hosts"): r"host",
            ("report", "small", "--require", "ipww"): None,
        }.items():
            with self.subTest(arguments):
                done = self.run_command(*arguments, "--data", self.data)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                self.assertRegex(done.stderr, message or r"nearest is \"ipw\"")


class BadWorkloadTest(small_sweep.CommandTest):
    def import_rows(self, rows, *options):
        path = self.write_rows("rows.jsonl", rows) if isinstance(rows, list) else \
            self.write("rows.jsonl", rows)
        return self.run_command("import", path, "--name", "w", "--preset", "mmlu-pro", "--data",
                                self.data, *options)

    def expect_refused(self, done, message):
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertRegex(done.stderr, message)
        self.assertEqual(list(self.folder.rglob("workload-*")), [])

    def test_files_that_make_no_workload(self):
        self.expect_refused(self.import_rows([]), r"rows\.jsonl")
        self.expect_refused(self.import_rows([row(), row()]), r"rows\.jsonl.*q0|q0.*rows\.jsonl")
        self.expect_refused(self.import_rows("not json\n"), r"rows\.jsonl")
        self.expect_refused(self.run_command("import", "none.jsonl", "--name", "w", "--data",
                                             self.data), r"none\.jsonl")
        self.expect_refused(self.run_command("import", self.folder, "--name", "w", "--data",
                                             self.data), r"director")
        self.expect_refused(self.import_rows(b"\x1f\x8b\x08broken"), r"rows\.jsonl")
        self.expect_refused(self.run_command(
            "import", self.write_rows("rows.jsonl", [row()]), "--name", "w", "--preset",
            "mmlu-pr", "--data", self.data), r"mmlu-pr.*mmlu-pro")

    def test_bad_rows_are_rejected_by_line_and_the_rest_is_imported(self):
        lines = [json.dumps(row(1)), json.dumps(row(2, question="")), json.dumps(row(3, answer="")),
                 '{"id": "q4"', json.dumps(row(5, question="x" * 10_000_000)),
                 json.dumps(row(6, options=["only"]))]
        rows = "\n".join(lines).encode() + b'\n{"id": "q7", "question": "caf\xe9"}\n'

        # A row that cannot be read at all is a damaged file, unless the user says otherwise.
        self.expect_refused(self.import_rows(rows), r"rows\.jsonl:4: not valid JSON")
        done = self.import_rows(rows, "--skip-malformed")

        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("rejected 5 rows", done.stdout)
        for line in (2, 3, 4, 5, 7):
            self.assertRegex(done.stdout, rf"rows\.jsonl:{line}: \S+")
        self.assertRegex(done.stdout, r"imported workload w: 2 queries")

    def test_the_same_again_is_no_news_and_other_content_under_the_name_is_refused(self):
        self.import_rows([row(1)])

        again = self.import_rows([row(1)])
        other = self.import_rows([row(2)])

        self.assertEqual(again.returncode, 0)
        self.assertIn("already there", again.stdout)
        self.assertEqual(other.returncode, 2)
        self.assertIn("w", other.stderr)


class CoordinatorTest(small_sweep.CommandTest):
    def coordinator(self, *arguments):
        return subprocess.run([self.binaries / "wattfleet-coordinator", "--insecure-loopback",
                               "--data", self.data, *arguments], cwd=self.folder,
                              capture_output=True, text=True, timeout=60, check=False)

    def test_a_file_that_is_wrong(self):
        bad = self.write("coordinator.yaml", "datum: here\n")

        done = self.coordinator("--config", bad)

        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"coordinator\.yaml:1:1: unknown key \"datum\"; nearest is "
                                      r"\"data\"")

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]

            done = self.coordinator("--listen", f"127.0.0.1:{port}")

        self.assertEqual(done.returncode, 2)
        self.assertIn(f"127.0.0.1:{port}", done.stderr)
        self.assertIn("in use", done.stderr)

    def test_an_address_that_is_not_this_machines_own(self):
        done = self.coordinator("--listen", "0.0.0.0:0")

        self.assertEqual(done.returncode, 2)
        self.assertIn("0.0.0.0:0", done.stderr)

    def test_a_store_of_another_version(self):
        self.expect_done("run", self.sweep(), "--data", self.data)
        for version in (0, 999):
            with sqlite3.connect(self.data / "catalog.db") as catalog:
                catalog.execute(f"PRAGMA user_version = {version}")
            catalog.close()

            done = self.coordinator("--listen", "127.0.0.1:0")
            run = self.run_command("run", self.folder / "sweep.yaml", "--data", self.data)

            for refused in (done, run):
                self.assertNotEqual(refused.returncode, 0)
                self.assertIn("catalog.db", refused.stderr)
                self.assertRegex(refused.stderr, rf"\b{version}\b")


if __name__ == "__main__":
    small_sweep.CommandTest.binaries = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
