// SPDX-License-Identifier: Apache-2.0
// One access, hop by hop and table word by table word.
#pragma once

#include "analysis/collision.h"
#include "analysis/intent.h"
#include "iommu/translation.h"
#include "platforms/machine.h"
#include "platforms/walk.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace iommusim::analysis {

/// What was asked and what the decision procedures answered.
struct Explanation {
  pcie::NodeIndex device = pcie::NodeIndex::none;
  Access access;
  /// The device's own firmware sends it, not its driver.
  bool by_firmware = false;
  Intent intent;
  platforms::Walk walk;
  iommu::FetchLog fetches;
  std::optional<CollisionKind> collision;
};

/// What an access is beside its request.
struct Sender {
  /// What a 4-byte write carries, where it is a message.
  std::optional<std::uint32_t> message_data = std::nullopt;
  bool by_firmware = false;
};

/// Asks; nothing changes in the machine.
Explanation explain(const platforms::Machine& machine, const platforms::OperatingSystem& system, pcie::NodeIndex device,
                    const Access& access, const Sender& sender = {});

std::string to_text(const Explanation& explanation, const platforms::Machine& machine);
/// Schema iommusim.explain/1.
nlohmann::ordered_json to_json(const Explanation& explanation, const platforms::Machine& machine);

}  // namespace iommusim::analysis
