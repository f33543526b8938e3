#!/usr/bin/env python3
"""An agent that lies about a lease's energy is found out: its books are refused, `status` tells of
it, the report names it, and the energy counts nowhere.

    tests/e2e/lying_ledger_test.py BIN_DIRECTORY

The lie is told on the way: between a real agent and a real coordinator stands a relay that passes
every message on as it is, but for one number in the ledger of a lease's close. It knows the
messages by their field numbers alone.
"""
import concurrent.futures
import json
import pathlib
import queue
import subprocess
import sys
import tempfile
import unittest

try:
    import grpc
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
except ImportError as error:
    print(f"skipped: {error}; deploy/scripts/setup.sh installs python3-grpcio")
    sys.exit(77)

import fake_machine
import fleet

BIN = pathlib.Path(sys.argv[1]).resolve()
QUERIES = 4
SESSION = "wattfleet.v1.Fleet", "Session"

INT64, MESSAGE, BYTES = 3, 11, 12
# name -> field: (number, type, repeated). What is not listed is kept as it came.
MESSAGES = {
    "LedgerEntry": {"total_uj": (2, INT64, False), "attributed_uj": (3, INT64, False)},
    "LeaseClose": {"ledger": (4, "LedgerEntry", True)},
    "ResultBatch": {"close": (10, "LeaseClose", False)},
    "SpooledBatch": {"bytes": (2, BYTES, False)},
    "AgentMsg": {"batch": (3, "SpooledBatch", False)},
}


def make_messages():
    file = descriptor_pb2.FileDescriptorProto(name="relay.proto", package="relay", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind, repeated) in fields.items():
            proto = message.field.add(name=field, number=number, label=3 if repeated else 1)
            proto.type = MESSAGE if isinstance(kind, str) else kind
            if isinstance(kind, str):
                proto.type_name = f".relay.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName(f"relay.{name}"))
            for name in MESSAGES}


WIRE = make_messages()


class Relay:
    """Serves agents at `address` in the name of the coordinator at `port`; `lie` may change the
    ledger entries of a close."""

    def __init__(self, port, lie):
        self.lie = lie
        self.lies = 0
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=8))
        service, method = SESSION
        self.session = self.channel.stream_stream(f"/{service}/{method}")
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {
            method: grpc.stream_stream_rpc_method_handler(self.relay)}),))
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def relay(self, messages, context):
        passed = queue.Queue()

        def read():
            try:
                for message in messages:
                    passed.put(self.changed(message))
            except grpc.RpcError:
                pass  # the agent has gone
            passed.put(None)

        with concurrent.futures.ThreadPoolExecutor(max_workers=1) as reader:
            reader.submit(read)
            answers = self.session(iter(passed.get, None))
            context.add_callback(answers.cancel)
            try:
                yield from answers
            except grpc.RpcError:
                pass  # either side has gone
            context.cancel()

    def changed(self, message):
        parsed = WIRE["AgentMsg"].FromString(message)
        if not parsed.HasField("batch"):
            return message
        batch = WIRE["ResultBatch"].FromString(parsed.batch.bytes)
        if not batch.HasField("close") or not batch.close.ledger:
            return message
        self.lies += 1
        self.lie(batch.close.ledger[0])
        parsed.batch.bytes = batch.SerializeToString()
        return parsed.SerializeToString()

    def stop(self):
        self.server.stop(grace=None).wait()
        self.channel.close()


def letter(number):
    return "ABCD"[number % 4]


class LyingLedgerTest(unittest.TestCase):
    def run_with(self, lie):
        """What status and report say after a sweep whose closes the relay has changed."""
        folder = tempfile.TemporaryDirectory(prefix="wattfleet-lying-")
        self.addCleanup(folder.cleanup)
        root = pathlib.Path(folder.name)
        engine = fake_machine.ScriptedEngine(
            "tiny", lambda number: (f"The answer is ({letter(number or 0)}).", 0.2))
        host = fake_machine.FakeHost(root, engine, 30, 50, 6, 1)
        running = fleet.Fleet(BIN, fleet.LetterScenario(root, QUERIES, letter), root)
        relay = None
        try:
            running.start_coordinator()
            relay = Relay(running.port, lie)
            running.start_agent("lab", {
                "coordinator": relay.address, "warmup": {"requests": 0},
                "accelerators": [{"id": "cpu-fake"}],
                "engines": [{"kind": "openai", "url": engine.url}],
                "power": [{"source": "rapl", "sysfs_root": str(host.sysfs)}],
                "baseline": {"settle": "100ms", "measure": "3s"}})
            running.submit()
            running.wait(running.done, "the end")
            status = json.loads(running.wattfleet("status", "--json"))
            report = json.loads(running.wattfleet("report", "scripted", "--format", "json"))
            first_page = running.wattfleet("report", "scripted")
        finally:
            running.stop()
            if relay is not None:
                relay.stop()
            host.stop()
            engine.stop()
        self.assertGreater(relay.lies, 0, "no close came by")
        fsck = subprocess.run([BIN / "wattfleet", "fsck", "--data", running.data],
                              capture_output=True, text=True, check=False)
        self.assertEqual(fsck.returncode, 0, fsck.stdout + fsck.stderr)
        (pair,) = report["pairs"]
        self.assertEqual((pair["completed"], pair["correct"]), (QUERIES, QUERIES))
        events = [event["text"] for event in status["events"]
                  if event["kind"] == "LEDGER_IMBALANCE"]
        named = [m["text"] for m in report["quality"]["mismatches"]
                 if m["kind"] == "LEDGER_IMBALANCE"]
        self.assertIn(len(events), (0, relay.lies), "one event for each lie")
        return pair, events, named, first_page

    def expect_found_out(self, lie):
        pair, events, named, first_page = self.run_with(lie)
        self.assertGreater(len(events), 0)
        for event in events:
            self.assertRegex(event, r"lease \d+: channel rapl/\S+ does not balance; its ledger is "
                                    "refused and its energy counts nowhere")
        self.assertEqual(len(named), 1)
        self.assertIn("LEDGER_IMBALANCE", first_page)
        self.assertNotEqual(pair["energy"]["status"], "measured")
        self.assertIsNone(pair["ipw"])
        self.assertIsNone(pair["ipj"])

    def test_through_a_relay_that_tells_the_truth_the_energy_counts(self):
        pair, events, named, _ = self.run_with(lambda entry: None)
        self.assertEqual((events, named), ([], []))
        self.assertEqual(pair["energy"]["status"], "measured")
        self.assertIsNotNone(pair["ipw"])

    def test_books_that_do_not_add_up_are_refused(self):
        def lie(entry):
            entry.total_uj += 1
        self.expect_found_out(lie)

    def test_books_that_add_up_to_other_energy_than_the_results_are_refused(self):
        def lie(entry):
            entry.total_uj -= 1
            entry.attributed_uj -= 1
        self.expect_found_out(lie)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
