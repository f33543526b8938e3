"""Real coordinators and agents on loopback, and questions to run through them."""
import contextlib
import gzip
import json
import pathlib
import random
import signal
import sqlite3
import subprocess
import time

DEADLINE_S = 300


class Scenario:
    """A workload and recordings in a folder of their own."""

    def __init__(self, folder, shared=None):
        self.folder = folder
        self.questions = folder / "questions.jsonl"
        recorded = shared / "mmlu-pro" if shared is not None else None
        if recorded is not None and (recorded / "questions.jsonl.gz").exists():
            self.questions = recorded / "questions.jsonl.gz"
            self.recordings = sorted((recorded / "outputs").glob("*.jsonl.gz"))
        else:
            self.recordings = self.make_up()
        models = [{"name": path.name.split(".jsonl")[0],
                   "serve": [{"engine": "replay", "ref": str(path)}]} for path in self.recordings]
        self.sweep = folder / "sweep.yaml"
        self.sweep.write_text(json.dumps({
            "sweep": "recorded", "workload": "questions", "models": models,
            "accelerators": ["any"], "conditions": ["isolated"]}))

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


class LetterScenario:
    """Questions whose answers are letters, and a sweep over them by one OpenAI-compatible model."""

    def __init__(self, folder, queries, letter, accelerator="*", condition="isolated"):
        self.questions = folder / "questions.jsonl"
        with open(self.questions, "w", encoding="utf-8") as out:
            for i in range(queries):
                out.write(json.dumps({
                    "id": f"q{i}", "question": f"Which letter is number {i}?",
                    "options": [f"option {c}" for c in "ABCD"], "answer": letter(i),
                    "category": "letters"}) + "\n")
        self.sweep = folder / "sweep.yaml"
        self.sweep.write_text(json.dumps({
            "sweep": "scripted", "workload": "questions",
            "models": [{"name": "tiny", "serve": [{"engine": "openai", "ref": "tiny"}]}],
            "accelerators": [accelerator], "conditions": [condition]}))


class Fleet:
    """One coordinator and its agents on one data directory, each of which may be killed."""

    def __init__(self, binaries, scenario, folder):
        self.binaries = binaries
        self.scenario = scenario
        self.folder = folder
        self.data = folder / "data"
        self.logs = open(folder / "log", "ab")
        self.port = 0
        self.coordinator = None
        self.agents = {}
        subprocess.run([self.binaries / "wattfleet", "import", "--data", self.data, "--preset",
                        "mmlu-pro", scenario.questions, "--name", "questions"],
                       check=True, stdout=self.logs, stderr=self.logs)

    def start_coordinator(self):
        self.coordinator = subprocess.Popen(
            [self.binaries / "wattfleet-coordinator", "--data", self.data, "--listen",
             f"127.0.0.1:{self.port}", "--insecure-loopback"],
            stdout=subprocess.PIPE, stderr=self.logs, text=True)
        line = self.coordinator.stdout.readline()
        if "listening on" not in line:
            raise RuntimeError(f"the coordinator did not start, see {self.logs.name}")
        self.port = int(line.rsplit(":", 1)[1])

    def start_agent(self, name="replayer", settings=None, env=None):
        """`settings` of agent.yaml: a replayer's unless given."""
        config = self.folder / f"{name}.yaml"
        config.write_text(json.dumps({
            "coordinator": f"127.0.0.1:{self.port}", "name": name,
            "spool": {"directory": str(self.folder / f"spool-{name}")},
            "warmup": {"requests": 0},  # so that every query of a short sweep is in the figures
            **(settings or {"engines": [{"kind": "replay"}], "power": []})}))
        self.agents[name] = subprocess.Popen(
            [self.binaries / "wattfleet-agent", "--config", config, "--insecure-loopback"],
            stdout=self.logs, stderr=self.logs, env=env)

    def wattfleet(self, *arguments):
        """What the command prints, asked of the running coordinator."""
        return subprocess.run(
            [self.binaries / "wattfleet", *arguments, "--coordinator", f"127.0.0.1:{self.port}"],
            check=True, stdout=subprocess.PIPE, stderr=self.logs, text=True).stdout

    def submit(self):
        self.wattfleet("submit", self.scenario.sweep)

    def kill_coordinator(self):
        self.coordinator.send_signal(signal.SIGKILL)
        self.coordinator.wait()
        self.coordinator.stdout.close()
        self.start_coordinator()

    def kill_agent(self, name="replayer"):
        self.agents[name].send_signal(signal.SIGKILL)
        self.agents[name].wait()
        self.start_agent(name)

    def read(self, sql):
        database = next(self.data.glob("sweep-*.db"))
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True,
                                                timeout=30)) as connection:
            return connection.execute(sql).fetchall()

    def rows(self):
        return self.read("SELECT coalesce(sum(n_accepted), 0) FROM lease")[0][0]

    def done(self):
        """All pairs have ended; there are none before the agent has connected."""
        pairs, ended = self.read("SELECT count(*), coalesce(sum(state IN (4, 5)), 0) FROM pair")[0]
        return 0 < pairs == ended

    def wait(self, condition, what):
        end = time.monotonic() + DEADLINE_S
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: {self.rows()} rows after {DEADLINE_S} s, see "
                                   f"{self.logs.name}")
            time.sleep(0.01)  # polls a database of other processes; nothing waits a fixed time

    def stop(self):
        for process in [*self.agents.values(), self.coordinator]:
            if process is not None:
                process.terminate()
                process.wait(timeout=60)
        if self.coordinator is not None:
            self.coordinator.stdout.close()
        self.logs.close()

    def answers(self):
        """Every (pair, unit) with its verdict."""
        return set(self.read(
            "SELECT p.name, r.unit, r.status, v.value, v.extracted FROM result r "
            "JOIN pair p USING (pair_id) LEFT JOIN verdict v USING (pair_id, unit)"))
