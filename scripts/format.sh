#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formats every C++ file of ours with clang-format 14, or with --check only names the ones that would change.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."

mode=(-i)
case ${1:-} in
  '') ;;
  --check) mode=(--dry-run --Werror) ;;
  *) echo "format.sh: found \"$1\", expected --check or nothing" >&2; exit 2 ;;
esac

# Another version would format differently.
formatter=$(command -v clang-format-14 || command -v clang-format) || {
  echo "clang-format is not installed: scripts/dependencies.sh --lint" >&2
  exit 1
}
if ! "$formatter" --version | grep -q 'version 14\.'; then
  echo "format.sh needs clang-format 14, found: $("$formatter" --version)" >&2
  exit 1
fi

find . -path ./build -prune -o -path './.*/*' -prune -o \( -name '*.cpp' -o -name '*.h' \) -print0 |
  xargs -0 "$formatter" "${mode[@]}"
