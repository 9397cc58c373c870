// SPDX-License-Identifier: Apache-2.0
// A small Arm platform: an SMMUv3, an ITS with two processors, a GICv2m frame; nic0 is its user's, disk0 the kernel's.
#pragma once

#include "platforms/loader.h"
#include "support/small_platforms.h"

#include <stdexcept>
#include <string>
#include <vector>

namespace iommusim::test {

inline const std::string arm_platform = R"(platform: arm
gic:
  redistributors: {registers: 0x80a_0000, processors: 2}
  its: {registers: 0x808_0000}
  gicv2m: {registers: 0x802_0000, first_spi: 80, spis: 16}
memory:
  - {name: dram, base: 0x4000_0000, size: 1GiB}
ecam: 0x3000_0000
host_bridges:
  - name: pcie0
    windows: [{base: 0x1000_0000, size: 256MiB}]
    iommu: smmu0
    devices:
      - name: rp0
        type: root-port
        at: 01.0
        acs: linux
        devices:
          - name: nic0
            type: endpoint
            bars: [{bar: 0, base: 0x1000_0000, size: 64KiB}]
            msix: {vectors: 4, table_bar: 0}
      - name: rp1
        type: root-port
        at: 02.0
        acs: linux
        devices:
          - name: disk0
            type: endpoint
            bars: [{bar: 0, base: 0x1010_0000, size: 64KiB}]
            msi: {vectors: 2}
iommus:
  - {name: smmu0, type: smmuv3, registers: 0x905_0000}
software:
  buffers:
    - {name: ring, base: 0x5000_0000, size: 1MiB}
  domains:
    - name: user
      type: unmanaged
      devices: [nic0]
      mappings:
        - {iova: 0x7f8_0000, buffer: ring}
    - name: disk-driver
      type: dma
      devices: [disk0]
      mappings:
        - {iova: 0x10_0000, buffer: ring, size: 4KiB}
  interrupts:
    - {device: nic0, index: 2, processor: 1}
    - {device: disk0, index: 0}
    - {device: disk0, index: 1}
)";

inline platforms::Description arm_description(const std::vector<std::string>& settings = {}) {
  std::vector<platforms::Override> overrides;
  for (const std::string& setting : settings)
    overrides.push_back(platforms::parse_override(setting));
  return platforms::load_platform_text(arm_platform, "arm.yaml", overrides);
}

/// Booted, without a clock.
struct BootedArm {
  explicit BootedArm(const std::vector<std::string>& settings = {})
      : description{arm_description(settings)}, machine{description}, bus{machine}, system{machine, bus} {
    system.boot();
  }

  const platforms::ProgrammedMsi& programmed(const std::string& device, unsigned index) const {
    const platforms::ProgrammedMsi* found = system.programmed_for(machine.find_function(device), index);
    if (found == nullptr) throw std::logic_error{"no such vector"};
    return *found;
  }
  /// Where the message that the driver programmed would land.
  platforms::Walk walk_message(const std::string& device, unsigned index) {
    const interrupts::MsiMessage message = programmed(device, index).message;
    return walk(device, dma(Operation::write, message.address.value(), 4), message.data);
  }
  platforms::Walk walk(const std::string& device, const Access& access, std::uint32_t data = 0) {
    return platforms::walk(machine, machine.find_function(device), access, fetches, data);
  }

  platforms::Description description;
  platforms::Machine machine;
  platforms::MachineBus bus;
  platforms::OperatingSystem system;
  iommu::FetchLog fetches;
};

}  // namespace iommusim::test
