// SPDX-License-Identifier: Apache-2.0
// What the walks of both stages have in common.
#pragma once

#include "oracle/vtd/answer.h"

#include <cstdint>
#include <optional>

namespace iommusim::oracle::vtd {

/// What one stage, or both, made of an address.
struct Walk {
  enum class End : std::uint8_t { mapped, no_rights, fault };

  End end = End::fault;
  /// mapped.
  std::uint64_t address = 0;
  std::uint64_t page_bytes = 0;
  bool readable = false;
  bool writable = false;
  bool executable = false;
  /// fault.
  std::uint8_t reason = 0;
  Dispute dispute = Dispute::none;
  /// Accessed or dirty bits of the entry that ended the walk may or may not have been set.
  bool updates_open = false;
};

inline Walk fault_of(std::uint8_t reason, Dispute dispute = Dispute::none) {
  Walk walk;
  walk.reason = reason;
  walk.dispute = dispute;
  return walk;
}

inline Walk without_rights(Dispute dispute = Dispute::none) {
  Walk walk;
  walk.dispute = dispute;
  walk.end = Walk::End::no_rights;
  return walk;
}

}  // namespace iommusim::oracle::vtd
