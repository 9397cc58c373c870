// SPDX-License-Identifier: Apache-2.0
// Stage 1: from an input address to an IPA, or without stage 2 to an output address (VMSAv8-64 stage 1; SMMUv3
// architecture, 3.3.2, 3.4 and 3.13).
#pragma once

#include "iommu/smmuv3/stage_1_permissions.h"
#include "iommu/smmuv3/stage_2_walk.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace iommusim::smmuv3 {

/// The half that translates the address; nullptr: F_TRANSLATION without a walk. Bit 55 chooses; what is above the
/// half's bits must repeat it, but for a tag (3.4.1). A regime with one half has the other disabled.
inline const Stage1Half* find_half(const StreamContext& stream, std::uint64_t address, bool privileged) {
  constexpr unsigned half_bit = 55;
  const std::uint64_t is_upper = address >> half_bit & 1;
  const Stage1Half& half = stream.stage_1.halves[is_upper];
  const bool is_out_of_range = ((address ^ (0 - is_upper)) & half.repeated_bits) != 0;
  if (half.disabled || is_out_of_range) return nullptr;
  return half.e0pd && !privileged ? nullptr : &half;
}

struct Stage1Result {
  Fault fault;
  /// The block that holds the input address, of 2^shift bytes.
  std::uint64_t block = 0;
  unsigned shift = 0;
  /// As the descriptor is now, and as it will be once the page is dirty.
  Permissions permissions;
  Permissions once_dirty;
  MemoryAttributes attributes;
  /// nG is 0.
  bool is_global = false;
  /// A write is allowed, and needs take_write().
  bool is_clean = false;
};

class Stage1Walk {
 public:
  /// `nested`: translates the addresses of descriptors; nullptr without stage 2.
  Stage1Walk(WalkContext& context, const StreamContext& stream, Stage2Walk* nested)
      : context_{context},
        stream_{stream},
        nested_{nested},
        tables_{stream.pages.as(TranslationTag::Kind::stage_1_table)} {}

  Stage1Result run(const Stage1Half& half, std::uint64_t address, const AccessNeeds& needs);
  /// The clean page that run() found last is written, if the whole translation succeeds. F_PERMISSION when stage 2 does
  /// not let the descriptor be changed.
  Fault take_write();

 private:
  struct Table {
    Table(std::uint64_t first_entry, const TableLevel& its_level, TableRestrictions of_those_above = {})
        : address{first_entry}, level{its_level}, restrictions{of_those_above} {}

    std::uint64_t address;
    TableLevel level;
    TableRestrictions restrictions;
  };
  Table start(const Stage1Half& half, std::uint64_t address) const;
  /// False: `fault`, which is left alone otherwise: copying it at each level would cost.
  bool read(std::uint64_t at, unsigned level, Stage1Descriptor& descriptor, Fault& fault);
  void note_table(std::uint64_t address, unsigned shift, const Table& table);
  void take_leaf(Stage1Descriptor leaf, const Table& table, const AccessNeeds& needs, Stage1Result& result);
  Fault set_access_flag();
  MemoryAttributes attributes_of(Stage1Descriptor leaf) const;

  WalkContext& context_;
  const StreamContext& stream_;
  Stage2Walk* nested_;
  TranslationTag::Space tables_;
  /// Of the descriptor read last: its address, and what stage 2 says of that.
  std::uint64_t descriptor_ = 0;
  Stage2Result descriptor_page_;
  std::size_t fetch_ = 0;
};

}  // namespace iommusim::smmuv3
