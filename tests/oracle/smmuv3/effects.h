// SPDX-License-Identifier: Apache-2.0
// Memory as one request reads and changes it.
#pragma once

#include "oracle/smmuv3/structure.h"
#include "oracle/tables.h"

#include <cstdint>
#include <optional>
#include <set>

namespace iommusim::oracle::smmuv3 {

struct Effects {
  explicit Effects(const Memory& memory) : tables{memory} {}

  std::optional<std::uint64_t> read(std::uint64_t where) const { return tables.read(where); }
  std::optional<Structure> read_structure(std::uint64_t where) const {
    Structure structure;
    for (unsigned word = 0; word < 8; ++word) {
      const auto value = tables.read(where + 8 * word);
      if (!value) return std::nullopt;
      structure.words[word] = *value;
    }
    return structure;
  }

  /// The flags of a descriptor that refuses an access may be updated or not (3.13.2).
  void leave_open(std::uint64_t where) {
    open.insert(where);
    open_and_read_only = open_and_read_only || !tables.can_write(where);
  }

  Tables tables;
  /// Flags of these words may be updated or not.
  std::set<std::uint64_t> open;
  bool open_and_read_only = false;
};

}  // namespace iommusim::oracle::smmuv3
