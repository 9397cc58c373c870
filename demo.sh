#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds iommusim and runs a peer-to-peer collision that the IOMMU never sees.
#
#   ./demo.sh [--no-install]      --no-install: only check, and name the packages that are missing
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")"

for option in "$@"; do
  case $option in
    --no-install) ;;
    -h | --help) sed -n '3,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "demo.sh: found \"$option\", expected --no-install" >&2; exit 2 ;;
  esac
done

step() { printf '\n== %s\n' "$*"; }

flagship=platforms/nic-behind-non-acs-switch.yaml
twin=platforms/nic-behind-acs-switch.yaml
iommusim=build/release/bin/iommusim

step "Packages"
scripts/dependencies.sh "$@"
echo "All packages are installed."

step "Build (a few minutes the first time)"
scripts/build.sh release iommusim

step "iommusim run $flagship"
$iommusim run "$flagship"

step "iommusim run $twin (the same machine and DMA; the switch has ACS)"
$iommusim run "$twin" | tail -n 1

step "Try next"
cat <<EOF
$iommusim explain $flagship --device nic0 --address 0x38_0000_0000 --op write
$iommusim run platforms/msi-window-swallow.yaml
./test.sh
EOF
