#!/usr/bin/env python3
"""`wattfleet-agent doctor`, `meter` and `record` on machines of fakes: which sensors can be trusted,
and what they said.

    tests/e2e/doctor_test.py BIN_DIRECTORY FAKE_NVML
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import fake_machine

BIN = pathlib.Path(sys.argv[1]).resolve()
FAKE_NVML = pathlib.Path(sys.argv[2]).resolve()

IDLE_WATTS = 30.0
WATTS_PER_CORE = 400.0  # so that the doctor is heard on a machine that is busy with other tests
GPU_WATTS = 400.0


class ProcessorTime:
    """The work of one process: the time that its threads ran on any core."""

    def __init__(self):
        self.stat = None

    def follow(self, pid):
        self.stat = open(f"/proc/{pid}/stat", "rb", buffering=0)

    def busy_seconds(self):
        now = time.monotonic()
        if self.stat is None:
            return now, 0.0
        try:
            fields = os.pread(self.stat.fileno(), 1024, 0).rsplit(b")", 1)[1].split()
        except (OSError, IndexError):  # it has ended
            return now, 0.0
        return now, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        if self.stat is not None:
            self.stat.close()


class Doctor:
    """One run of the doctor on a machine whose package draws `watts_per_core` more for each core
    that the doctor keeps busy."""

    def __init__(self, folder, power, watts_per_core=0.0, engine_url=None, env=None):
        folder.mkdir()
        self.work = ProcessorTime()
        self.host = fake_machine.FakeHost(folder, self.work, IDLE_WATTS, watts_per_core, 0.0, 0)
        config = folder / "agent.yaml"
        engines = [{"kind": "openai", "url": engine_url}] if engine_url else []
        config.write_text(json.dumps({"power": power(self.host), "engines": engines}))
        self.process = subprocess.Popen(
            [BIN / "wattfleet-agent", "--config", config, "doctor", "--json", "--seconds", "3"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        self.work.follow(self.process.pid)
        self.waiter = threading.Thread(target=self.wait)
        self.waiter.start()

    def wait(self):
        self.out, self.err = self.process.communicate(timeout=300)

    def finish(self):
        self.waiter.join()
        self.host.stop()
        self.work.stop()
        self.said = json.loads(self.out)
        self.code = self.process.returncode

    def channel(self, name):
        for source in self.said["sources"]:
            for channel in source.get("channels", []):
                if channel["name"] == name:
                    return channel
        raise KeyError(name)


def package_alone(host):
    return [{"source": "rapl", "sysfs_root": str(host.sysfs)}]


class DoctorTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="wattfleet-doctor-")
        root = pathlib.Path(cls.temporary.name)
        gpu = root / "gpu.script"
        fake_machine.write_fake_gpu(gpu, "GPU-aa", GPU_WATTS)
        env = {**os.environ, "FAKE_NVML_SCRIPT": str(gpu)}
        cls.engine = fake_machine.ScriptedEngine("tiny", lambda _: ("word " * 8, 0.5))
        cls.working = Doctor(root / "working", package_alone, WATTS_PER_CORE)
        cls.dead = Doctor(root / "dead", package_alone)
        cls.gpu = Doctor(root / "gpu", lambda _: [{"source": "nvml", "library": str(FAKE_NVML)}],
                         engine_url=cls.engine.url, env=env)
        cls.lonely_gpu = Doctor(root / "lonely_gpu",
                                lambda _: [{"source": "nvml", "library": str(FAKE_NVML)}], env=env)
        cls.bare = Doctor(root / "bare", lambda _: [])
        cls.doctors = (cls.working, cls.dead, cls.gpu, cls.lonely_gpu, cls.bare)
        for doctor in cls.doctors:
            doctor.finish()

    @classmethod
    def tearDownClass(cls):
        cls.engine.stop()
        cls.temporary.cleanup()

    def test_a_package_that_draws_more_under_load_is_trusted(self):
        channel = self.working.channel("rapl/package-0")
        self.assertEqual(channel["self_test"]["verdict"], "tells load from idle", channel)
        self.assertGreater(channel["self_test"]["load_watts"],
                           channel["self_test"]["idle_watts"] + 0.02 * WATTS_PER_CORE)

    def test_a_counter_that_does_not_follow_the_load_fails(self):
        channel = self.dead.channel("rapl/package-0")
        self.assertEqual(channel["self_test"]["verdict"], "does not react", channel)
        self.assertAlmostEqual(channel["self_test"]["idle_watts"], IDLE_WATTS, delta=3)
        self.assertEqual(self.dead.code, 1)
        self.assertEqual(self.dead.said["trust"], "not_trusted")
        self.assertIn("rapl/package-0", self.dead.said["conclusion"])

    def test_one_dead_channel_is_enough_to_fail(self):
        # Memory that draws nothing at all stands still.
        verdict = self.working.channel("rapl/package-0/dram")["self_test"]["verdict"]
        self.assertIn(verdict, ("does not react", "stands still, or brings no reading"))
        self.assertEqual(self.working.code, 1)

    def test_an_engine_that_answers_loads_the_gpu(self):
        channel = self.gpu.channel("nvml/GPU-aa/energy")
        self.assertGreater(len(self.engine.spans), 0)
        self.assertEqual(channel["self_test"]["verdict"], "does not react", channel)
        self.assertAlmostEqual(channel["self_test"]["load_watts"], GPU_WATTS, delta=10)
        self.assertEqual(self.gpu.code, 1)

    def test_without_an_engine_a_gpu_is_not_tested_and_not_trusted(self):
        channel = self.lonely_gpu.channel("nvml/GPU-aa/energy")
        self.assertEqual(channel["self_test"]["verdict"], "not tested: no load could be made")
        self.assertEqual(self.lonely_gpu.said["trust"], "not_trusted")
        self.assertEqual(self.lonely_gpu.code, 1)

    def test_the_period_of_a_gpus_counter_is_measured(self):
        period = self.gpu.channel("nvml/GPU-aa/energy")["update_period"]
        self.assertAlmostEqual(period["median_ns"], 100e6, delta=20e6)

    def test_the_class_that_each_instance_reaches_is_named(self):
        classes = {row["asked"]: row["class"] for row in self.gpu.said["instances"][0]["classes"]}
        self.assertEqual(classes["paper"], "paper")
        self.assertIsNone(classes["wall"])

    def test_a_machine_without_sensors_is_no_error_and_is_told_what_it_needs(self):
        self.assertEqual(self.bare.code, 0, self.bare.err)
        self.assertEqual(self.bare.said["trust"], "nothing_to_measure")
        self.assertIn("nothing can be measured", self.bare.said["conclusion"])

    def test_what_was_recorded_is_played_back_and_never_called_measured(self):
        with tempfile.TemporaryDirectory(prefix="wattfleet-record-") as folder:
            folder = pathlib.Path(folder)
            gpu = folder / "gpu.script"
            fake_machine.write_fake_gpu(gpu, "GPU-aa", GPU_WATTS)
            self.agent(folder, [{"source": "nvml", "library": str(FAKE_NVML)}],
                       {**os.environ, "FAKE_NVML_SCRIPT": str(gpu)},
                       "record", folder / "trace.zst", "--seconds", "6")
            replay = [{"source": "replay", "file": "trace.zst"}]  # beside the agent's file
            printed = self.agent(folder, replay, None, "meter", "--json", "--seconds", "5")
            said = self.agent(folder, replay, None, "doctor", "--json")
        lines = [json.loads(line) for line in printed.splitlines()]
        last = lines[-1]
        self.assertEqual([channel["name"] for channel in last["channels"]],
                         ["replay/nvml/GPU-aa/energy"])
        self.assertEqual(last["channels"][0]["scope"], "recorded")
        self.assert_draws([line["channels"] for line in lines[1:]])
        self.assertEqual(last["classes"], [])
        self.assertEqual(json.loads(said)["trust"], "nothing_to_measure")

    def agent(self, folder, power, env, *arguments):
        """What a command prints on a machine with that power."""
        config = folder / "agent.yaml"
        config.write_text(json.dumps({"power": power}))
        return subprocess.run([BIN / "wattfleet-agent", "--config", config, *arguments],
                              stdout=subprocess.PIPE, text=True, check=True, env=env).stdout

    def assert_draws(self, seconds):
        """One channel (or class), and in the middle of its seconds the GPU's watts: a counter's
        knot that a busy machine read late moves power from one second to the next."""
        self.assertEqual([len(second) for second in seconds], [1] * len(seconds))
        middle = statistics.median(second[0]["watts"] for second in seconds)
        self.assertAlmostEqual(middle, GPU_WATTS, delta=5)

    def test_the_meter_prints_what_a_gpu_draws(self):
        with tempfile.TemporaryDirectory(prefix="wattfleet-meter-") as folder:
            folder = pathlib.Path(folder)
            gpu = folder / "gpu.script"
            fake_machine.write_fake_gpu(gpu, "GPU-aa", GPU_WATTS)
            printed = self.agent(folder, [{"source": "nvml", "library": str(FAKE_NVML)}],
                                 {**os.environ, "FAKE_NVML_SCRIPT": str(gpu)},
                                 "meter", "--json", "--seconds", "6")
        lines = [json.loads(line) for line in printed.splitlines()]
        self.assertEqual([line["second"] for line in lines], [1, 2, 3, 4, 5, 6])
        self.assert_draws([line["channels"] for line in lines[1:]])
        self.assert_draws([line["classes"] for line in lines[1:]])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
