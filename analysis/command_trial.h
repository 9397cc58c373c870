// SPDX-License-Identifier: Apache-2.0
// What if functions had other bits in their Command registers? As analysis/acs_trial.h.
#pragma once

#include "pcie/header.h"
#include "platforms/machine.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace iommusim::analysis {

/// Sets `bits` of the Command register of each node for as long as it lives.
class CommandTrial {
 public:
  CommandTrial(platforms::Machine& machine, const std::vector<pcie::NodeIndex>& nodes, pcie::Command bits);
  ~CommandTrial();
  CommandTrial(const CommandTrial&) = delete;
  CommandTrial& operator=(const CommandTrial&) = delete;

  /// The functions whose register really changed.
  std::vector<pcie::NodeIndex> changed() const;

 private:
  platforms::Machine& machine_;
  /// With the value before.
  std::vector<std::pair<pcie::NodeIndex, std::uint16_t>> before_;
};

}  // namespace iommusim::analysis
