// SPDX-License-Identifier: Apache-2.0
// What software can read from a VT-d unit about itself: the capability bits that change what a request meets
// (VT-d specification, 11.4.2 and 11.4.3), and the state that commands have latched.
#pragma once

#include "oracle/vtd/bits.h"

#include <cstdint>
#include <vector>

namespace iommusim::oracle::vtd {

/// First and last byte.
struct Region {
  std::uint64_t base = 0;
  std::uint64_t limit = 0;
};

struct Facts {
  std::uint64_t cap = 0;
  std::uint64_t ecap = 0;
  std::uint32_t gsts = 0;
  /// As the last SRTP latched it.
  std::uint64_t rtaddr = 0;
  /// As the last SIRTP latched it.
  std::uint64_t irta = 0;
  /// In no register: 32 to 52 bits.
  unsigned host_address_width = 48;
  /// Protected memory while PMEN.EPM=1; empty otherwise.
  std::vector<Region> protected_regions;

  bool translation_enabled() const { return bit(gsts, 31); }
  bool interrupt_remapping_enabled() const { return bit(gsts, 25); }
  bool compatibility_interrupts_pass() const { return bit(gsts, 23); }
  bool extended_interrupt_mode() const { return bit(irta, 11) && bit(ecap, 4); }
  std::uint64_t interrupt_table() const { return in_place(irta, host_address_width - 1, 12); }
  std::uint64_t interrupt_entries() const { return std::uint64_t{2} << bits(irta, 3, 0); }
  bool posted_interrupts() const { return bit(cap, 59); }
  bool interrupt_remapping() const { return bit(ecap, 3); }
  bool extended_interrupts() const { return bit(ecap, 4); }

  unsigned ttm() const { return static_cast<unsigned>(bits(rtaddr, 11, 10)); }
  /// Bits at and above the host address width are not there.
  std::uint64_t root_table() const { return in_place(rtaddr, host_address_width - 1, 12); }

  unsigned domain_bits() const { return 4 + 2 * static_cast<unsigned>(bits(cap, 2, 0)); }
  bool table_width_supported(std::uint64_t aw) const { return aw >= 1 && aw <= 3 && bit(cap, 8 + unsigned(aw)); }
  std::uint64_t largest_table_width() const {
    for (std::uint64_t aw = 3; aw >= 1; --aw)
      if (table_width_supported(aw)) return aw;
    return 0;
  }
  unsigned max_guest_width() const { return static_cast<unsigned>(bits(cap, 21, 16)) + 1; }
  bool zero_length_read() const { return bit(cap, 22); }
  bool second_stage_2m() const { return bit(cap, 34); }
  bool second_stage_1g() const { return bit(cap, 35); }
  bool first_stage_1g() const { return bit(cap, 56); }
  bool first_stage_5_levels() const { return bit(cap, 60); }

  bool device_tlb() const { return bit(ecap, 2); }
  bool pass_through() const { return bit(ecap, 6); }
  bool snoop_control() const { return bit(ecap, 7); }
  bool memory_types() const { return bit(ecap, 25); }
  bool nested() const { return bit(ecap, 26); }
  bool page_requests() const { return bit(ecap, 29); }
  bool execute_requests() const { return bit(ecap, 30); }
  bool supervisor_requests() const { return bit(ecap, 31); }
  bool no_write_flag() const { return bit(ecap, 33); }
  bool extended_accessed() const { return bit(ecap, 34); }
  unsigned pasid_bits() const { return static_cast<unsigned>(bits(ecap, 39, 35)) + 1; }
  bool pasid() const { return bit(ecap, 40); }
  bool scalable_mode() const { return bit(ecap, 43); }
  bool second_stage_accessed_dirty() const { return bit(ecap, 45); }
  bool second_stage_only() const { return bit(ecap, 46); }
  bool first_stage_only() const { return bit(ecap, 47); }
  bool walk_snoop() const { return bit(ecap, 48); }
  bool rid_pasid() const { return bit(ecap, 49); }
  bool abort_mode() const { return bit(ecap, 52); }
  bool rid_privilege() const { return bit(ecap, 53); }
};

}  // namespace iommusim::oracle::vtd
