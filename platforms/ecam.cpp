// SPDX-License-Identifier: Apache-2.0
#include "platforms/ecam.h"

#include "base/interval_map.h"
#include "interrupts/msi.h"
#include "platforms/iommu_kinds.h"

#include <algorithm>
#include <set>

namespace iommusim::platforms {
namespace {

/// The register pages of an IOMMU end before this, but those of many command queues.
constexpr std::uint64_t usual_register_bytes = std::uint64_t{1} << 20;

std::vector<Range<PhysAddr>> taken_ranges(const Description& description) {
  std::vector<Range<PhysAddr>> taken;
  const auto add = [&taken](PhysAddr base, std::uint64_t size) {
    if (const auto range = Range<PhysAddr>::from_size(base, size)) taken.push_back(*range);
  };
  for (const MemoryDescription& memory : description.memories)
    taken.push_back(memory.range);
  for (const HostBridgeDescription& bridge : description.host_bridges)
    for (const pcie::OutboundWindow& window : bridge.outbound)
      taken.push_back(window.cpu);
  for (const IommuDescription& iommu : description.iommus)
    add(register_base(iommu), std::max(usual_register_bytes, register_bytes(iommu)));
  for (const EcamDescription& ecam : description.ecam)
    add(ecam.base, ecam_size);
  // Kept free on every platform, so that local_apic does not move configuration space.
  taken.push_back(
      {PhysAddr{interrupts::local_apic_window.first.value()}, PhysAddr{interrupts::local_apic_window.last.value()}});
  return taken;
}

/// Behind each range that is taken there may be a gap, so one pass over them in order finds the first.
PhysAddr first_free(const Description& description) {
  std::vector<Range<PhysAddr>> taken = taken_ranges(description);
  std::sort(taken.begin(), taken.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::uint64_t base = ecam_base(description, 0).value_or(default_ecam_base).value() / ecam_size * ecam_size;
  for (const Range<PhysAddr>& range : taken)
    if (range.first.value() <= base + (ecam_size - 1) && range.last.value() >= base)
      base = (range.last.value() / ecam_size + 1) * ecam_size;
  return PhysAddr{base};
}

}  // namespace

void place_ecam(Description& description) {
  std::set<std::uint16_t> missing;
  for (const HostBridgeDescription& bridge : description.host_bridges)
    missing.insert(bridge.segment);
  for (const EcamDescription& ecam : description.ecam)
    missing.erase(ecam.segment);
  for (const std::uint16_t segment : missing)
    description.ecam.push_back({segment, segment == 0 ? default_ecam_base : first_free(description)});
}

std::optional<PhysAddr> ecam_base(const Description& description, std::uint16_t segment) {
  for (const EcamDescription& ecam : description.ecam)
    if (ecam.segment == segment) return ecam.base;
  return std::nullopt;
}

std::string ecam_path(const Source& source, std::size_t index) {
  const std::string item = "ecam." + std::to_string(index);
  return source.has(item) ? item + ".base" : "ecam";
}

}  // namespace iommusim::platforms
