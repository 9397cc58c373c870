// SPDX-License-Identifier: Apache-2.0
// Scalable-mode tables in memory for requests with and without PASID. Layouts are retyped from the VT-d sheet (2.1, 2.3
// to 2.6) and share nothing with the model's.
#pragma once

#include "support/vtd_tables.h"

#include <cstdint>

namespace iommusim::tests {

/// What a context entry allows.
struct Allowed {
  bool device_tlb = true;
  bool pasids = true;
  bool page_requests = true;
};

/// Encodings of PGTT.
enum class PasidType : std::uint8_t { first_stage = 1, second_stage = 2, nested = 3, pass_through = 4 };

class VtdPasids {
 public:
  /// Pages come from `tables`.
  explicit VtdPasids(VtdTables& tables);

  PhysAddr root() const { return root_; }
  /// A present context entry with an empty directory of 2^13 PASIDs; requests without PASID use 0.
  void attach(RequesterId requester, Allowed allowed = {});
  PhysAddr context_entry(RequesterId requester) const;
  /// A present PASID entry. `second` gives DID, AW and the second stage, `first` the first-stage table.
  void set(RequesterId requester, std::uint32_t pasid, PasidType type, const Domain& second, PhysAddr first = {});
  PhysAddr pasid_entry(RequesterId requester, std::uint32_t pasid);
  /// Four-level first-stage mapping of one page with every right.
  void map_first(PhysAddr top, std::uint64_t from, PhysAddr to);

 private:
  std::uint64_t load(PhysAddr where) const { return tables_.load<Word<64>>(where).raw(); }
  void store(PhysAddr where, std::uint64_t value) { tables_.store(where, Word<64>{value}); }
  /// The page that the entry points to, which is made when there is none.
  PhysAddr follow(PhysAddr entry, std::uint64_t bits);

  VtdTables& tables_;
  PhysAddr root_;
};

}  // namespace iommusim::tests
