// SPDX-License-Identifier: Apache-2.0
#include "memory/system_map.h"

#include <algorithm>
#include <stdexcept>

namespace iommusim::memory {

namespace rules {
const Rule dram{"system.memory", "DRAM answers at this physical address", "platform memory map"};
const Rule outbound_window{
    "system.outbound-window",
    "the physical address lies in a host bridge's outbound window: it goes back down to a device",
    "platform memory map"};
const Rule doorbell{"system.doorbell", "the physical address is the local APICs' message window",
                    "platform memory map"};
const Rule not_a_dma_target{"system.not-a-dma-target", "registers and configuration space answer processors only",
                            "platform memory map"};
const Rule unclaimed{"system.unclaimed", "nothing answers at this physical address", "platform memory map"};
}  // namespace rules

void SystemMap::add(const MapEntry& entry) {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), entry,
                                   [](const MapEntry& a, const MapEntry& b) { return a.range.first < b.range.first; });
  const bool hits_next = at != entries_.end() && at->range.overlaps(entry.range);
  const bool hits_previous = at != entries_.begin() && std::prev(at)->range.overlaps(entry.range);
  if (hits_next || hits_previous) throw std::invalid_argument("two targets share a physical address");
  entries_.insert(at, entry);
}

const MapEntry* SystemMap::search(const Range<PhysAddr>& wanted) const {
  const auto after = std::upper_bound(entries_.begin(), entries_.end(), wanted.first,
                                      [](PhysAddr a, const MapEntry& e) { return a < e.range.first; });
  if (after == entries_.begin()) return nullptr;
  const auto entry = std::prev(after);
  if (!entry->range.contains(wanted)) return nullptr;
  last_ = static_cast<std::size_t>(entry - entries_.begin());
  return &*entry;
}

SystemDecision decide_dma_target(const SystemMap& map, PhysAddr address, std::uint64_t size) {
  const MapEntry* entry = map.find(address, size);
  if (entry == nullptr) return {nullptr, &rules::unclaimed};
  switch (entry->kind) {
    case TargetKind::memory: return {entry, &rules::dram};
    case TargetKind::outbound: return {entry, &rules::outbound_window};
    case TargetKind::doorbell: return {entry, &rules::doorbell};
    case TargetKind::iommu_registers:
    case TargetKind::ecam: break;
  }
  return {nullptr, &rules::not_a_dma_target};
}

}  // namespace iommusim::memory
