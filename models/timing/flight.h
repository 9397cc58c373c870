// SPDX-License-Identifier: Apache-2.0
// A TLP between two places, in approximate timing.
#pragma once

#include "timing/credits.h"
#include "timing/tlp.h"

#include <cstdint>
#include <optional>

namespace iommusim::timing {

constexpr std::uint32_t nobody = ~std::uint32_t{0};

struct Flight {
  /// Requests: what is on its way. Completions: unused, the request has it.
  Tlp tlp;
  /// The request itself, or the one that a completion answers.
  std::uint32_t request = nobody;
  std::uint32_t operation = nobody;
  /// Of the device that made it. The operation of a write is over before its flights are.
  std::uint32_t engine = 0;
  FlowClass type = FlowClass::posted;
  std::uint32_t wire_bytes = 0;
  std::uint32_t payload = 0;
  /// Requests: the next step. Completions: the channel step that they cross backwards.
  std::size_t step = 0;
  /// In whose receiver's buffer it lies; nullopt: in the device that made it.
  std::optional<ChannelIndex> held;
  /// When its last byte is where it waits now.
  Duration tail;
  /// Of non-posted requests: when the requester stops waiting for completions.
  Duration given_up;
  /// Of requests: completions that are still to come.
  std::uint32_t completions = 0;
  /// Order of its arrival in the queue where it waits.
  std::uint64_t order = 0;
};

}  // namespace iommusim::timing
