// SPDX-License-Identifier: Apache-2.0
// What the tables of one unit may contain: widths, depths, page sizes and reserved bits, worked out once from
// the configuration so that walks compare masks only.
#pragma once

#include "iommu/vtd/config.h"
#include "iommu/vtd/first_stage_entry.h"
#include "iommu/vtd/second_stage_entry.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace iommusim::vtd {

/// What scalable mode adds.
struct ScalableFormat {
  bool is_supported = false;
  bool first_stage = false;
  bool second_stage = false;
  bool nested = false;
  bool first_stage_5_levels = false;
  /// PASIDs in requests are below.
  std::uint32_t pasid_limit = 0;
  /// By 64-bit word: what no entry may have.
  std::array<std::uint64_t, 4> reserved_in_context{};
  std::array<std::uint64_t, 8> reserved_in_pasid_entry{};
};

class TableFormat {
 public:
  explicit TableFormat(const UnitConfig& config);

  /// Address bits HAW-1:0.
  std::uint64_t host_bits() const { return host_bits_; }
  /// Bits that a DID must not have.
  std::uint64_t reserved_domain_bits() const { return reserved_domain_bits_; }
  /// CAP.SAGAW has the depth.
  bool supports_levels(unsigned levels) const { return levels <= max_table_levels && (levels_ >> levels & 1) != 0; }
  unsigned deepest() const { return deepest_; }
  bool supports_pass_through() const { return pass_through_; }
  bool supports_device_tlb() const { return device_tlb_; }
  /// NW of translation requests counts.
  bool supports_no_write() const { return no_write_; }
  bool supports_abort_dma() const { return abort_dma_; }
  bool supports_zero_length_read() const { return zero_length_read_; }
  bool caches_faults() const { return caching_mode_; }
  const ScalableFormat& scalable() const { return scalable_; }

  /// Bits that inputs of tables of `levels` levels must not have: above min(MGAW + 1, width of the tables).
  std::uint64_t excess_input_bits(unsigned levels) const {
    return ~((std::uint64_t{1} << std::min(guest_address_width_, input_width(levels))) - 1);
  }

  /// The entry maps a page: at level 1 always, above where PS is set and CAP.SSLPS allows.
  bool is_leaf(unsigned level, SecondStageEntry entry) const {
    return level == 1 || (entry.get<SecondStageEntry::PS>() && (leaf_levels_ >> level & 1) != 0);
  }
  std::uint64_t reserved_bits(unsigned level, bool leaf) const {
    return leaf ? reserved_in_leaf_[level] : reserved_in_table_[level];
  }

  /// The same of the first stage: 2 MiB always, 1 GiB with CAP.FS1GP.
  bool is_leaf(unsigned level, FirstStageEntry entry) const {
    return level == 1 || (entry.get<FirstStageEntry::PS>() && (first_stage_leaf_levels_ >> level & 1) != 0);
  }
  std::uint64_t first_stage_reserved_bits(unsigned level, bool leaf) const {
    return leaf ? first_stage_reserved_in_leaf_[level] : first_stage_reserved_in_table_[level];
  }

 private:
  using MaskByLevel = std::array<std::uint64_t, max_table_levels + 1>;

  void set_second_stage(const UnitConfig& config);
  void set_first_stage();
  void set_scalable_mode(const UnitConfig& config);

  std::uint64_t host_bits_;
  std::uint64_t reserved_domain_bits_;
  unsigned guest_address_width_;
  unsigned levels_ = 0;
  unsigned deepest_ = 0;
  unsigned leaf_levels_;
  unsigned first_stage_leaf_levels_;
  bool pass_through_;
  bool device_tlb_;
  bool no_write_;
  bool abort_dma_;
  bool zero_length_read_;
  bool caching_mode_;
  MaskByLevel reserved_in_leaf_{};
  MaskByLevel reserved_in_table_{};
  MaskByLevel first_stage_reserved_in_leaf_{};
  MaskByLevel first_stage_reserved_in_table_{};
  ScalableFormat scalable_;
};

}  // namespace iommusim::vtd
