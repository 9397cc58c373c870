// SPDX-License-Identifier: Apache-2.0
// The system's physical address map: which kind of target answers at an address.
#pragma once

#include "base/access.h"
#include "base/address.h"
#include "base/range.h"
#include "base/rule.h"

#include <cstdint>
#include <vector>

namespace iommusim::memory {

enum class TargetKind : std::uint8_t {
  /// DRAM; index: bank.
  memory,
  /// A register block; index: IOMMU.
  iommu_registers,
  /// Configuration space; index: segment.
  ecam,
  /// A host bridge's outbound window; index: host bridge.
  outbound,
  /// Who takes interrupt messages; index: doorbell.
  doorbell,
};

struct MapEntry {
  Range<PhysAddr> range;
  TargetKind kind = TargetKind::memory;
  std::uint16_t index = 0;
};

/// Disjoint ranges in ascending order; lookups remember the last hit.
class SystemMap {
 public:
  /// Throws std::invalid_argument when the range overlaps an entry.
  void add(const MapEntry& entry);

  /// The entry that holds all of [address, address + size), or nullptr.
  const MapEntry* find(PhysAddr address, std::uint64_t size) const {
    const Range<PhysAddr> wanted{address, address + (size == 0 ? 0 : size - 1)};
    if (wanted.last < wanted.first) return nullptr;
    if (last_ < entries_.size() && entries_[last_].range.contains(wanted)) return &entries_[last_];
    return search(wanted);
  }

  const std::vector<MapEntry>& entries() const { return entries_; }

 private:
  const MapEntry* search(const Range<PhysAddr>& wanted) const;

  std::vector<MapEntry> entries_;
  mutable std::size_t last_ = 0;
};

namespace rules {
extern const Rule dram;
extern const Rule outbound_window;
extern const Rule doorbell;
extern const Rule not_a_dma_target;
extern const Rule unclaimed;
}  // namespace rules

/// What the interconnect does with a device's access that has left the IOMMU.
struct SystemDecision {
  /// nullptr: refused with unsupported request.
  const MapEntry* target = nullptr;
  const Rule* rule = nullptr;
};

/// Register blocks and configuration space are for processors only; holes answer nobody.
SystemDecision decide_dma_target(const SystemMap& map, PhysAddr address, std::uint64_t size);

}  // namespace iommusim::memory
