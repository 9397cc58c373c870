// SPDX-License-Identifier: Apache-2.0
// What if a port's ACS controls were different? Tried on the machine itself, asked of the decision procedures,
// restored.
#pragma once

#include "pcie/acs.h"
#include "platforms/machine.h"

#include <utility>
#include <vector>

namespace iommusim::analysis {

/// The ports between a function and the root complex, nearest first: those whose secondary side its requests enter.
std::vector<pcie::NodeIndex> ports_above(const pcie::Topology& topology, pcie::NodeIndex function);

/// Adds control bits to ports for as long as it lives. Bits that a port's capability lacks stay clear.
class AcsTrial {
 public:
  AcsTrial(platforms::Machine& machine, const std::vector<pcie::NodeIndex>& ports, pcie::AcsControl bits);
  ~AcsTrial();
  AcsTrial(const AcsTrial&) = delete;
  AcsTrial& operator=(const AcsTrial&) = delete;

  struct Change {
    pcie::NodeIndex port = pcie::NodeIndex::none;
    std::uint16_t before = 0;
    std::uint16_t after = 0;
  };
  /// The ports whose controls really changed.
  const std::vector<Change>& changes() const { return changes_; }

 private:
  platforms::Machine& machine_;
  std::vector<Change> changes_;
};

}  // namespace iommusim::analysis
