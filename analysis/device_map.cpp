// SPDX-License-Identifier: Apache-2.0
#include "analysis/device_map.h"

#include "analysis/firmware_conflicts.h"
#include "analysis/linux_view.h"
#include "base/address_width.h"

#include <algorithm>

namespace iommusim::analysis {
namespace {

using platforms::Machine;

/// Software that uses the address gets memory: it does now, or it can have it by mapping it.
bool serves_software(const Outcome& outcome) {
  return outcome.kind == LandingKind::memory || outcome.by_tables;
}

Verdict judge(const MapRow& row) {
  const bool believed = row.dma_api || row.vfio || row.iommufd;
  const bool served = serves_software(row.read) && serves_software(row.write);
  if (believed && !served) return Verdict::unsafe;
  return !believed && served ? Verdict::wasted : Verdict::agree;
}

/// The same outcome, seen from `distance` bytes further on.
Outcome moved(Outcome outcome, std::uint64_t distance) {
  if (outcome.kind == LandingKind::memory || outcome.kind == LandingKind::peer) outcome.address += distance;
  return outcome;
}

void add_borders(const software::AddressSet& view, std::vector<BusAddr>& borders) {
  for (const Range<Iova>& range : view.ranges()) {
    borders.emplace_back(range.first.value());
    borders.emplace_back(range.last.value() + 1);
  }
}

std::vector<BusAddr> borders_of(const software::SoftwareViews& views) {
  std::vector<BusAddr> borders;
  add_borders(views.dma_api, borders);
  add_borders(views.vfio, borders);
  add_borders(views.iommufd, borders);
  std::sort(borders.begin(), borders.end());
  borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
  return borders;
}

class Overlay {
 public:
  explicit Overlay(const software::SoftwareViews& views) : views_{views}, borders_{borders_of(views)} {}

  std::vector<MapRow> rows(const std::vector<IovaRange>& hardware) const {
    std::vector<MapRow> rows;
    for (const IovaRange& piece : hardware) {
      auto border = std::upper_bound(borders_.begin(), borders_.end(), piece.range.first);
      BusAddr first = piece.range.first;
      for (; border != borders_.end() && *border <= piece.range.last; ++border) {
        add(rows, piece, {first, *border - 1});
        first = *border;
      }
      add(rows, piece, {first, piece.range.last});
    }
    return rows;
  }

 private:
  void add(std::vector<MapRow>& rows, const IovaRange& piece, const Range<BusAddr>& range) const {
    const std::uint64_t distance = range.first - piece.range.first;
    const Iova address{range.first.value()};
    MapRow row{range,
               moved(piece.read, distance),
               moved(piece.write, distance),
               views_.dma_api.contains(address),
               views_.vfio.contains(address),
               views_.iommufd.contains(address),
               Verdict::agree};
    row.verdict = judge(row);
    // Views of different parts of software may have borders where nobody's belief changes.
    if (!rows.empty() && extends(rows.back(), row)) {
      rows.back().range.last = row.range.last;
      return;
    }
    rows.push_back(row);
  }

  static bool extends(const MapRow& row, const MapRow& next) {
    const std::uint64_t distance = next.range.first - row.range.first;
    return row.dma_api == next.dma_api && row.vfio == next.vfio && row.iommufd == next.iommufd &&
           continues(row.read, distance, next.read) && continues(row.write, distance, next.write);
  }

  const software::SoftwareViews& views_;
  std::vector<BusAddr> borders_;
};

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::agree: return "agree";
    case Verdict::unsafe: return "unsafe";
    case Verdict::wasted: return "wasted";
  }
  return "?";
}

const Outcome& principal(const MapRow& row) {
  const bool only_reads = row.write.is_unmapped && row.read.by_tables && !row.read.is_unmapped;
  return only_reads && row.read.kind != LandingKind::iommu_fault ? row.read : row.write;
}

std::vector<DeviceMap> map_devices(const Machine& machine, platforms::OperatingSystem& system,
                                   const std::vector<pcie::NodeIndex>& devices) {
  const FabricBorders fabric{machine};
  const LinuxView linux_view{machine, system};
  std::vector<DeviceMap> maps;
  for (const pcie::NodeIndex device : devices) {
    const BorderRequest request{device, linux_view.requester_ids(device),
                                last_of_width<BusAddr>(machine.describe(device).dma_bits)};
    const software::SoftwareViews views = linux_view.views(device);
    DeviceMap map;
    map.device = device;
    map.group = linux_view.group_of(device);
    map.rows = Overlay{views}.rows(map_iova(machine, fabric, request));
    if (map.group) map.reserved_regions = linux_view.reserved_regions(*map.group);
    map.firmware_regions = find_firmware_regions(machine, system, device, map.rows);
    map.refused_by_vfio = linux_view.refused_by_vfio(device);
    maps.push_back(std::move(map));
  }
  return maps;
}

}  // namespace iommusim::analysis
