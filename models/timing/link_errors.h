// SPDX-License-Identifier: Apache-2.0
// Bit errors of one direction of a link: which TLPs arrive with a bad LCRC, and what it costs to send them again (PCIe
// base specification, 3.6.2).
#pragma once

#include "timing/network.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace iommusim::timing {

class LinkErrors {
 public:
  /// A link that never errs.
  LinkErrors() = default;
  /// `number`: of the channel, so that links do not fail together.
  LinkErrors(const Channel& channel, std::uint64_t seed, std::size_t number)
      : log_good_byte_{8.0 * std::log1p(-channel.bit_error_rate)}, state_{mix(seed ^ mix(number + 1))} {}

  /// How often the next TLP is sent in vain. After `most_replays` the link trains anew, and its time is not modelled.
  unsigned replays_of(std::uint64_t bytes) {
    if (log_good_byte_ == 0.0) return 0;
    const double bad = -std::expm1(log_good_byte_ * static_cast<double>(bytes));
    unsigned replays = 0;
    while (replays < most_replays && draw() < bad)
      ++replays;
    return replays;
  }
  /// From the first bit of a bad TLP to that of its repetition. Whatever is sent until the Nak is here is discarded,
  /// and comes again behind it: the link is lost for so long.
  static Duration cost(const Channel& channel, Duration length) {
    return length + channel.link.propagation() * 2 + channel.nak_latency;
  }

  /// REPLAY_NUM counts to it.
  static constexpr unsigned most_replays = 3;

 private:
  static constexpr std::uint64_t spread = 0x9E37'79B9'7F4A'7C15;

  /// The finaliser of splitmix64. Without it, channels whose states are a few steps apart would draw the same numbers,
  /// one some TLPs behind the other.
  static constexpr std::uint64_t mix(std::uint64_t value) {
    value = (value ^ value >> 30) * 0xBF58'476D'1CE4'E5B9;
    value = (value ^ value >> 27) * 0x94D0'49BB'1331'11EB;
    return value ^ value >> 31;
  }
  /// From 0 to below 1 (splitmix64).
  double draw() { return static_cast<double>(mix(state_ += spread) >> 11) * 0x1p-53; }

  double log_good_byte_ = 0.0;
  std::uint64_t state_ = 0;
};

}  // namespace iommusim::timing
