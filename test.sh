#!/usr/bin/env bash
# Installs what is missing, builds the dev preset and runs every test; ctest's summary comes last.
#
#   ./test.sh [CTEST ARGUMENT...]      e.g. ./test.sh -L unit
set -euo pipefail
cd "$(dirname "$0")"
deploy/scripts/setup.sh --with-browser
configured=$(cmake --preset dev 2>&1) || { echo "$configured"; exit 1; }
cmake --build --preset dev -j "$(nproc)" -- --quiet
cmake --build --preset dev -j "$(nproc)" --target all_verify_interface_header_sets -- --quiet
exec ctest --preset dev -j 2 "$@"
