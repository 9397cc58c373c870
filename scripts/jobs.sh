#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints how many compilers may run at once: one for each processor, as far as 1.5 GiB of memory for each is there.
set -euo pipefail

if [[ -n ${IOMMUSIM_JOBS:-} ]]; then
  echo "$IOMMUSIM_JOBS"
  exit
fi
processors=$(nproc)
by_memory=$(awk '/^MemAvailable:/ { print int($2 / (1536 * 1024)) }' /proc/meminfo)
jobs=$((by_memory < processors ? by_memory : processors))
echo $((jobs > 0 ? jobs : 1))
