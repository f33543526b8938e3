#!/usr/bin/env python3
"""An OpenAI-compatible engine that answers rightly, except for some requests.

    faulty_engine.py --port N --fault KIND --state FILE [--until FILE]

KIND: none, html, error (500), cut (closes mid-stream), hang, die. Requests are counted in --state,
so that an engine that died and was started again goes on where it was. Faulty are a few of them;
with --until, every one from the fifth on until that file exists.
"""
import argparse
import http.server
import json
import os
import pathlib
import re
import socket
import threading
import time

FAULTY_REQUESTS = (5, 6, 17)
HANG_S = 3600


class Engine(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fault = "none"
    state = pathlib.Path()
    until = None
    lock = threading.Lock()

    def log_message(self, *_):
        pass

    def do_GET(self):
        body = json.dumps({"object": "list", "data": [{"id": "letters", "object": "model"}]})
        self.reply(200, "application/json", body)

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = request["messages"][-1]["content"]
        number = re.search(r"Which letter is number (\d+)\?", prompt)
        if number is not None and self.is_faulty():
            getattr(self, "fault_" + self.fault)()
            return
        letter = "ABCD"[int(number[1]) % 4] if number else "A"
        self.begin_stream()
        for piece in ("The answer ", "is ", f"({letter})."):
            self.chunk({"choices": [{"index": 0, "delta": {"content": piece}}]})
        self.chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self.chunk({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 4}})
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def is_faulty(self):
        with self.lock:
            count = int(self.state.read_text()) + 1 if self.state.exists() else 1
            self.state.write_text(str(count))
        if self.until is not None:
            return count >= FAULTY_REQUESTS[0] and not self.until.exists()
        return self.fault != "none" and count in FAULTY_REQUESTS

    def reply(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def begin_stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()

    def chunk(self, content):
        self.wfile.write(b"data: " + json.dumps(content).encode() + b"\n\n")
        self.wfile.flush()

    def fault_html(self):
        self.reply(200, "text/html", "<html><body>Please log in</body></html>")

    def fault_error(self):
        self.reply(500, "application/json", json.dumps({"error": {"message": "out of luck"}}))

    def fault_cut(self):
        self.begin_stream()
        self.chunk({"choices": [{"index": 0, "delta": {"content": "The answer "}}]})
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def fault_hang(self):
        time.sleep(HANG_S)  # the fault itself; nothing waits for it

    def fault_die(self):
        os._exit(3)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--fault", default="none")
    parser.add_argument("--state", type=pathlib.Path, required=True)
    parser.add_argument("--until", type=pathlib.Path)
    options = parser.parse_args()
    Engine.fault = options.fault
    Engine.state = options.state
    Engine.until = options.until
    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Engine)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
