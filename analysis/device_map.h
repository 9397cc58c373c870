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

/// Where firmware's memory and what stands in the device's domain are two things.
struct FirmwareConflict {
  Range<Iova> range;
  /// Where hardware leads instead, or that it does not.
  std::optional<Outcome> outcome;
  /// What the domain's user has at these addresses, while hardware leads to firmware's memory.
  std::optional<PhysAddr> meant;
};

/// Memory that firmware uses with the device. Without conflicts its requests reach it.
struct FirmwareRegion {
  const platforms::RmrrDescription* region = nullptr;
  /// Linux lists it as direct-relaxable, not as direct.
  bool relaxable = false;
  std::vector<FirmwareConflict> conflicts;
};

struct DeviceMap {
  pcie::NodeIndex device = pcie::NodeIndex::none;
  /// nullopt: no IOMMU above the device.
  std::optional<std::size_t> group;
  /// Ascending, without gap or overlap, from 0 to the last address that the device can send.
  std::vector<MapRow> rows;
  software::ReservedRegions reserved_regions;
  std::vector<FirmwareRegion> firmware_regions = {};
  /// Mappings of its user that Linux would not have made.
  std::vector<Range<Iova>> refused_by_vfio = {};
};

/// Of these devices, in their order. The machine is asked, never changed.
std::vector<DeviceMap> map_devices(const platforms::Machine& machine, platforms::OperatingSystem& system,
                                   const std::vector<pcie::NodeIndex>& devices);

/// The outcome that stands for the row: that of writes; where the tables let only reads through, that of reads.
const Outcome& principal(const MapRow& row);

}  // namespace iommusim::analysis
