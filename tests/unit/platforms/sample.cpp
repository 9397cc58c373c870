// SPDX-License-Identifier: Apache-2.0
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

#include <algorithm>

namespace iommusim::platforms::test {

const std::string sample = R"(platform: sample
memory:
  - {name: dram, base: 0, size: 2GiB}
host_bridges:
  - name: pcie0
    buses: [0, 5]
    windows: [{base: 0x9000_0000, size: 256MiB}, {base: 0x38_0000_0000, size: 64GiB}]
    iommu: dmar0
    devices:
      - name: rp0
        type: root-port
        at: 01.0
        devices:
          - name: nic0
            type: endpoint
            bars: [{bar: 0, base: 0x9000_0000, size: 1MiB}]
            msix: {vectors: 8, table_bar: 0}
      - name: rp1
        type: root-port
        at: 02.0
        devices:
          - name: gpu0
            type: endpoint
            bars: [{bar: 2, base: 0x38_0000_0000, size: 8GiB, type: 64-bit, prefetchable: true}]
            msi: {vectors: 4}
iommus:
  - {name: dmar0, type: vt-d, registers: 0xfed9_0000}
software:
  buffers: [{name: ring, base: 0x1000_0000, size: 2MiB}]
  domains:
    - name: user
      type: unmanaged
      devices: [nic0]
      mappings: [{iova: 0x10_0000, buffer: ring}]
  interrupts: [{device: nic0, index: 1, vector: 0x41, apic_id: 2}]
)";

std::string edited(const Edits& edits) {
  std::string text = sample;
  for (const auto& [from, to] : edits) {
    const std::size_t at = text.find(from);
    INFO("edit: " << from);
    REQUIRE(at != std::string::npos);
    REQUIRE(text.find(from, at + 1) == std::string::npos);
    text.replace(at, from.size(), to);
  }
  return text;
}

Description load(const Edits& edits) {
  return load_platform_text(edited(edits), "sample.yaml");
}

void check_error(const std::string& text, const std::string& message) {
  const std::size_t mark = text.find('@');
  REQUIRE(mark != std::string::npos);
  const std::string before = text.substr(0, mark);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t column = mark - (before.rfind('\n') + 1) + 1;
  const std::string expected = "sample.yaml:" + std::to_string(line) + ":" + std::to_string(column) + ": " + message;
  std::string said = "(loaded without an error)";
  try {
    load_platform_text(before + text.substr(mark + 1), "sample.yaml");
  } catch (const InputError& error) {
    said = error.what();
  }
  CHECK(said == expected);
}

}  // namespace iommusim::platforms::test
