#!/usr/bin/env python3
"""Says which inference engines answer on this machine, and the line that runs the demo's questions
on each. Prints nothing where none does.

Usage: local_engines.py [--command WATTFLEET]
"""
import argparse
import json
import re
import sys
import urllib.error
import urllib.request

# Name for people, kind in sweep files, port, path of the list of models.
ENGINES = (
    ("Ollama", "ollama", 11434, "/api/tags"),
    ("LM Studio", "lmstudio", 1234, "/v1/models"),
    ("llama-server", "llama-server", 8080, "/v1/models"),
    ("vLLM", "vllm", 8000, "/v1/models"),
)
PATIENCE_S = 1


def models(port, path):
    """Names of the models that the engine on `port` has, or None where no such engine answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_S) as reply:
            listing = json.load(reply)
        rows = listing["models"] if "models" in listing else listing["data"]
        return [row.get("name") or row["id"] for row in rows]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, urllib.error.URLError):
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--command", default="wattfleet")
    command = parser.parse_args().command
    for title, kind, port, path in ENGINES:
        names = models(port, path)
        if names is None:
            continue
        print(f"\n{title} answers on 127.0.0.1:{port}. "
              + ("It has no model yet." if not names else "The same questions on it:"))
        if names:
            plain = re.sub(r"[^A-Za-z0-9._-]+", "-", names[0]).strip("-")
            print(f"  ENGINE={kind} MODEL={names[0]} NAME={plain} {command} run "
                  f"deploy/examples/demo-engine.yaml")
    return 0


if __name__ == "__main__":
    sys.exit(main())
