"""A machine that is not there: an engine that answers by script, and sensors that its work moves."""
import http.server
import json
import os
import pathlib
import re
import threading
import time


class ScriptedEngine:
    """Speaks OpenAI's streaming API: `script(number)` gives the text and the seconds that it takes,
    number being the one that the prompt asks for, if it does."""

    CHUNKS = 8

    def __init__(self, model, script):
        self.model = model
        self.models = [model]  # as it lists them
        self.script = script
        self.lock = threading.Lock()
        self.spans = []  # of each request, in order: [start, end or None], monotonic seconds
        engine = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                known = self.path == "/v1/models"
                body = json.dumps({"object": "list", "data": [{"id": name} for name in engine.models]}).encode()
                self.send_response(200 if known else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                try:
                    self.answer()
                except BrokenPipeError:
                    self.close_connection = True  # who asked did not wait

            def answer(self):
                span = engine.begin()
                try:
                    request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                    number = re.search(r"number (\d+)", request["messages"][-1]["content"])
                    self.stream(*engine.script(int(number.group(1)) if number else None))
                finally:
                    engine.end(span)
                self.chunk(b"data: [DONE]\n\n")
                self.chunk(b"")

            def stream(self, text, seconds):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                start = time.monotonic()
                size = -(-len(text) // engine.CHUNKS)
                for i in range(engine.CHUNKS):
                    due = start + seconds * (i + 1) / engine.CHUNKS
                    time.sleep(max(0.0, due - time.monotonic()))  # the model thinks
                    self.event({"choices": [{"index": 0, "delta": {
                        "content": text[i * size:(i + 1) * size]}, "finish_reason": None}]})
                self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
                self.event({"choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 8,
                                                     "total_tokens": 28}})

            def event(self, fields):
                event = {"id": "1", "object": "chat.completion.chunk", "model": engine.model}
                self.chunk(b"data: " + json.dumps({**event, **fields}).encode() + b"\n\n")

            def chunk(self, payload):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(payload), payload))
                self.wfile.flush()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def begin(self):
        with self.lock:
            span = [time.monotonic(), None]
            self.spans.append(span)
            return span

    def end(self, span):
        with self.lock:
            span[1] = time.monotonic()

    def busy_seconds(self):
        """Now, and the seconds of work until then, requests that overlap counted each."""
        with self.lock:
            now = time.monotonic()
            return now, sum((now if end is None else end) - start for start, end in self.spans)

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class FakeHost:
    """Trees like /sys and /proc. The CPU package draws `idle_watts`, and `busy_watts` more while the
    engine works; memory draws `dram_watts`; `busy_cores` cores are busy, always."""

    STEP_S = 0.005
    MAX_RANGE_UJ = 262_143_328_850

    def __init__(self, folder, engine, idle_watts, busy_watts, dram_watts, busy_cores):
        self.sysfs = folder / "sys"
        self.proc = folder / "proc"
        self.engine = engine
        self.idle_watts = idle_watts
        self.busy_watts = busy_watts
        self.dram_watts = dram_watts
        self.busy_cores = busy_cores
        self.started = time.monotonic()
        self.worst_step_s = 0.0  # how late the counters ever were
        self.files = {}
        package = self.sysfs / "class/powercap/intel-rapl:0"
        self.package = self.add_zone(package, "package-0")
        self.dram = self.add_zone(self.sysfs / "class/powercap/intel-rapl:0:0", "dram")
        self.stat = self.open(self.proc / "stat")
        self.step()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def add_zone(self, folder, name):
        folder.mkdir(parents=True)
        (folder / "name").write_text(name + "\n")
        (folder / "max_energy_range_uj").write_text(f"{self.MAX_RANGE_UJ}\n")
        return self.open(folder / "energy_uj")

    def add_board(self, watts):
        """An INA3221 as on a Jetson board, whose input rail always draws `watts` at 5 V."""
        monitor = self.sysfs / "bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon0"
        monitor.mkdir(parents=True)
        for name, value in (("in1_label", "VDD_IN"), ("in1_enable", "1"), ("in1_input", "5000"),
                            ("curr1_input", round(watts * 200)), ("update_interval", "2")):
            (monitor / name).write_text(f"{value}\n")

    def open(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.files[path] = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
        return self.files[path]

    def step(self):
        # Each text of constant width, in one write: no reader meets half of it.
        now, work = self.engine.busy_seconds()
        seconds = now - self.started
        package = self.idle_watts * seconds + self.busy_watts * work
        os.pwrite(self.package, b"%015d\n" % int(package * 1e6), 0)
        os.pwrite(self.dram, b"%015d\n" % int(self.dram_watts * seconds * 1e6), 0)
        ticks = self.busy_cores * seconds * os.sysconf("SC_CLK_TCK")
        os.pwrite(self.stat, b"cpu  %012d 0 0 999 5 0 0 0 0 0\n" % int(ticks), 0)
        return now

    def run(self):
        last = self.step()
        while not self.stopping.wait(self.STEP_S):
            now = self.step()
            self.worst_step_s = max(self.worst_step_s, now - last)
            last = now

    def stop(self):
        self.stopping.set()
        self.thread.join()
        for descriptor in self.files.values():
            os.close(descriptor)


def write_fake_powermetrics(folder, watts):
    """A program that takes powermetrics' place (tests/support/fake_powermetrics.py) on a chip that
    always draws `watts`; its path."""
    fake = pathlib.Path(__file__).resolve().parent.parent / "support/fake_powermetrics.py"
    (folder / "powermetrics.script").write_text(f"power 0 {watts}\n")
    program = folder / "powermetrics"
    program.write_text(f'#!/bin/sh\nexec "{fake}" "{folder}/powermetrics.script" "$@"\n')
    program.chmod(0o755)
    return program


def write_fake_gpu(path: pathlib.Path, uuid, watts):
    """The script of the fake NVIDIA library (tests/support/fake_nvml_script.h) for one GPU that
    always draws `watts`."""
    path.write_text(f"gpu {uuid} NVIDIA H200\npower 0 {watts}\n")
