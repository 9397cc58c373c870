// SPDX-License-Identifier: Apache-2.0
#include "oracle/smmuv3/stream_entry.h"

#include <algorithm>

namespace iommusim::oracle::smmuv3 {

/// STRW: RES0 or IGNORED unless stage 1 alone translates and there is an EL2.
bool StreamEntry::uses_stream_world() const {
  return facts_.stage_1() && facts_.hypervisor() && config() == 5;
}

World StreamEntry::world() const {
  if (!uses_stream_world() || ste_.field(95, 94) == 0) return World::el1;
  return facts_.host_extensions() ? World::el2_e2h : World::el2;
}

unsigned StreamEntry::ats_mode() const {
  const unsigned eats = ste_.number(93, 92);
  if (!facts_.ats() || bypasses() || eats == 3) return 0;
  return eats == 2 && !facts_.checks_translated() ? 0 : eats;
}

bool StreamEntry::privileged(bool incoming) const {
  const std::uint64_t privcfg = facts_.overrides_permissions() ? ste_.field(113, 112) : 0;
  return privcfg == 3 || (privcfg != 2 && incoming);
}

unsigned StreamEntry::instruction_override() const {
  const unsigned instcfg = facts_.overrides_permissions() ? ste_.number(115, 114) : 0;
  return instcfg == 1 ? 0 : instcfg;
}

bool StreamEntry::instruction(bool incoming, bool read) const {
  if (!read) return false;
  return instruction_override() == 3 || (instruction_override() == 0 && incoming);
}

Format StreamEntry::stage_2_format() const {
  Format format;
  format.granule = granule_of_tg0(ste_.field(175, 174));
  format.big_endian = ste_.flag(180);
  format.output_bits = facts_.effective_size(ste_.field(178, 176));
  format.wide = facts_.output_bits() == 52;
  return format;
}

/// S2SL0; 4: reserved.
unsigned StreamEntry::stage_2_start_level() const {
  const unsigned sl0 = ste_.number(167, 166);
  if (stage_2_format().granule == granule_4k) {
    if (sl0 == 3) return facts_.small_tables() ? 3 : 4;
    return 2 - sl0;
  }
  return sl0 == 3 ? 4 : 3 - sl0;
}

bool StreamEntry::is_illegal(Dispute& dispute) const {
  if (has_stage_1() && !facts_.stage_1()) return true;
  if (has_stage_2() && !facts_.stage_2()) return true;
  if (ats_is_illegal()) return true;
  if (uses_stream_world() && ste_.flag(94)) return true;
  if (has_stage_1() && stage_1_is_illegal(dispute)) return true;
  if (has_stage_2() && stage_2_is_illegal(dispute)) return true;
  return vmid_is_illegal();
}

bool StreamEntry::ats_is_illegal() const {
  if (!facts_.ats() || bypasses()) return false;
  const std::uint64_t eats = ste_.field(93, 92);
  if (eats == 2) return !nested() || ste_.flag(185) || facts_.no_split_stage_ats();
  return eats == 1 && has_stage_2() && ste_.flag(185);
}

bool StreamEntry::stage_1_is_illegal(Dispute& dispute) const {
  if (stall_disabled() && facts_.stall_model() != 0) return true;
  if (facts_.substream_bits() != 0) {
    if (substream_bits() > facts_.substream_bits()) return true;
    const bool two_level = context_format() == 1 || context_format() == 2;
    if (substream_bits() != 0 && two_level && !facts_.two_level_contexts()) return true;
  }
  const std::uint64_t pointer = context_pointer();
  if (bits(pointer, 55, 52) != 0) dispute = Dispute::context_pointer_bits_above_51;
  if (!exceeds(pointer, nested() ? facts_.intermediate_bits() : facts_.output_bits())) return false;
  if (nested() || facts_.version() == 0) dispute = Dispute::context_pointer_beyond_range;
  return true;
}

bool StreamEntry::stage_2_is_illegal(Dispute& dispute) const {
  if (ste_.flag(185) ? facts_.stall_model() == 1 : facts_.stall_model() == 2) return true;
  if (!ste_.flag(179) || !facts_.aarch64()) return true;
  if (ste_.flag(184) && !facts_.updates_access_flag()) return true;
  if (ste_.flag(183) && !facts_.updates_dirty_state()) return true;
  if (facts_.updates_table_access_flag() && ste_.flag(187) && !ste_.flag(184)) return true;
  const Format format = stage_2_format();
  if (!facts_.supports(format.granule)) return true;
  const unsigned table_bits = format.granule == granule_64k ? 64 : 48;
  if (exceeds(stage_2_table(), std::min(format.output_bits, table_bits))) return true;
  if (facts_.little_endian_only() && ste_.flag(180)) return true;
  if (facts_.big_endian_only() && !ste_.flag(180)) return true;
  return stage_2_size_is_illegal(dispute);
}

/// S2T0SZ, and S2SL0 with it: 1 to 16 tables at the start level, which must suit the implemented size.
bool StreamEntry::stage_2_size_is_illegal(Dispute& dispute) const {
  const Format format = stage_2_format();
  const bool large = format.granule == granule_64k;
  const unsigned t0sz = ste_.number(165, 160);
  const unsigned most = !facts_.small_tables() ? 39 : large ? 47 : 48;
  unsigned least = 64 - facts_.intermediate_bits();
  if (facts_.version() != 0) least = std::max(large ? 12U : 16U, least);
  if (t0sz < least || t0sz > most) {
    if (facts_.version() == 0) dispute = Dispute::size_fields_of_version_0;
    return true;
  }
  const unsigned level = stage_2_start_level();
  if (level > 3) return true;
  const unsigned output = facts_.output_bits();
  if (format.granule == granule_4k && level == 0 && output < 44) return true;
  if (format.granule == granule_16k && level == 1 && output < 42) return true;
  if (format.granule == granule_64k && level == 1 && output < 44) return true;
  const unsigned lowest = format.shift(level);
  return stage_2_input_bits() < lowest + 1 || stage_2_input_bits() > lowest + format.stride() + 4;
}

bool StreamEntry::vmid_is_illegal() const {
  if (!facts_.stage_2() || bypasses() || world() != World::el1) return false;
  return !facts_.vmid_16() && ste_.field(143, 136) != 0;
}

}  // namespace iommusim::oracle::smmuv3
