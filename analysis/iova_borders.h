// SPDX-License-Identifier: Apache-2.0
// Every address at which a device's request can begin to fare differently from the one before. A border too many costs
// one walk; a border too few would make the map wrong, so nothing is left out for being unlikely.
#pragma once

#include "platforms/machine.h"

#include <cstdint>
#include <vector>

namespace iommusim::analysis {

/// Borders that do not depend on who sends, ascending and without repetition: BARs, windows, memory, registers.
struct FabricBorders {
  explicit FabricBorders(const platforms::Machine& machine);

  /// What a request meets by its bus address.
  std::vector<std::uint64_t> bus;
  /// What it meets by its physical address; a bus address behind an outbound window counts by where the window has it.
  std::vector<std::uint64_t> physical;
};

/// Address bits that the IOMMU above a device can translate at most, whatever domain it is in; 64 behind none.
unsigned input_width(const platforms::Machine& machine, pcie::NodeIndex device);

struct BorderRequest {
  pcie::NodeIndex device = pcie::NodeIndex::none;
  /// The IDs under which its requests may reach the IOMMU.
  std::vector<RequesterId> requester_ids;
  /// The last address that it can send.
  BusAddr last;
};

/// First addresses of the pieces, ascending; the first is 0. Throws InputError when the device's tables have more
/// pieces than anybody could read.
std::vector<BusAddr> borders_of(const platforms::Machine& machine, const FabricBorders& fabric,
                                const BorderRequest& request);

}  // namespace iommusim::analysis
