#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds everything and runs every test but the nightly ones.
#
#   ./test.sh [--no-install] [--preset NAME]
#
#   --no-install   install nothing: stop and name the packages that are missing
#   --preset NAME  release (default), asan, dev, ...
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")"

install_options=()
preset=release
while [[ $# -gt 0 ]]; do
  case $1 in
    --no-install) install_options=(--no-install) ;;
    --preset)
      [[ $# -gt 1 ]] || { echo "test.sh: --preset needs a name" >&2; exit 2; }
      preset=$2
      shift
      ;;
    -h | --help) sed -n '3,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "test.sh: found \"$1\", expected --no-install or --preset NAME" >&2; exit 2 ;;
  esac
  shift
done

scripts/dependencies.sh "${install_options[@]}"
scripts/build.sh "$preset"
exec /usr/bin/ctest --test-dir "build/$preset" --output-on-failure -j "$(nproc)" -LE nightly
