#!/usr/bin/env bash
# The checks that need a machine with an NVIDIA GPU, in one command; about ten minutes. On a machine
# without one it says so and ends with 0.
#
#   tests/hardware/run.sh [OUT_FOLDER]      figures as JSON, and recorded traces; ./hardware-OUT by date
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-hardware-$(date +%Y%m%d-%H%M%S)}
configured=$(cmake --preset release 2>&1) || { echo "$configured" >&2; exit 1; }
cmake --build --preset release -j "$(nproc)" --target nvidia_checks -- --quiet
code=0
build/release/bin/nvidia_checks "$out" || code=$?
[ "$code" != 77 ] || code=0
exit "$code"
