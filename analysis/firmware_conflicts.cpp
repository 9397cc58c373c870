// SPDX-License-Identifier: Apache-2.0
#include "analysis/firmware_conflicts.h"

#include "pcie/root_complex.h"

namespace iommusim::analysis {
namespace {

using platforms::Machine;
using platforms::RmrrDescription;

bool is_same_memory(const Outcome& outcome, Iova address) {
  return outcome.kind == LandingKind::memory && outcome.address == address.value();
}

/// What a row is, `distance` bytes further on.
Outcome outcome_at(const Outcome& outcome, std::uint64_t distance) {
  Outcome at = outcome;
  if (at.kind == LandingKind::memory || at.kind == LandingKind::peer) at.address += distance;
  return at;
}

class Comparison {
 public:
  Comparison(const Machine& machine, pcie::NodeIndex device, const RmrrDescription& region)
      : bridge_{machine.bridges()[machine.topology()[device].host_bridge]}, addresses_{platforms::one_to_one(region)} {
    result_.region = &region;
    result_.relaxable = is_relaxable(machine, device, region);
  }

  FirmwareRegion take() { return std::move(result_); }

  void look_at(const MapRow& row) {
    const auto offset = pcie::inbound_offset(bridge_, row.range);
    if (!offset) return;
    const Iova first{row.range.first.value() + *offset};
    const auto part = addresses_.intersection({first, first + (row.range.last - row.range.first)});
    if (!part) return;
    const std::uint64_t distance = part->first - first;
    const Outcome write = outcome_at(row.write, distance);
    const Outcome read = outcome_at(row.read, distance);
    if (!is_same_memory(write, part->first))
      result_.conflicts.push_back({*part, write, std::nullopt});
    else if (!is_same_memory(read, part->first))
      result_.conflicts.push_back({*part, read, std::nullopt});
  }

  /// Of the domain that keeps the region: its user has other memory there, and believes that devices reach it.
  void look_at(const platforms::Domain& domain) {
    domain.space.for_each_live([&](const Range<Iova>& range, const software::Intent& mapped) {
      const auto part = addresses_.intersection(range);
      if (!part || !domain.kept.contains(part->first)) return;
      const PhysAddr meant = mapped.physical + (part->first - range.first);
      if (meant.value() != part->first.value()) result_.conflicts.push_back({*part, std::nullopt, meant});
    });
  }

 private:
  const pcie::HostBridge& bridge_;
  Range<Iova> addresses_;
  FirmwareRegion result_;
};

}  // namespace

std::vector<FirmwareRegion> find_firmware_regions(const Machine& machine, const platforms::OperatingSystem& system,
                                                  pcie::NodeIndex device, const std::vector<MapRow>& rows) {
  const auto unit = machine.iommu_of(device);
  if (!unit) return {};
  std::vector<FirmwareRegion> regions;
  const platforms::IommuDescription& iommu = machine.description().iommus[*unit];
  for (const RmrrDescription* region : platforms::reserved_memory_of(iommu, {machine.describe(device).name})) {
    Comparison comparison{machine, device, *region};
    for (const MapRow& row : rows)
      comparison.look_at(row);
    if (const platforms::Domain* domain = system.domain_of(device)) comparison.look_at(*domain);
    regions.push_back(comparison.take());
  }
  return regions;
}

}  // namespace iommusim::analysis
