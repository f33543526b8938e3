#!/usr/bin/env bash
# Runs clang-tidy 14 (all of .clang-tidy is an error) over the sources given, or over those that
# differ from the main branch. Needs a configured clang preset.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -f build/clang/compile_commands.json ] || cmake --preset clang > /dev/null
if [ $# -eq 0 ]; then
  mapfile -t sources < <(git diff --name-only --diff-filter=d main -- '*.cc')
  set -- "${sources[@]}"
fi
[ $# -eq 0 ] || printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 clang-tidy-14 -p build/clang --quiet
