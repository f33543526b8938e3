#!/usr/bin/env python3
"""Energy monitors written in Python, read by the agent; and the agent's own, read from Python.

    tests/e2e/energy_monitor_test.py BIN_DIRECTORY FAKE_NVML

The peers are made from the field numbers of the protocol (energy_wire.py), with Debian's
python3-grpcio and nothing of ours.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

try:
    import grpc
except ImportError as error:
    print(f"skipped: {error}; deploy/scripts/setup.sh installs python3-grpcio")
    sys.exit(77)

import energy_wire
import fake_machine

BIN = pathlib.Path(sys.argv[1]).resolve()
FAKE_NVML = pathlib.Path(sys.argv[2]).resolve()


class PythonMonitor:
    """Draws constant watts on each rail, and says so every 20 ms."""

    STEP_S = 0.02

    def __init__(self, fields, platform, main_watts, cpu_watts=-1.0, healthy=True):
        self.wire = energy_wire.Wire(fields)
        self.newer = "cpu_power_watts" in fields
        self.platform = platform
        self.main_watts = main_watts
        self.cpu_watts = cpu_watts
        self.started = time.monotonic()
        self.stopping = threading.Event()
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=8))
        self.server.add_generic_rpc_handlers(
            (self.wire.handler(lambda: (healthy, platform), self.readings),))
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def readings(self, context):
        while context.is_active() and not self.stopping.is_set():
            yield self.reading()
            self.stopping.wait(self.STEP_S)

    def reading(self):
        seconds = time.monotonic() - self.started
        reading = self.wire.TelemetryReading(
            power_watts=self.main_watts, energy_joules=self.main_watts * seconds,
            temperature_celsius=-1, gpu_memory_usage_mb=-1, cpu_memory_usage_mb=-1,
            platform=self.platform, timestamp_nanos=time.time_ns())
        if self.newer:
            for field in energy_wire.SEVENTEEN:
                if field not in energy_wire.NINE:
                    setattr(reading, field, -1)
            reading.cpu_power_watts = self.cpu_watts
            reading.cpu_energy_joules = self.cpu_watts * seconds if self.cpu_watts >= 0 else -1
        return reading

    def stop(self):
        self.stopping.set()
        self.server.stop(grace=1).wait()


class MonitorReadByTheAgent(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def meter(self, address, **options):
        """The watts that `wattfleet-agent meter` prints of each channel, second by second."""
        config = pathlib.Path(self.folder.name) / "agent.yaml"
        config.write_text(json.dumps(
            {"power": [{"source": "energy_monitor", "address": address, **options}]}))
        done = subprocess.run([BIN / "wattfleet-agent", "--config", config, "meter", "--json",
                               "--seconds", "3"], capture_output=True, text=True, check=False)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return done, lines

    def assert_watts(self, lines, expected):
        self.assertEqual(len(lines), 3)
        for line in lines[1:]:
            watts = {channel["name"]: channel["watts"] for channel in line["channels"]}
            self.assertEqual(set(watts), set(expected))
            for name, value in expected.items():
                # Two knots, each within a step of the monitor, of a second.
                self.assertAlmostEqual(watts[name], value, delta=0.08 * value)

    def test_a_monitor_of_nine_fields_has_one_channel_and_its_zeros_are_no_readings(self):
        monitor = PythonMonitor(energy_wire.NINE, "nvidia", 312.5)
        self.addCleanup(monitor.stop)
        done, lines = self.meter(monitor.address)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_watts(lines, {"energy_monitor/main/energy": 312.5})

    def test_a_monitor_of_seventeen_fields_has_its_processor_too(self):
        monitor = PythonMonitor(energy_wire.SEVENTEEN, "macos", 20.0, cpu_watts=11.0)
        self.addCleanup(monitor.stop)
        done, lines = self.meter(monitor.address)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_watts(lines, {"energy_monitor/main/energy": 20.0,
                                  "energy_monitor/cpu/energy": 11.0})

    def test_an_unhealthy_monitor_is_refused(self):
        monitor = PythonMonitor(energy_wire.NINE, "null", -1.0, healthy=False)
        self.addCleanup(monitor.stop)
        done, lines = self.meter(monitor.address)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(lines, [])
        self.assertIn("not healthy", done.stderr)


class AgentReadFromPython(unittest.TestCase):
    GPU_WATTS = 400.0
    CPU_WATTS = 30.0

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.processes = []

    def start(self, power, env=None):
        config = pathlib.Path(self.folder.name) / "agent.yaml"
        config.write_text(json.dumps({"name": "lab", "power": power}))
        process = subprocess.Popen(
            [BIN / "wattfleet-agent", "--config", config, "monitor", "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, text=True, env=env)
        self.addCleanup(self.stop, process)
        line = process.stdout.readline()
        self.assertIn("listening on 127.0.0.1:", line)
        channel = grpc.insecure_channel(line.split()[2].rstrip(","))
        self.addCleanup(channel.close)
        return process, channel

    def stop(self, process):
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()

    def start_measured(self):
        folder = pathlib.Path(self.folder.name)
        fake_machine.write_fake_gpu(folder / "gpu", "GPU-1", self.GPU_WATTS)
        engine = fake_machine.ScriptedEngine("tiny", lambda number: ("", 0))
        self.addCleanup(engine.stop)
        host = fake_machine.FakeHost(folder, engine, self.CPU_WATTS, 0.0, 5.0, 1)
        self.addCleanup(host.stop)
        return self.start([{"source": "nvml", "library": str(FAKE_NVML)},
                           {"source": "rapl", "sysfs_root": str(host.sysfs)}],
                          {**os.environ, "FAKE_NVML_SCRIPT": str(folder / "gpu")})

    def read_seconds(self, stream, seconds):
        """Readings from the first with energy until that many seconds later."""
        readings = []
        for reading in stream:
            if reading.energy_joules > 0:
                readings.append(reading)
            if readings and (reading.timestamp_nanos - readings[0].timestamp_nanos
                             >= seconds * 1e9):
                stream.cancel()
                return readings

    def assert_energy(self, readings):
        first, last = readings[0], readings[-1]
        seconds = (last.timestamp_nanos - first.timestamp_nanos) * 1e-9
        for joules, watts in ((last.energy_joules - first.energy_joules, self.GPU_WATTS),
                              (last.cpu_energy_joules - first.cpu_energy_joules, self.CPU_WATTS)):
            # The counter's newest knot is up to an update and a read old, at either end.
            self.assertAlmostEqual(joules, watts * seconds, delta=0.3 * watts)
        self.assertAlmostEqual(last.power_watts, self.GPU_WATTS, delta=0.02 * self.GPU_WATTS)

    def test_all_fields_are_what_a_client_of_the_protocol_expects(self):
        _, channel = self.start_measured()
        wire = energy_wire.Wire(energy_wire.SEVENTEEN)
        health = wire.health(channel)
        self.assertTrue(health.healthy)
        self.assertEqual(health.platform, "nvidia")
        readings = self.read_seconds(wire.stream(channel), 3)
        self.assert_energy(readings)
        times = [reading.timestamp_nanos for reading in readings]
        self.assertEqual(times, sorted(set(times)))
        self.assertGreater(len(times), 3 * 20 * 0.5)  # every 50 ms, on a busy machine
        self.assertLess(abs(time.time_ns() - times[-1]), 60e9)
        joules = [reading.energy_joules for reading in readings]
        self.assertEqual(joules, sorted(joules))
        last = readings[-1]
        self.assertEqual(last.platform, "nvidia")
        for field in ("temperature_celsius", "gpu_memory_usage_mb", "cpu_memory_usage_mb",
                      "ane_power_watts", "ane_energy_joules", "gpu_compute_utilization_pct",
                      "gpu_memory_bandwidth_utilization_pct", "gpu_tensor_core_utilization_pct",
                      "gpu_memory_total_mb"):
            self.assertEqual(getattr(last, field), -1, field)
        self.assertEqual(last.system_info.host_name, "lab")
        self.assertGreater(last.system_info.cpu_count, 0)
        self.assertEqual(last.gpu_info.vendor, "NVIDIA")

    def test_an_older_client_and_several_at_once_are_served_from_one_sampler(self):
        _, channel = self.start_measured()
        nine, seventeen = (energy_wire.Wire(energy_wire.NINE),
                           energy_wire.Wire(energy_wire.SEVENTEEN))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            streams = [nine.stream(channel), *[seventeen.stream(channel) for _ in range(5)]]
            read = list(pool.map(lambda stream: self.read_seconds(stream, 1), streams))
        by_time = {}
        for readings in read:
            for reading in readings:
                by_time.setdefault(reading.timestamp_nanos, set()).add(reading.energy_joules)
        self.assertTrue(all(len(joules) == 1 for joules in by_time.values()))
        shared = [t for t in by_time if all(any(r.timestamp_nanos == t for r in readings)
                                            for readings in read)]
        self.assertGreater(len(shared), 3)

    def test_a_machine_that_measures_nothing_says_so_and_a_model_is_not_a_measurement(self):
        _, channel = self.start([{"source": "modelled", "watts_per_busy_core": 5}])
        wire = energy_wire.Wire(energy_wire.SEVENTEEN)
        health = wire.health(channel)
        self.assertFalse(health.healthy)
        self.assertEqual(health.platform, "null")
        stream = wire.stream(channel)
        reading = next(stream)
        stream.cancel()
        self.assertEqual((reading.power_watts, reading.energy_joules, reading.cpu_energy_joules),
                         (-1, -1, -1))

    def test_a_stream_ends_in_order_when_the_agent_stops(self):
        process, channel = self.start_measured()
        stream = energy_wire.Wire(energy_wire.SEVENTEEN).stream(channel)
        next(stream)
        process.terminate()
        self.assertGreaterEqual(sum(1 for _ in stream), 0)  # ends, and without an error
        self.assertEqual(process.wait(timeout=30), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
