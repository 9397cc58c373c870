// SPDX-License-Identifier: Apache-2.0
// The stream table entry (SMMUv3 architecture, 5.2).
#pragma once

#include "oracle/smmuv3/answer.h"
#include "oracle/smmuv3/descriptor.h"
#include "oracle/smmuv3/facts.h"
#include "oracle/smmuv3/structure.h"

namespace iommusim::oracle::smmuv3 {

enum class World : std::uint8_t { el1, el2, el2_e2h };

class StreamEntry {
 public:
  StreamEntry(const Facts& facts, const Structure& words) : facts_{facts}, ste_{words} {}

  bool valid() const { return ste_.flag(0); }
  unsigned config() const { return ste_.number(3, 1); }
  bool passes_nothing() const { return config() < 4; }
  bool bypasses() const { return config() == 4; }
  bool has_stage_1() const { return config() == 5 || config() == 7; }
  bool has_stage_2() const { return config() == 6 || config() == 7; }
  bool nested() const { return config() == 7; }
  World world() const;

  /// V is 1, Config is not 0b0xx (5.2.2). `dispute` tells whether the answer depends on one.
  bool is_illegal(Dispute& dispute) const;

  bool has_substreams() const { return facts_.substream_bits() != 0 && substream_bits() != 0; }
  /// S1CDMax.
  unsigned substream_bits() const { return ste_.number(63, 59); }
  unsigned without_substream() const { return ste_.number(65, 64); }
  unsigned context_format() const { return ste_.number(5, 4); }
  std::uint64_t context_pointer() const { return ste_.address(55, 6, 0); }
  bool stall_disabled() const { return ste_.flag(91); }
  /// 0: none, 1: full, 2: split-stage.
  unsigned ats_mode() const;

  /// PRIVCFG and INSTCFG; writes are data.
  bool privileged(bool incoming) const;
  bool instruction(bool incoming, bool read) const;
  /// 0: use incoming, 2: data, 3: instruction.
  unsigned instruction_override() const;

  unsigned stage_2_input_bits() const { return 64 - ste_.number(165, 160); }
  Format stage_2_format() const;
  unsigned stage_2_start_level() const;
  std::uint64_t stage_2_table() const { return ste_.address(facts_.version() == 0 ? 239 : 243, 196, 192); }
  bool stage_2_stalls() const { return ste_.flag(185); }
  bool stage_2_records() const { return ste_.flag(186); }
  bool stage_2_access_fault_disabled() const { return ste_.flag(181); }
  bool stage_2_updates_access_flag() const { return ste_.flag(184); }
  bool stage_2_updates_dirty_state() const { return ste_.flag(184) && ste_.flag(183); }
  bool protects_table_walks() const { return ste_.flag(182); }
  bool forces_write_back() const { return facts_.force_write_back() && ste_.flag(89); }

 private:
  bool uses_stream_world() const;
  bool ats_is_illegal() const;
  bool stage_1_is_illegal(Dispute& dispute) const;
  bool stage_2_is_illegal(Dispute& dispute) const;
  bool stage_2_size_is_illegal(Dispute& dispute) const;
  bool vmid_is_illegal() const;

  const Facts& facts_;
  Structure ste_;
};

}  // namespace iommusim::oracle::smmuv3
