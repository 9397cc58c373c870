#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Debian 12 packages that iommusim needs, in one list; installs the missing ones.
#
#   scripts/dependencies.sh [--lint] [--no-install]
#
#   --lint        also what format and lint checks need
#   --no-install  only check: names what is missing and exits 1
set -euo pipefail

# Debian's tools, whatever else comes first on this machine; apt needs the sbin folders.
export PATH="/usr/sbin:/usr/bin:/sbin:/bin:$PATH"

build_packages=(
  g++ cmake ninja-build
  libsystemc-dev              # SystemC 2.3.4 with TLM-2.0
  catch2 libbenchmark-dev     # tests and figures; configuring asks for them
  libcli11-dev libfmt-dev libspdlog-dev libyaml-cpp-dev libzstd-dev nlohmann-json3-dev
  zstd
  python3 python3-jsonschema python3-yaml   # checks of the documents and the ready platforms
  pciutils                    # lspci reads the dumps of configuration space
  acpica-tools                # iasl reads the DMAR tables
)
lint_packages=(clang-format clang-tidy)

usage() { sed -n '3,8s/^# \{0,1\}//p' "$0"; }

is_installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

install() {
  if [[ $EUID -ne 0 ]] && ! command -v sudo >/dev/null; then
    echo "To install them, run as root: apt-get install -y --no-install-recommends $*" >&2
    exit 1
  fi
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
  # An out-of-date list is no reason to stop: what it still knows can be installed.
  as_root "${apt[@]}" update || echo "apt-get update failed; trying with the lists that are here" >&2
  as_root "${apt[@]}" install -y --no-install-recommends "$@"
}

wanted=("${build_packages[@]}")
may_install=true
for option in "$@"; do
  case $option in
    --lint) wanted+=("${lint_packages[@]}") ;;
    --no-install) may_install=false ;;
    -h | --help) usage; exit 0 ;;
    *) echo "dependencies.sh: found \"$option\", expected --lint or --no-install" >&2; exit 2 ;;
  esac
done

if ! command -v dpkg-query >/dev/null; then
  echo "iommusim is built from Debian 12 packages, and this system has no dpkg. It needs: ${wanted[*]}" >&2
  exit 1
fi

missing=()
for package in "${wanted[@]}"; do
  is_installed "$package" || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

echo "Missing Debian packages: ${missing[*]}"
if [[ $may_install == false ]]; then
  echo "To install them: apt-get install -y --no-install-recommends ${missing[*]}"
  exit 1
fi
install "${missing[@]}"
