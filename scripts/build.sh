#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Configures a preset and builds it.
#
#   scripts/build.sh PRESET [TARGET...]     without a target: everything
#
# IOMMUSIM_JOBS overrides how many compilers run at once.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."
export PATH="/usr/bin:/bin:$PATH"

preset=$1
shift

if [[ -e build && ! -w build ]]; then
  echo "build/ belongs to $(stat -c %U build), perhaps from a run with sudo: sudo chown -R $(id -un) build" >&2
  exit 1
fi

# Debian's interpreter, since it has Debian's modules.
options=(-DPython3_EXECUTABLE=/usr/bin/python3)
if command -v ccache >/dev/null; then
  options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
targets=()
[[ $# -eq 0 ]] || targets=(--target "$@")

cmake --preset "$preset" "${options[@]}"
cmake --build --preset "$preset" -j "$(scripts/jobs.sh)" "${targets[@]}"
