#!/usr/bin/env bash
# Everything that must be green before a release: each preset built and tested, one after another.
#
#   deploy/scripts/check.sh [PRESET...]      default: dev clang asan tsan
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- dev clang asan tsan
for preset in "$@"; do
  cmake --preset "$preset" > /dev/null
  cmake --build --preset "$preset" -j "$(nproc)"
  ctest --preset "$preset" -j "$(nproc)"
done
