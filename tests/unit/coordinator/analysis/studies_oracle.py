#!/usr/bin/env python3
"""Numbers that studies_test.cc and block_interval_test.cc expect, worked out without the C++ code.

Run: python3 tests/unit/coordinator/analysis/studies_oracle.py
"""

import math

Z = 1.959963984540054


def routing():
    # query: (solved by small, by big local, by cloud); joules small 2 + q, big 10, cloud 100;
    # usd: small 1e-4, big 3e-4, cloud 1e-3; tokens 100 each: flops 2 x parameters x 100.
    solved = [(1, 1, 1), (0, 1, 1), (0, 0, 1), (0, 0, 0), (1, 0, 0)]
    n = len(solved)
    base = {"joules": 100.0 * n, "usd": 1e-3 * n, "flops": 2 * 235e9 * 100.0 * n}
    local = dict.fromkeys(base, 0.0)
    fallback = dict.fromkeys(base, 0.0)
    local_n = right = 0
    for q, (small, big, cloud) in enumerate(solved):
        options = []
        if small:
            options.append((2.0 + q, 1e-4, 2 * 4e9 * 100.0))
        if big:
            options.append((10.0, 3e-4, 2 * 14e9 * 100.0))
        if options:
            joules, usd, flops = min(options)
            local_n += 1
            for kind, value in zip(("joules", "usd", "flops"), (joules, usd, flops)):
                local[kind] += value
        else:
            for kind, value in (("joules", 100.0), ("usd", 1e-3), ("flops", 2 * 235e9 * 100.0)):
                fallback[kind] += value
        right += 1 if options or cloud else 0
    print("routing: local share", local_n / n, "accuracy of the oracle", right / n)
    for kind in base:
        for a in (1.0, 0.8):
            oracle = local[kind] + fallback[kind]
            plain = 1 - (a * oracle + (1 - a) * base[kind]) / base[kind]
            wasted = base[kind] + n * local[kind] / local_n
            with_waste = 1 - (a * oracle + (1 - a) * wasted) / base[kind]
            print(f"  {kind} a={a}: saved {plain:.10f}, with wasted attempts {with_waste:.10f}")
    for joules in (20.0, 200.0):
        oracle = local["joules"] + joules * (n - local_n)
        print(f"  baseline assumed {joules}: saved {1 - oracle / (joules * n):.10f}")


def weighted():
    def wilson(x, n):
        p = x / n
        scale = 1 + Z * Z / n
        centre = (p + Z * Z / (2 * n)) / scale
        half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / scale
        return p, centre - half, centre + half

    rows = [(3.0, wilson(40, 100)), (1.0, wilson(45, 50))]
    total = sum(w for w, _ in rows)
    value = sum(w * p for w, (p, _, _) in rows) / total
    low = value - math.sqrt(sum((w * (p - lo)) ** 2 for w, (p, lo, _) in rows)) / total
    high = value + math.sqrt(sum((w * (hi - p)) ** 2 for w, (p, _, hi) in rows)) / total
    print(f"weighted: {value:.10f} [{low:.10f}, {high:.10f}]")


def critical(low=10, high=60, rise=1 / 3, most=4.0, steps=400):
    """The 0.95 quantile of |Z| / sqrt(L (L / H) ^ rise) given L < most H, by summing over a grid."""

    def grid(degrees):  # chi-square over its degrees, on equal steps of its logarithm
        first, last = math.log(0.02), math.log(6)
        points = [math.exp(first + (i + 0.5) * (last - first) / steps) for i in range(steps)]
        weights = [x ** (degrees / 2) * math.exp(-degrees * x / 2) for x in points]
        return [(x, w / sum(weights)) for x, w in zip(points, weights)]

    cells = [(math.sqrt(l * (l / h) ** rise), v * w)
             for l, v in grid(low) for h, w in grid(high) if l < most * h and v * w > 1e-14]
    mass = sum(weight for _, weight in cells)
    below, above = 1.5, 4.0
    for _ in range(40):
        middle = (below + above) / 2
        share = sum(w * math.erf(middle * s / math.sqrt(2)) for s, w in cells) / mass
        below, above = (middle, above) if share < 0.95 else (below, middle)
    return above, mass


def blocks():
    # 640 queries of 100 + x mod 101 joules, x by Lehmer's generator; 512 parts of one or two.
    n, parts, x = 640, 512, 1
    sums = [0.0] * parts
    counts = [0.0] * parts
    for i in range(n):
        x = x * 48271 % 2147483647
        sums[i * parts // n] += 100.0 + x % 101
        counts[i * parts // n] += 1.0
    mean = sum(sums) / n
    influence = [sums[i] / sum(sums) - counts[i] / n for i in range(parts)]

    def spectrum(j):
        return 2 * sum(v * math.cos(math.pi * j * (i + 0.5) / parts)
                       for i, v in enumerate(influence)) ** 2

    low = sum(spectrum(j) for j in range(1, 11)) / 10
    high = sum(spectrum(j) for j in range(21, 81)) / 60
    quantile, mass = critical()
    half = quantile * math.sqrt(low * (low / high) ** (1 / 3)) * mean
    print(f"blocks: quantile {quantile:.4f} of {100 * mass:.2f} %, rise {low / high:.4f},"
          f" mean {mean:.10f} +- {half:.4f}")


if __name__ == "__main__":
    routing()
    weighted()
    blocks()
