#!/usr/bin/env bash
# Installs what building and testing wattfleet needs on Debian 12; does nothing where all is there.
#
#   deploy/scripts/setup.sh              compilers and libraries
#   deploy/scripts/setup.sh --with-demo  also Node 20, which only the demo's engine needs
#   deploy/scripts/setup.sh --with-browser  also Chromium, in which a test opens the HTML report
set -euo pipefail

packages=(
  # build
  cmake ninja-build ccache g++ clang-14 libclang-rt-14-dev pkg-config git
  # checks
  clang-format-14 clang-tidy-14 python3 python3-grpcio python3-protobuf libgtest-dev libgmock-dev libbenchmark-dev
  # RPC and messages
  libgrpc++-dev protobuf-compiler-grpc libprotobuf-dev protobuf-compiler libabsl-dev
  # store
  libsqlite3-dev sqlite3
  # files and text
  libyaml-cpp-dev libre2-dev libsimdjson-dev nlohmann-json3-dev
  # HTTP
  libcurl4-openssl-dev libcpp-httplib-dev
  # command line, logs
  libcli11-dev libspdlog-dev
  # compression, hashing, keys
  zlib1g-dev libzstd-dev libxxhash-dev libssl-dev
  # charts of the HTML report: parts of d3
  node-d3-axis node-d3-scale node-d3-selection node-d3-shape
)
browser_packages=(chromium chromium-driver python3-selenium fonts-dejavu-core)
node_least=20

with_demo=no
with_browser=no
for argument in "$@"; do
  case "$argument" in
    --with-demo) with_demo=yes ;;
    --with-browser) with_browser=yes ;;
    *) echo "usage: setup.sh [--with-demo] [--with-browser]" >&2; exit 2 ;;
  esac
done

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo > /dev/null; then
    sudo "$@"
  else
    echo "setup.sh: run as root, or install sudo: needs '$*'" >&2
    exit 1
  fi
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]
}

# install PACKAGE...: those that are missing.
install() {
  local missing=()
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  echo "setup.sh: installing ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
}

# Major version of `node`, 0 where there is none.
node_version() {
  "${1:-node}" --version 2> /dev/null | sed -n 's/^v\([0-9]*\).*/\1/p' | grep . || echo 0
}

# Debian 12 has Node 18; the npm registry has the official builds of later ones as a package.
install_node() {
  [ "$(node_version)" -ge "$node_least" ] && command -v npm > /dev/null && return
  local folder="${XDG_CACHE_HOME:-$HOME/.cache}/wattfleet/node"
  local architecture
  architecture=$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
  local program="$folder/node_modules/node-linux-$architecture/bin/node"
  if [ "$(node_version "$program")" -lt "$node_least" ]; then
    command -v npm > /dev/null || install nodejs npm
    echo "setup.sh: installing Node $node_least into $folder"
    mkdir -p "$folder"
    npm install --silent --no-audit --no-fund --prefix "$folder" \
      "node-linux-$architecture@$node_least"
  fi
}

if ! command -v dpkg-query > /dev/null; then
  echo "setup.sh: not a Debian system; install by hand: ${packages[*]}" >&2
  exit 1
fi
install "${packages[@]}"
if [ "$with_browser" = yes ]; then
  install "${browser_packages[@]}"
fi
if [ "$with_demo" = yes ]; then
  install_node
fi
