// SPDX-License-Identifier: Apache-2.0
// The interrupts that an IOMMU sent as messages of its own, and where they landed.
#pragma once

#include "base/landing.h"
#include "base/quantity.h"
#include "interrupts/msi.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace iommusim::platforms {

/// Equal messages with the same end.
struct UnitMessage {
  interrupts::MsiMessage message;
  Landing landing;
  std::uint64_t count = 0;
  /// When the first was sent.
  Duration first;
};

class UnitMessages {
 public:
  /// Of so many different ones; software can have any number sent (CMD_SYNC).
  static constexpr std::size_t kept = 64;

  void note(const interrupts::MsiMessage& message, const Landing& landing, Duration now) {
    const auto known = std::find_if(messages_.begin(), messages_.end(), [&](const UnitMessage& other) {
      return other.message == message && other.landing.kind == landing.kind && other.landing.where == landing.where &&
             other.landing.rule == landing.rule && other.landing.vector == landing.vector &&
             other.landing.destination == landing.destination;
    });
    if (known != messages_.end()) {
      ++known->count;
    } else if (messages_.size() < kept) {
      messages_.push_back({message, landing, 1, now});
    }
  }
  const std::vector<UnitMessage>& all() const { return messages_; }

 private:
  std::vector<UnitMessage> messages_;
};

}  // namespace iommusim::platforms
