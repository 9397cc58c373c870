// SPDX-License-Identifier: Apache-2.0
// Stage 2: from IPA to PA (SMMUv3 architecture, 3.4, 3.13 and 7.3; VMSAv8-64).
#pragma once

#include "oracle/smmuv3/effects.h"
#include "oracle/smmuv3/fault.h"
#include "oracle/smmuv3/stream_entry.h"

#include <optional>

namespace iommusim::oracle::smmuv3 {

/// A translation of one stage before permissions are looked at.
struct Leaf {
  std::optional<Fault> fault;
  std::uint64_t descriptor = 0;
  /// Where the descriptor is: physical, and as stage 1 names it.
  std::uint64_t where = 0;
  std::uint64_t named = 0;
  /// Stage 2's descriptor of the page in which it is.
  std::optional<std::uint64_t> mapped_by;
  std::uint64_t output = 0;
  std::uint64_t page_bytes = 0;
  /// Of the tables on the way: APTable, and the execute-never bits.
  bool tables_hide = false;
  bool tables_write_protect = false;
  bool tables_execute_never = false;
  bool tables_privileged_execute_never = false;
};

/// The flags may be updated or not, and the page that the descriptor is in be marked dirty for that (3.13.2, 3.13.4).
inline void leave_open(Effects& memory, const Leaf& leaf) {
  memory.leave_open(leaf.where);
  if (leaf.mapped_by) memory.leave_open(*leaf.mapped_by);
}

/// What came of a translation.
struct Result {
  std::optional<Fault> fault;
  std::uint64_t address = 0;
  /// Of stage 2: the descriptor.
  std::uint64_t leaf = 0;
  std::uint64_t page_bytes = 0;
  /// After updates.
  Rights rights;
};

class Stage2 {
 public:
  Stage2(const Facts& facts, const StreamEntry& stream, Effects& memory)
      : facts_{facts}, stream_{stream}, memory_{memory}, format_{stream.stage_2_format()} {}

  /// Up to and with F_ACCESS.
  Leaf find(std::uint64_t ipa, During during);
  Rights rights(const Leaf& leaf, bool privileged) const;
  /// Permission check and flag updates of an access to what `leaf` maps.
  Result finish(const Leaf& leaf, std::uint64_t ipa, During during, const Access& access);
  Result translate(std::uint64_t ipa, During during, const Access& access);
  /// For a CD, or a descriptor of stage 1.
  Result translate_structure(std::uint64_t ipa, During during, bool write);
  /// Sets the Access flag, and marks dirty what is clean. False: the descriptor cannot be written.
  bool update(const Leaf& leaf, bool mark_dirty);
  Fault failed_update(const Leaf& leaf, During during) const;

  Dispute dispute() const { return dispute_; }

 private:
  Leaf faulty(std::uint8_t code, std::uint64_t ipa, During during, std::uint64_t fetch = 0) const;
  bool is_device(std::uint64_t descriptor);

  const Facts& facts_;
  const StreamEntry& stream_;
  Effects& memory_;
  Format format_;
  Dispute dispute_ = Dispute::none;
};

}  // namespace iommusim::oracle::smmuv3
