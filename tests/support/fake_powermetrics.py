#!/usr/bin/env python3
"""Stands in for macOS's powermetrics, and for sudo before it.

    fake_powermetrics.py SCRIPT [ARGUMENT OF POWERMETRICS...]

Writes one property list for each interval of `-i`, at real pace. A script has one word and its
values on a line:

    zero NS            when the script begins, on the monotonic clock (default: now)
    power S W          from S seconds after that on, the GPU draws W watts
    integer            powers as <integer>
    without KEY        a key that is never written
    stray_ratio        a second idle_ratio without a value, as macOS writes it
    split              one byte per write
    garbage BYTES      that many bytes before the third report
    malformed          the third report is cut short
    lying              energies in mJ that are half of the powers
    zeros              all powers 0
    thermal NAME       thermal_pressure
    reports N          ends after N reports
    refuse TEXT        writes TEXT to standard error and ends with code 1
    hang               writes a prompt and nothing more
"""
import os
import select
import sys
import time

HEAD = (b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0'
        b'//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist version="1.0">\n')


def read_script(path):
    script = {"power": []}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            word, *values = line.split(maxsplit=1)
            value = values[0].strip() if values else ""
            if word == "power":
                script["power"].append(tuple(float(x) for x in value.split()))
            else:
                script[word] = value
    return script


def joules(power, start_s, end_s):
    """The closed form of the piecewise constant power."""
    total = 0.0
    for i, (since, watts) in enumerate(power):
        until = power[i + 1][0] if i + 1 < len(power) else float("inf")
        total += watts * max(0.0, min(end_s, until) - max(start_s, since))
    return total


def report(script, elapsed_ns, energy_j):
    watts = 0.0 if "zeros" in script else energy_j / (elapsed_ns * 1e-9)
    share = 0.5 if "lying" in script else 1.0
    kind = "integer" if "integer" in script else "real"

    def power(mw):
        return f"{round(mw)}" if kind == "integer" else f"{mw:.6f}"

    # The CPU draws a tenth of what the GPU does, and the neural engine nothing.
    cpu, gpu = watts * 1e3 / 11, watts * 1e4 / 11
    millijoules = elapsed_ns * 1e-9 * share
    processor = {
        "cpu_energy": ("integer", round(cpu * millijoules)), "cpu_power": (kind, power(cpu)),
        "gpu_energy": ("integer", round(gpu * millijoules)), "gpu_power": (kind, power(gpu)),
        "ane_energy": ("integer", 0), "ane_power": (kind, power(0)),
        "combined_power": (kind, power(cpu + gpu)),
    }
    hidden = script.get("without", "").split()
    text = "<dict>\n<key>is_delta</key><true/>\n"
    text += f"<key>elapsed_ns</key><integer>{elapsed_ns}</integer>\n"
    text += "<key>hw_model</key><string>Mac13,1</string>\n"
    if "thermal" in script:
        text += f"<key>thermal_pressure</key><string>{script['thermal']}</string>\n"
    text += ("<key>processor</key>\n<dict>\n<key>clusters</key>\n<array>\n<dict>\n"
             "<key>name</key><string>E-Cluster</string>\n<key>combined_power</key><real>1</real>\n"
             "</dict>\n</array>\n")
    for key, (element, value) in processor.items():
        if key not in hidden:
            text += f"<key>{key}</key><{element}>{value}</{element}>\n"
    text += "</dict>\n<key>gpu</key>\n<dict>\n<key>freq_hz</key><real>389.4</real>\n"
    text += "<key>idle_ratio</key><real>0.9</real>\n"
    text += f"<key>gpu_energy</key><integer>{round(gpu * millijoules * 1.012)}</integer>\n"
    if "stray_ratio" in script:
        text += "<key>idle_ratio</key>\n"
    return HEAD + text.encode() + b"</dict>\n</dict>\n</plist>\n"


def write(script, data):
    step = 1 if "split" in script else len(data)
    for at in range(0, len(data), step):
        os.write(sys.stdout.fileno(), data[at:at + step])


def main():
    script = read_script(sys.argv[1])
    if "refuse" in script:
        sys.exit(script["refuse"])
    if "hang" in script:
        os.write(sys.stderr.fileno(), b"Password:")
        select.select([], [], [])
    interval_s = int(sys.argv[sys.argv.index("-i") + 1]) * 1e-3
    zero_s = int(script.get("zero", time.monotonic_ns())) * 1e-9
    last_ns = time.monotonic_ns()
    due_s = time.monotonic()
    for number in range(int(script.get("reports", 10**9))):
        due_s += interval_s
        select.select([], [], [], max(0.0, due_s - time.monotonic()))
        now_ns = time.monotonic_ns()
        energy_j = joules(script["power"], last_ns * 1e-9 - zero_s, now_ns * 1e-9 - zero_s)
        data = report(script, now_ns - last_ns, energy_j)
        last_ns = now_ns
        if number == 2 and "malformed" in script:
            data = data[:len(data) // 2]
        if number == 2 and "garbage" in script:
            data = b"<plist>" + b"x" * int(script["garbage"]) + b"\0" + data
        write(script, (b"\0" if number > 0 else b"") + data)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.exit(1)
