// SPDX-License-Identifier: Apache-2.0
// The verdict on one access of a machine: classify() with its circumstances found out. Replay, `explain` and the trial
// of remedies all ask here.
#pragma once

#include "analysis/collision.h"
#include "analysis/intent.h"
#include "platforms/machine.h"
#include "platforms/operating_system.h"

#include <optional>

namespace iommusim::analysis {

/// Both must outlive it.
class Judge {
 public:
  Judge(const platforms::Machine& machine, const platforms::OperatingSystem& system)
      : machine_{machine}, system_{system} {}

  /// nullopt: the access of `device` landed as intended.
  std::optional<CollisionKind> verdict(pcie::NodeIndex device, const Access& access, const Intent& intent,
                                       const Landing& landing) const;

 private:
  Circumstance circumstance_of(pcie::NodeIndex device, const Access& access) const;
  bool mapped_in_another_domain(pcie::NodeIndex device, PhysAddr physical) const;

  const platforms::Machine& machine_;
  const platforms::OperatingSystem& system_;
};

}  // namespace iommusim::analysis
