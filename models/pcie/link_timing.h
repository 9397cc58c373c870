// SPDX-License-Identifier: Apache-2.0
// How long a TLP occupies a link (PCIe base specification, 4.2 and 2.2).
#pragma once

#include "base/access.h"
#include "base/quantity.h"
#include "pcie/completion_split.h"

#include <array>
#include <cstdint>

namespace iommusim::pcie {

/// One direction of a link.
class LinkTiming {
 public:
  /// generation 1 to 6; width 1 to 16 lanes. `overhead`: the share of the line rate, 0 to below 1, that data link layer
  /// packets and skip ordered sets take.
  constexpr LinkTiming(unsigned generation, unsigned width, Duration propagation, double overhead = 0.0)
      : femtoseconds_per_byte_{static_cast<std::uint64_t>(static_cast<double>(lane_femtoseconds[generation - 1]) /
                                                          width / (1.0 - overhead))},
        propagation_{propagation} {}

  /// A conventional bus of 32 bits at 33 MHz. Arbitration and wait states are not modelled.
  static constexpr LinkTiming conventional_bus() { return LinkTiming{}; }

  /// Time on the wire of `bytes`.
  constexpr Duration serialize(std::uint64_t bytes) const { return Duration{bytes * femtoseconds_per_byte_ / 1000}; }
  /// Payload and headers together: what is left of the line rate after its encoding.
  constexpr double gigabits_per_second() const { return 8e6 / static_cast<double>(femtoseconds_per_byte_); }
  constexpr Duration propagation() const { return propagation_; }

 private:
  constexpr LinkTiming() : femtoseconds_per_byte_{7'500'000} {}

  // One byte on one lane: 8b/10b at 2.5 and 5 GT/s, 128b/130b at 8 to 32 GT/s, 242/256 flits at 64 GT/s.
  static constexpr std::array<std::uint64_t, 6> lane_femtoseconds{4'000'000, 2'000'000, 1'015'625,
                                                                  507'812,   253'906,   132'231};
  std::uint64_t femtoseconds_per_byte_;
  Duration propagation_;
};

/// Framing, sequence number and LCRC.
constexpr std::uint64_t framing_bytes = 8;

/// Bytes on the wire of a memory request: 3 or 4 doubleword header, payload for writes.
constexpr std::uint64_t request_bytes(const Access& access) {
  const std::uint64_t header = access.address.value() >> 32 == 0 ? 12 : 16;
  return framing_bytes + header + (access.operation == Operation::read ? 0 : access.size);
}

/// An end-to-end check sequence behind the payload, where both ends use it.
constexpr std::uint64_t ecrc_bytes = 4;
/// Framing and header of a completion with data.
constexpr std::uint64_t completion_overhead = framing_bytes + 12;

/// Bytes on the wire of one completion.
constexpr std::uint64_t completion_bytes(const CompletionPart& part) {
  return completion_overhead + part.size;
}

/// Of all completions of a read.
constexpr std::uint64_t completion_bytes(BusAddr address, std::uint32_t size, CompletionLimits limits) {
  std::uint64_t bytes = 0;
  const CompletionSplit split{address, size, limits};
  for (const CompletionPart part : split)
    bytes += completion_bytes(part);
  return bytes;
}

/// The same of a read that begins at a multiple of `max_payload`.
constexpr std::uint64_t completion_bytes(std::uint32_t size, unsigned max_payload) {
  return completion_bytes(BusAddr{}, size, {max_payload, 64});
}

}  // namespace iommusim::pcie
