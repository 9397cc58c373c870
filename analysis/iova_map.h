// SPDX-License-Identifier: Apache-2.0
// What hardware does with every address that a device can send: the exact partition of its address space, found by
// following one read and one write through the same decisions as everything else (platforms/walk.h).
#pragma once

#include "analysis/iova_borders.h"
#include "base/landing.h"
#include "platforms/machine.h"

#include <cstdint>
#include <vector>

namespace iommusim::analysis {

/// Where requests of one kind to the addresses of one range end.
struct Outcome {
  LandingKind kind = LandingKind::rejected;
  ComponentId where = ComponentId::none;
  /// The rule that decided, and who applied it.
  const Rule* rule = nullptr;
  ComponentId decided_by = ComponentId::none;
  CompletionStatus status = CompletionStatus::none;
  /// Of the range's first byte: memory: physical address; peer: offset in the BAR.
  std::uint64_t address = 0;
  std::uint8_t bar = 0;
  std::uint16_t fault_reason = 0;
  /// The ACS rule that sent the request another way before the deciding rule was asked. nullptr: none did.
  const Rule* redirect = nullptr;
  ComponentId redirected_by = ComponentId::none;
  /// Tables of the IOMMU decide, so the address leads wherever software maps it: it is mapped, or could be.
  bool by_tables = false;
  /// A fault, or a device with ATS that sends nothing, for want of a mapping of this kind, or of a domain.
  bool is_unmapped = false;
};

/// The same outcome, `distance` bytes further on.
bool continues(const Outcome& outcome, std::uint64_t distance, const Outcome& next);

struct IovaRange {
  Range<BusAddr> range;
  Outcome read;
  Outcome write;
};

/// What a request to `at` finds: an aligned doubleword where [at, last] has one at its begin, else a byte.
Outcome probe(const platforms::Machine& machine, pcie::NodeIndex device, Operation operation, BusAddr at, BusAddr last);

/// Ascending, without gap or overlap, from 0 to request.last; neighbours differ. Of the machine as it is now; its
/// caches should be empty.
std::vector<IovaRange> map_iova(const platforms::Machine& machine, const FabricBorders& fabric,
                                const BorderRequest& request);

}  // namespace iommusim::analysis
