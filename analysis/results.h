// SPDX-License-Identifier: Apache-2.0
// What a replay found. analysis/json_report.h and analysis/text_report.h print it.
#pragma once

#include "analysis/access_record.h"
#include "analysis/collision.h"
#include "analysis/remedy.h"
#include "timing/statistics.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace iommusim::analysis {

/// Equal collisions (same device, kind, 4 KiB page, rule) folded into the first of them.
struct Collision {
  CollisionKind kind = CollisionKind::wrong_memory;
  std::uint64_t count = 0;
  Duration first;
  Duration last;
  /// The first access. Its address and size span all TLPs of that access that collided in the same way.
  AccessRecord example;
  std::uint64_t example_size = 0;
  std::vector<Remedy> remedies;
};

/// IOMMU faults of one device, page and reason.
struct Fault {
  std::uint64_t count = 0;
  Duration first;
  AccessRecord example;
};

/// Interrupts of one device with one vector and destination.
struct InterruptSummary {
  std::uint64_t count = 0;
  Duration first;
  pcie::NodeIndex device = pcie::NodeIndex::none;
  /// Of a GIC: INTID and processor.
  std::uint32_t vector = 0;
  std::uint32_t destination = 0;
  ComponentId doorbell = ComponentId::none;
};

struct DeviceSummary {
  std::uint64_t accesses = 0;
  std::uint64_t bytes = 0;
  std::uint64_t tlps = 0;
  /// On the device's own link, towards the root: with headers and framing.
  std::uint64_t link_bytes = 0;
  std::array<std::uint64_t, landing_kinds> landed{};
  std::uint64_t collisions = 0;
  /// How long its operations took.
  timing::LatencyHistogram reads;
  timing::LatencyHistogram writes;
};

struct Results {
  std::uint64_t operations = 0;
  /// DMA accesses, interrupts and raw writes of devices.
  std::uint64_t accesses = 0;
  std::uint64_t bytes = 0;
  Duration simulated;
  /// Each access counts once: where its first colliding TLP landed, or its first TLP.
  std::array<std::uint64_t, landing_kinds> landed{};
  std::array<std::uint64_t, collision_kinds> collisions_by_kind{};
  std::uint64_t collisions_total = 0;
  /// In order of first appearance.
  std::vector<Collision> collisions;
  std::vector<Fault> faults;
  std::vector<InterruptSummary> interrupts;
  /// By node index of the device.
  std::map<pcie::NodeIndex, DeviceSummary> devices;
  /// What the clock counted.
  timing::StatisticGroup statistics;
  /// Of the contents of memory and of every device's BARs at the end.
  std::uint64_t memory_digest = 0;
};

}  // namespace iommusim::analysis
