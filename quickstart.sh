#!/usr/bin/env bash
# From a clean clone to a report: installs what is missing, builds, and runs the demo's sweep, in
# which llama.cpp answers 600 questions with each of two small models on this machine's CPU.
#
#   ./quickstart.sh             a second run takes seconds: the sweep is done, and is reported again
#   ./quickstart.sh --again     forgets the demo's results first
set -euo pipefail
cd "$(dirname "$0")"

data=wattfleet-data/demo
bin=build/release/bin
case "${1:-}" in
  "") ;;
  --again) rm -rf "$data" ;;
  *) echo "usage: ./quickstart.sh [--again]" >&2; exit 2 ;;
esac

step() { echo "== $*" >&2; }

step "installing what is missing"
deploy/scripts/setup.sh --with-demo
# Node 20 lies beside the system's where that one is older.
cached_node=$(echo "${XDG_CACHE_HOME:-$HOME/.cache}"/wattfleet/node/node_modules/node-linux-*/bin)
[ ! -d "$cached_node" ] || PATH="$cached_node:$PATH"

step "building (minutes the first time)"
configured=$(cmake --preset release 2>&1) || { echo "$configured" >&2; exit 1; }
cmake --build --preset release -j "$(nproc)" \
  --target wattfleet wattfleet-coordinator wattfleet-agent -- --quiet

step "fetching the demo's engine: llama.cpp as an npm package"
if ! cmp -s deploy/demo/package-lock.json deploy/demo/node_modules/.installed-lock; then
  npm ci --silent --omit=optional --no-audit --no-fund --prefix deploy/demo
  cp deploy/demo/package-lock.json deploy/demo/node_modules/.installed-lock
fi

step "running the sweep with two agents: $bin/wattfleet run deploy/examples/demo.yaml"
"$bin/wattfleet" run deploy/examples/demo.yaml --data "$data" \
  --agent deploy/examples/demo-agent-a.yaml --agent deploy/examples/demo-agent-b.yaml

deploy/scripts/local_engines.py --command "$bin/wattfleet"
