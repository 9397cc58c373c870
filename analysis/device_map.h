// SPDX-License-Identifier: Apache-2.0
// The address space of a device: what hardware does there beside what each part of software believes, and whether the
// two fit together. docs/map.md explains it to people.
#pragma once

#include "analysis/iova_map.h"
#include "platforms/machine.h"
#include "platforms/operating_system.h"
#include "software/reserved_regions.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace iommusim::analysis {

enum class Verdict : std::uint8_t {
  agree,
  /// Some software would use these addresses, and hardware would not take them where software maps them.
  unsafe,
  /// Hardware would, but all software avoids them.
  wasted,
};
/// "agree", "unsafe", "wasted".
std::string_view to_string(Verdict verdict);

struct MapRow {
  Range<BusAddr> range;
  Outcome read;
  Outcome write;
  /// Who believes the addresses usable.
  bool dma_api = false;
  bool vfio = false;
  bool iommufd = false;
  Verdict verdict = Verdict::agree;
};

struct DeviceMap {
  pcie::NodeIndex device = pcie::NodeIndex::none;
  /// nullopt: no IOMMU above the device.
  std::optional<std::size_t> group;
  /// Ascending, without gap or overlap, from 0 to the last address that the device can send.
  std::vector<MapRow> rows;
  software::ReservedRegions reserved_regions;
};

/// Of these devices, in their order. The machine is asked, never changed.
std::vector<DeviceMap> map_devices(const platforms::Machine& machine, platforms::OperatingSystem& system,
                                   const std::vector<pcie::NodeIndex>& devices);

/// The outcome that stands for the row: that of writes; where the tables let only reads through, that of reads.
const Outcome& principal(const MapRow& row);

}  // namespace iommusim::analysis
