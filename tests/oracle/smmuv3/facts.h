// SPDX-License-Identifier: Apache-2.0
// What software can read from an SMMUv3 about itself, and the registers that it programs (SMMUv3 architecture, 6.3).
#pragma once

#include "oracle/bits.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace iommusim::oracle::smmuv3 {

using oracle::bit;
using oracle::bits;
using oracle::in_place;

/// log2 of a granule's bytes.
constexpr unsigned granule_4k = 12, granule_16k = 14, granule_64k = 16;
/// A reserved encoding.
constexpr unsigned no_granule = 0;

struct Facts {
  std::uint32_t idr0 = 0;
  std::uint32_t idr1 = 0;
  std::uint32_t idr3 = 0;
  std::uint32_t idr5 = 0;
  std::uint32_t aidr = 0;
  std::uint32_t cr0 = 0;
  std::uint32_t cr2 = 0;
  std::uint32_t gbpa = 0;
  std::uint64_t strtab_base = 0;
  std::uint32_t strtab_base_cfg = 0;

  bool stage_2() const { return bit(idr0, 0); }
  bool stage_1() const { return bit(idr0, 1); }
  bool aarch32() const { return bit(idr0, 2); }
  bool aarch64() const { return bit(idr0, 3); }
  bool updates_access_flag() const { return bits(idr0, 7, 6) >= 1; }
  bool updates_dirty_state() const { return bits(idr0, 7, 6) >= 2; }
  bool updates_table_access_flag() const { return bits(idr0, 7, 6) == 3; }
  bool hypervisor() const { return bit(idr0, 9); }
  bool ats() const { return bit(idr0, 10); }
  bool no_split_stage_ats() const { return bit(idr0, 11); }
  bool asid_16() const { return bit(idr0, 12); }
  bool vmid_16() const { return bit(idr0, 18); }
  bool two_level_contexts() const { return bit(idr0, 19); }
  bool little_endian_only() const { return bits(idr0, 22, 21) == 2; }
  bool big_endian_only() const { return bits(idr0, 22, 21) == 3; }
  bool ats_errors_recordable() const { return bit(idr0, 23); }
  std::uint64_t stall_model() const { return bits(idr0, 25, 24); }
  bool abort_only() const { return bit(idr0, 26); }
  bool two_level_streams() const { return bits(idr0, 28, 27) == 1; }

  unsigned stream_bits() const { return static_cast<unsigned>(bits(idr1, 5, 0)); }
  unsigned substream_bits() const { return static_cast<unsigned>(bits(idr1, 10, 6)); }
  bool overrides_permissions() const { return bit(idr1, 26); }

  bool hierarchical_attribute_disable() const { return bit(idr3, 2); }
  bool execute_never_per_level() const { return bit(idr3, 4); }
  bool force_write_back() const { return bit(idr3, 8); }
  bool small_tables() const { return bit(idr3, 9); }
  bool e0pd() const { return bit(idr3, 13); }
  bool enhanced_pan() const { return bit(idr3, 17); }

  /// OAS in bits.
  unsigned output_bits() const { return size_in_bits(bits(idr5, 2, 0)); }
  /// IAS in bits (3.4).
  unsigned intermediate_bits() const { return std::max(aarch32() ? 40U : 0U, aarch64() ? output_bits() : 0U); }
  bool supports(unsigned granule) const {
    switch (granule) {
      case granule_4k: return bit(idr5, 4);
      case granule_16k: return bit(idr5, 5);
      case granule_64k: return bit(idr5, 6);
      default: return false;
    }
  }
  bool input_52() const { return bits(idr5, 11, 10) >= 1; }
  /// ArchMinorRev.
  unsigned version() const { return static_cast<unsigned>(bits(aidr, 3, 0)); }

  bool enabled() const { return bit(cr0, 0); }
  bool checks_translated() const { return bit(cr0, 4); }
  bool host_extensions() const { return bit(cr2, 0); }
  bool records_bad_streams() const { return bit(cr2, 1); }
  bool records_ats_errors() const { return ats_errors_recordable() && bit(cr2, 3); }
  bool aborts_all() const { return bit(gbpa, 20); }

  /// IDR5.OAS, CD.IPS, STE.S2PS: reserved values act as the largest that the version knows.
  unsigned size_in_bits(std::uint64_t encoding) const {
    constexpr std::array<unsigned, 8> sizes{32, 36, 40, 42, 44, 48, 52, 56};
    const std::uint64_t largest = version() == 0 ? 5 : version() <= 3 ? 6 : 7;
    return sizes[std::min(encoding, largest)];
  }
  /// Of a table: capped to OAS.
  unsigned effective_size(std::uint64_t encoding) const { return std::min(size_in_bits(encoding), output_bits()); }
};

constexpr bool exceeds(std::uint64_t address, unsigned width) {
  return width < 64 && (address >> width) != 0;
}

}  // namespace iommusim::oracle::smmuv3
