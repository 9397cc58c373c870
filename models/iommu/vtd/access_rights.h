// SPDX-License-Identifier: Apache-2.0
// What paging entries permit, and what a request needs of them (VT-d specification, 3.6.1, 3.7.1).
#pragma once

#include "base/access.h"
#include "iommu/vtd/first_stage_entry.h"
#include "iommu/vtd/second_stage_entry.h"

#include <cstdint>

namespace iommusim::vtd {

/// What every second-stage entry on the way so far permits.
struct AccessRights {
  bool read = true;
  bool write = true;
  bool execute = true;

  /// X counts with SSEE only.
  void restrict_to(SecondStageEntry entry, bool counts_execute) {
    read = read && entry.get<SecondStageEntry::R>();
    write = write && entry.get<SecondStageEntry::W>();
    execute = execute && (!counts_execute || entry.get<SecondStageEntry::X>());
  }
  bool any() const { return read || write; }
};

/// What every first-stage entry on the way so far permits, before the privilege of the request counts. Reading is
/// permitted wherever entries are present.
struct FirstStageRights {
  bool write = true;
  bool user = true;
  bool execute = true;

  void restrict_to(FirstStageEntry entry) {
    write = write && entry.get<FirstStageEntry::RW>();
    user = user && entry.get<FirstStageEntry::US>();
    execute = execute && !entry.get<FirstStageEntry::XD>();
  }
};

/// What a request needs of the tables.
struct NeededRights {
  bool read = false;
  bool write = false;
  /// Either right will do: a zero-length read with CAP.ZLR.
  bool any = false;
  bool execute = false;
};

/// AtomicOps need both rights; a zero-length read with CAP.ZLR any.
inline NeededRights needed_rights(Operation operation, std::uint32_t size, bool zero_length_reads) {
  if (operation == Operation::read) {
    const bool any = size == 0 && zero_length_reads;
    return {!any, false, any, false};
  }
  return {operation == Operation::atomic, true, false, false};
}

enum class MissingRight : std::uint8_t { none, write, read, execute };

/// A missing write right is reported before a missing read right.
inline MissingRight missing_right(NeededRights needed, AccessRights granted) {
  if (needed.write && !granted.write) return MissingRight::write;
  if (needed.read && !granted.read) return MissingRight::read;
  if (needed.any && !granted.any()) return MissingRight::read;
  if (needed.execute && !granted.execute) return MissingRight::execute;
  return MissingRight::none;
}

}  // namespace iommusim::vtd
