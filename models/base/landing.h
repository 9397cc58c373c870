// SPDX-License-Identifier: Apache-2.0
// Where hardware took an access.
#pragma once

#include "base/access.h"
#include "base/component.h"
#include "base/rule.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace iommusim {

enum class LandingKind : std::uint8_t { memory, peer, interrupt, iommu_fault, rejected };
constexpr std::size_t landing_kinds = 5;

/// "memory", "peer", "interrupt", "iommu-fault", "rejected".
std::string_view to_string(LandingKind kind);

/// The end of one access. Which members mean something depends on `kind`; the others are zero.
struct Landing {
  LandingKind kind = LandingKind::rejected;
  /// memory: the memory; peer: the function whose BAR claimed it; interrupt: the doorbell;
  /// iommu_fault: the IOMMU; rejected: who refused.
  ComponentId where = ComponentId::none;
  /// The last rule that chose between places, and the component that applied it: a port's direct route to a peer,
  /// a translation, a refusal. Plain forwarding only appears in the Path.
  const Rule* rule = nullptr;
  ComponentId decided_by = ComponentId::none;
  /// What the requester is told. `none` for posted writes that were lost.
  CompletionStatus status = CompletionStatus::successful;
  /// memory: physical address of the first byte. peer: bus address of the first byte.
  std::uint64_t address = 0;
  /// peer: offset of the first byte in the BAR.
  std::uint64_t bar_offset = 0;
  std::uint8_t bar = 0;
  /// interrupt: vector and destination (APIC ID); of a GIC the INTID and, for LPIs, the processor number of the
  /// redistributor.
  std::uint32_t vector = 0;
  std::uint32_t destination = 0;
  /// iommu_fault: the unit's fault reason (VT-d) or event code (SMMUv3).
  std::uint16_t fault_reason = 0;
  /// The translation came from a cache, not from the tables.
  bool from_cache = false;

  void decide(ComponentId by, const Rule& why) {
    decided_by = by;
    rule = &why;
  }
};

/// A landing at `by`, which refuses the request.
Landing rejection(ComponentId by, const Rule& rule, CompletionStatus status);

/// One step of an access through the platform.
struct Hop {
  ComponentId where;
  const Rule* rule;
};

/// The way that an access took, without allocation. Longer ways keep their first `capacity` hops.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): clearing all of hops_ for every access would cost.
class Path {
 public:
  static constexpr std::size_t capacity = 24;

  void add(ComponentId where, const Rule& rule) {
    if (size_ < capacity) hops_[size_++] = Hop{where, &rule};
  }
  void clear() { size_ = 0; }
  std::size_t size() const { return size_; }
  const Hop* begin() const { return hops_.data(); }
  const Hop* end() const { return hops_.data() + size_; }

 private:
  std::array<Hop, capacity> hops_;
  std::uint8_t size_ = 0;
};

}  // namespace iommusim
