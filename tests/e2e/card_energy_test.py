#!/usr/bin/env python3
"""A sweep over two AMD cards, one told by AMD's library and one by the kernel: each is found, leased
and measured by itself, and every figure is its watts times the time.

    tests/e2e/card_energy_test.py BIN_DIRECTORY FAKE_AMD_SMI
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import fake_machine
import fleet

BIN = pathlib.Path(sys.argv[1]).resolve()
FAKE_AMD_SMI = pathlib.Path(sys.argv[2]).resolve()

QUERIES = 6
SECONDS = 0.7
CARDS = {  # accelerator: channel, watts
    "amd-instinct-mi300x": ("amd_smi/0000:c1:00.0/energy", 300.0),
    "amd-gpu-744c": ("amdgpu/0000:03:00.0/power", 150.0),
}
MEASURED = 0  # EnergyStatus


def write_kernel_card(sysfs, watts):
    device = sysfs / "class/drm/card0/device"
    (device / "hwmon/hwmon2").mkdir(parents=True)
    (device / "power").mkdir()
    (device / "uevent").write_text("PCI_ID=1002:744C\nPCI_SLOT_NAME=0000:03:00.0\n")
    (device / "power/runtime_status").write_text("active\n")
    (device / "hwmon/hwmon2/name").write_text("amdgpu\n")
    (device / "hwmon/hwmon2/power1_input").write_text(f"{int(watts * 1e6)}\n")


class CardEnergyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="wattfleet-cards-")
        folder = pathlib.Path(cls.temporary.name)
        script = folder / "amd.script"
        script.write_text("gpu 0000:c1:00.0 AMD Instinct MI300X\n"
                          f"power 0 {CARDS['amd-instinct-mi300x'][1]}\n")
        sysfs = folder / "sys"
        write_kernel_card(sysfs, CARDS["amd-gpu-744c"][1])
        engine = fake_machine.ScriptedEngine("tiny", lambda _: (
            "After some thought, the answer is (A).", SECONDS))
        running = fleet.Fleet(BIN, fleet.LetterScenario(folder, QUERIES, lambda _: "A"), folder)
        try:
            running.start_coordinator()
            running.start_agent("lab", {
                "engines": [{"kind": "openai", "url": engine.url}],
                "power": [
                    {"source": "amd_smi", "library": str(FAKE_AMD_SMI)},
                    {"source": "amdgpu", "sysfs_root": str(sysfs)}],
                "baseline": {"settle": "500ms", "measure": "3s"}},
                {**os.environ, "FAKE_AMD_SCRIPT": str(script)})
            running.submit()
            running.wait(running.done, "the end")
            cls.report = json.loads(running.wattfleet(
                "report", "scripted", "--class", "paper", "--format", "json"))
        finally:
            running.stop()
            engine.stop()
        cls.read = staticmethod(running.read)
        cls.fsck = subprocess.run([BIN / "wattfleet", "fsck", "--data", running.data],
                                  capture_output=True, text=True, check=False)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def rows(self, channel):
        """status, present seconds, gross and random joules of each query on the channel."""
        return [(status, present * 1e-9, gross and gross * 1e-6, random and random * 1e-6)
                for status, present, gross, random in self.read(
                    "SELECT e.status, r.duration_ns + r.queue_ns, e.gross_uj, e.random_uj "
                    "FROM result_energy e JOIN result r USING (pair_id, unit) "
                    f"JOIN channel c USING (channel_id) WHERE c.name = '{channel}'")]

    def test_each_card_is_an_accelerator_with_its_own_energy(self):
        self.assertEqual({pair["accelerator"] for pair in self.report["pairs"]}, set(CARDS))
        for channel, watts in CARDS.values():
            rows = self.rows(channel)
            self.assertEqual(len(rows), QUERIES, channel)
            for status, present_s, gross, random in rows:
                self.assertEqual(status, MEASURED)
                self.assertAlmostEqual(gross, watts * present_s, delta=3 * random + 1e-3)
                self.assertLess(random, 0.15 * gross)  # or the claim would be empty

    def test_the_report_shows_each_cards_watts_and_its_systematic_error(self):
        for pair in self.report["pairs"]:
            _, watts = CARDS[pair["accelerator"]]
            self.assertEqual(pair["energy"]["class"], "paper")
            self.assertEqual(pair["energy"]["status"], "measured")
            self.assertAlmostEqual(pair["power_watts"]["value"], watts, delta=0.05 * watts)
            self.assertAlmostEqual(pair["energy"]["systematic_relative"],
                                   0.0289 if watts == 300 else 0.0577, delta=1e-4)

    def test_every_microjoule_is_booked_once(self):
        self.assertEqual(self.fsck.returncode, 0, self.fsck.stdout + self.fsck.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
