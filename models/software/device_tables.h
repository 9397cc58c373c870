// SPDX-License-Identifier: Apache-2.0
// What hardware finds out about a requester, in the tables of the mode that a unit runs in: context tables, in scalable
// mode with a PASID directory behind each entry (VT-d specification, 3.4).
#pragma once

#include "base/requester_id.h"
#include "iommu/vtd/registers.h"
#include "software/cpu_bus.h"
#include "software/page_allocator.h"
#include "software/paging_tables.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace iommusim::software {

/// Where the requests of a requester go.
struct TableTarget {
  std::uint16_t domain = 0;
  /// Of the tables; of pass-through, the deepest that the unit has.
  unsigned levels = 4;
  /// Nullopt: pass-through.
  std::optional<PhysAddr> tables;
  Stage stage = Stage::second;
  /// What maps first-stage tables and all that they lead to.
  struct SecondStage {
    PhysAddr root;
    unsigned levels = 4;
  };
  std::optional<SecondStage> below = {};
  /// The requester may keep translations (ATS), and ask for pages (PRI).
  bool device_tlb = false;
  bool page_requests = false;
};

class DeviceTables {
 public:
  virtual ~DeviceTables() = default;

  virtual PhysAddr root() const = 0;
  virtual vtd::TableMode mode() const = 0;
  /// Hardware never sees half of it.
  virtual void write(RequesterId requester, const TableTarget& target) = 0;
  /// Makes the requester's entry not present.
  virtual void clear(RequesterId requester) = 0;
};

/// Bus and allocator must outlive them.
std::unique_ptr<DeviceTables> make_legacy_tables(CpuBus& bus, PageAllocator& pages);
std::unique_ptr<DeviceTables> make_scalable_tables(CpuBus& bus, PageAllocator& pages);

}  // namespace iommusim::software
