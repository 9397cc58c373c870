// SPDX-License-Identifier: Apache-2.0
// The context descriptor (SMMUv3 architecture, 5.4).
#pragma once

#include "oracle/smmuv3/stream_entry.h"

namespace iommusim::oracle::smmuv3 {

/// What the CD says of one of its two translation tables.
struct Half {
  unsigned input_bits = 0;
  Format format;
  bool walks_disabled = false;
  bool ignores_top_byte = false;
  bool ignores_hierarchical_attributes = false;
  /// E0PD.
  bool refuses_unprivileged = false;
  std::uint64_t table = 0;
};

class ContextEntry {
 public:
  ContextEntry(const Facts& facts, const StreamEntry& stream, const Structure& words)
      : facts_{facts}, stream_{stream}, cd_{words} {}

  /// V=0 too (5.4.2).
  bool is_illegal(Dispute& dispute) const;

  /// 0 or 1; an EL2 world has no 1.
  Half half(unsigned number) const;
  /// Which VA[55] selects, or the only one.
  unsigned half_of(std::uint64_t address) const;
  bool has_two_privileges() const { return stream_.world() != World::el2; }

  bool stalls() const { return cd_.flag(44); }
  bool records() const { return cd_.flag(45); }
  bool aborts() const { return cd_.flag(46); }
  bool access_fault_disabled() const { return cd_.flag(35); }
  bool write_execute_never() const { return cd_.flag(36); }
  bool privileged_access_never() const { return has_two_privileges() && cd_.flag(40); }
  bool enhanced_privileged_access_never() const { return facts_.enhanced_pan() && cd_.flag(123); }
  bool updates_access_flag() const { return cd_.flag(43); }
  bool updates_dirty_state() const { return cd_.flag(43) && cd_.flag(42); }

 private:
  bool stall_is_illegal() const;
  bool half_is_illegal(unsigned number, Dispute& dispute) const;
  bool has_walks(unsigned number) const;

  const Facts& facts_;
  const StreamEntry& stream_;
  Structure cd_;
};

}  // namespace iommusim::oracle::smmuv3
