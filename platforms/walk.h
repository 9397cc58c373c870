// SPDX-License-Identifier: Apache-2.0
// Where hardware would take an access now: the same decisions as the simulator's modules make, followed hop
// by hop without a clock and without any effect.
#pragma once

#include "base/landing.h"
#include "iommu/translation.h"
#include "platforms/machine.h"

#include <optional>

namespace iommusim::platforms {

struct Walk {
  Landing landing;
  Path path;
  /// The IOMMU's answer, when the access met one.
  std::optional<iommu::TranslationResult> translation;
  /// What the IOMMU was asked for.
  Iova iova;
};

/// `access.requester` is taken from the function. `fetches` is cleared, then lists the table words of the
/// walk. `message_data`: what a 4-byte write carries, for the vector of an interrupt.
Walk walk(const Machine& machine, pcie::NodeIndex function, const Access& access, iommu::FetchLog& fetches,
          std::uint32_t message_data = 0);

/// The same for a request that says to come from `access.requester`: a DMA alias.
Walk walk_as_sent(const Machine& machine, pcie::NodeIndex function, const Access& access, iommu::FetchLog& fetches,
                  std::uint32_t message_data = 0);

/// A processor's access to a physical address that lies in an outbound window.
Walk walk_outbound(const Machine& machine, const Access& access, PhysAddr address);

}  // namespace iommusim::platforms
