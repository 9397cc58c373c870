// SPDX-License-Identifier: Apache-2.0
// How long a TLP occupies a link (PCIe base specification, 4.2; framing as in reference pcie-acs 5).
#pragma once

#include "base/access.h"
#include "base/quantity.h"

#include <array>
#include <cstdint>

namespace iommusim::pcie {

/// One direction of a link.
class LinkTiming {
 public:
  /// generation 1 to 6; width 1 to 16 lanes.
  constexpr LinkTiming(unsigned generation, unsigned width, Duration propagation)
      : femtoseconds_per_byte_{lane_femtoseconds[generation - 1] / width}, propagation_{propagation} {}

  /// Time on the wire of `bytes`.
  constexpr Duration serialize(std::uint64_t bytes) const { return Duration{bytes * femtoseconds_per_byte_ / 1000}; }
  constexpr Duration propagation() const { return propagation_; }

 private:
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

/// Bytes on the wire of the completions of a read of `size` bytes, in pieces of at most `max_payload`.
constexpr std::uint64_t completion_bytes(std::uint32_t size, unsigned max_payload) {
  const std::uint64_t pieces = size == 0 ? 1 : (size + max_payload - 1) / max_payload;
  return pieces * (framing_bytes + 12) + size;
}

}  // namespace iommusim::pcie
