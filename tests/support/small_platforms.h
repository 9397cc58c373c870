// SPDX-License-Identifier: Apache-2.0
// A small platform as a YAML file would describe it, changed by the settings that --set takes, built and booted.
#pragma once

#include "platforms/loader.h"
#include "platforms/machine.h"
#include "platforms/machine_bus.h"
#include "platforms/operating_system.h"
#include "platforms/walk.h"

#include <string>
#include <vector>

namespace iommusim::test {

/// rp0 > sw0 > dp0 > nic0 (03:00.0) and dp1 > gpu0 (04:00.0); rp1 > ssd0 (05:00.0); integrated endpoint rcie0
/// (00:05.0). Bus and physical addresses of the BARs are equal. No port has ACS; there are 2 GiB of memory from 0.
inline const std::string small_platform = R"(platform: small
text: A NIC beside an accelerator
memory:
  - {name: dram, base: 0, size: 2GiB}
host_bridges:
  - name: pcie0
    windows: [{base: 0x9000_0000, size: 256MiB}]
    iommu: dmar0
    devices:
      - name: rp0
        type: root-port
        at: 01.0
        devices:
          - name: sw0
            type: upstream-port
            devices:
              - name: dp0
                type: downstream-port
                at: 00.0
                devices:
                  - name: nic0
                    type: endpoint
                    bars: [{bar: 0, base: 0x9000_0000, size: 64KiB}]
                    msix: {vectors: 4, table_bar: 0}
              - name: dp1
                type: downstream-port
                at: 01.0
                devices:
                  - name: gpu0
                    type: endpoint
                    bars: [{bar: 2, base: 0x9010_0000, size: 1MiB}]
                    msi: {vectors: 4}
      - name: rp1
        type: root-port
        at: 02.0
        devices:
          - {name: ssd0, type: endpoint, bars: [{bar: 0, base: 0x9020_0000, size: 64KiB}]}
      - name: rcie0
        type: root-complex-endpoint
        at: 05.0
        bars: [{bar: 0, base: 0x9030_0000, size: 4KiB}]
iommus:
  - {name: dmar0, type: vt-d, registers: 0xfed9_0000}
software:
  buffers:
    - {name: ring, base: 0x1000_0000, size: 2MiB}
    - {name: pool, base: 0x1100_0000, size: 2MiB}
    - {name: queue, base: 0x1200_0000, size: 4KiB}
  domains:
    - name: user
      type: unmanaged
      devices: [nic0]
      mappings:
        - {iova: 0x10_0000, buffer: ring}
        - {iova: 0x9010_0000, buffer: pool, size: 1MiB}
        - {iova: 0x80_0000, physical: 0x9010_0000, size: 8KiB}
        - {iova: 0x90_0000, buffer: queue, access: read}
    - name: ssd-driver
      type: dma
      devices: [ssd0]
      mappings:
        - {iova: 0x10_0000, buffer: queue}
  interrupts:
    - {device: nic0, index: 1, vector: 0x41, apic_id: 2}
)";

/// The acs values that Linux gives to both ports above nic0.
inline const std::vector<std::string> linux_acs{"devices.rp0.acs=linux", "devices.dp0.acs=linux"};
inline const std::vector<std::string> without_iommu{"host_bridges.pcie0.iommu=none", "iommus=[]",
                                                    "software.domains=[]"};

inline platforms::Description small_description(const std::vector<std::string>& settings = {}) {
  std::vector<platforms::Override> overrides;
  for (const std::string& setting : settings)
    overrides.push_back(platforms::parse_override(setting));
  return platforms::load_platform_text(small_platform, "small.yaml", overrides);
}

/// Throws InputError when it cannot be brought up.
struct Booted {
  explicit Booted(const std::vector<std::string>& settings = {})
      : description{small_description(settings)}, machine{description}, bus{machine}, system{machine, bus} {
    system.boot();
  }

  pcie::NodeIndex node(const std::string& name) const { return machine.find_function(name); }
  ComponentId id(const std::string& name) const { return machine.topology()[node(name)].id; }
  const pcie::Decoded& decoded(const std::string& name) const { return machine.topology()[node(name)].decoded; }

  /// Where an access of the device would land now; the table words of its walk are in `fetches`.
  platforms::Walk walk(const std::string& device, const Access& access, std::uint32_t message_data = 0) {
    return platforms::walk(machine, node(device), access, fetches, message_data);
  }

  platforms::Description description;
  platforms::Machine machine;
  platforms::MachineBus bus;
  platforms::OperatingSystem system;
  iommu::FetchLog fetches;
};

inline Access dma(Operation operation, std::uint64_t address, std::uint32_t size = 64) {
  Access access;
  access.operation = operation;
  access.address = BusAddr{address};
  access.size = size;
  return access;
}
inline Access dma_read(std::uint64_t address, std::uint32_t size = 64) {
  return dma(Operation::read, address, size);
}
inline Access dma_write(std::uint64_t address, std::uint32_t size = 64) {
  return dma(Operation::write, address, size);
}

/// "nic0:function.bus-master-enabled dp0:switch.direct-peer gpu0:bar.claim".
inline std::string path_text(const Path& path, const platforms::Machine& machine) {
  std::string text;
  for (const Hop& hop : path)
    text += (text.empty() ? "" : " ") + machine.name(hop.where) + ":" + std::string{hop.rule->id};
  return text;
}

}  // namespace iommusim::test
