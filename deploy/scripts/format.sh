#!/usr/bin/env bash
# Formats every C++ source in place.
set -euo pipefail
cd "$(dirname "$0")/../.."
git ls-files -co --exclude-standard '*.h' '*.cc' | xargs clang-format-14 -i
