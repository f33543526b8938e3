#!/usr/bin/env python3
"""The checks for machines with an NVIDIA GPU, run on a fake one: they must find what it was told.

    tests/hardware/nvidia_checks_test.py NVIDIA_CHECKS FAKE_NVML
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECKS = pathlib.Path(sys.argv[1]).resolve()
FAKE_NVML = pathlib.Path(sys.argv[2]).resolve()
WATTS = 400.0


def run(folder, script, *arguments):
    path = folder / "gpu.script"
    path.write_text(script)
    return subprocess.run(
        [CHECKS, folder / "out", "--quick", "--nvml-lib", FAKE_NVML, *arguments],
        env={**os.environ, "FAKE_NVML_SCRIPT": str(path)}, stdout=subprocess.PIPE, text=True,
        check=False)


class NvidiaChecksTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="wattfleet-hardware-")
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.ran = run(cls.folder, f"gpu GPU-aa NVIDIA H200\nlimit_w 700\npower 0 {WATTS}\n",
                      "--pretend-work")
        cls.found = json.loads((cls.folder / "out/nvidia-checks.json").read_text())

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_what_the_gpu_offers_is_listed(self):
        figures = self.found["figures"]
        self.assertEqual(figures["gpu"], "NVIDIA H200")
        self.assertEqual(figures["power limit [W]"], 700)
        self.assertGreater(figures["field 83, scope 0"], 0)

    def test_its_update_period_and_power_are_found(self):
        figures = self.found["figures"]
        self.assertAlmostEqual(figures["energy counter (83): update [ms] p50"], 100, delta=20)
        self.assertAlmostEqual(figures["idle, cold [W]"], WATTS, delta=0.1 * WATTS)

    def test_counter_and_power_agree_and_bursts_are_measured(self):
        verdicts = {check["name"]: check["verdict"] for check in self.found["checks"]}
        self.assertEqual(verdicts["counter against integrated power"], "ok")
        self.assertEqual(verdicts["bursts of 500 ms: measured"], "ok")

    def test_its_readings_are_recorded(self):
        for name in ("nvidia-idle", "nvidia-square-500ms"):
            recorded = self.folder / f"out/{name}.readings.zst"
            self.assertTrue(recorded.read_bytes().startswith(b"\x28\xb5\x2f\xfd"))

    def test_without_cuda_only_the_work_is_left_out(self):
        with tempfile.TemporaryDirectory(prefix="wattfleet-hardware-") as folder:
            ran = run(pathlib.Path(folder), f"gpu GPU-aa NVIDIA H200\npower 0 {WATTS}\n",
                      "--cuda-lib", "/nowhere/libcuda.so.1")
        self.assertEqual(ran.returncode, 0, ran.stdout)
        self.assertIn("skipped: no CUDA driver library", ran.stdout)

    def test_a_counter_that_disagrees_with_power_fails(self):
        with tempfile.TemporaryDirectory(prefix="wattfleet-hardware-") as folder:
            ran = run(pathlib.Path(folder),
                      f"gpu GPU-aa NVIDIA H200\npower_gain 1.5\npower 0 {WATTS}\n",
                      "--pretend-work")
        self.assertEqual(ran.returncode, 1, ran.stdout)
        self.assertRegex(ran.stdout, "counter against integrated power +FAILED")

    def test_a_machine_without_a_gpu_is_skipped(self):
        with tempfile.TemporaryDirectory(prefix="wattfleet-hardware-") as folder:
            ran = run(pathlib.Path(folder), "", "--nvml-lib", "/nowhere/libnvidia-ml.so.1")
        self.assertEqual(ran.returncode, 77)
        self.assertIn("skipped: no NVIDIA GPU", ran.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
