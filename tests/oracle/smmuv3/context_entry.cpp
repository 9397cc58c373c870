// SPDX-License-Identifier: Apache-2.0
#include "oracle/smmuv3/context_entry.h"

#include <algorithm>

namespace iommusim::oracle::smmuv3 {

unsigned ContextEntry::half_of(std::uint64_t address) const {
  return has_two_privileges() && bit(address, 55) ? 1 : 0;
}

/// Effective EPDx: an EL2 world cannot disable walks and has one table.
bool ContextEntry::has_walks(unsigned number) const {
  if (!has_two_privileges()) return number == 0;
  return !cd_.flag(number == 0 ? 14 : 30);
}

Half ContextEntry::half(unsigned number) const {
  Half half;
  const bool low = number == 0;
  half.input_bits = 64 - (low ? cd_.number(5, 0) : cd_.number(21, 16));
  half.format.granule = low ? granule_of_tg0(cd_.field(7, 6)) : granule_of_tg1(cd_.field(23, 22));
  half.format.big_endian = cd_.flag(15);
  half.format.output_bits = facts_.effective_size(cd_.field(34, 32));
  half.format.wide = facts_.output_bits() == 52;
  half.walks_disabled = !has_walks(number);
  half.ignores_top_byte = cd_.flag(low ? 38 : 39);
  half.ignores_hierarchical_attributes = facts_.hierarchical_attribute_disable() && cd_.flag(low ? 65 : 129);
  half.refuses_unprivileged = facts_.e0pd() && has_two_privileges() && cd_.flag(low ? 66 : 130);
  const unsigned above = facts_.version() == 0 ? 4 : 0;
  half.table = low ? cd_.address(115 - above, 68, 64) : cd_.address(179 - above, 132, 128);
  return half;
}

bool ContextEntry::is_illegal(Dispute& dispute) const {
  if (!cd_.flag(31)) return true;
  if (stall_is_illegal()) return true;
  if (facts_.abort_only() && !aborts()) return true;
  const bool walks = has_walks(0) || has_walks(1);
  if (walks && facts_.little_endian_only() && cd_.flag(15)) return true;
  if (walks && facts_.big_endian_only() && !cd_.flag(15)) return true;
  if (!cd_.flag(41) || !facts_.aarch64()) return true;
  if (cd_.flag(43) && !facts_.updates_access_flag()) return true;
  if (cd_.flag(42) && !facts_.updates_dirty_state()) return true;
  if (facts_.updates_table_access_flag() && cd_.flag(67) && !cd_.flag(43)) return true;
  if (has_two_privileges() && !facts_.asid_16() && cd_.field(63, 56) != 0) return true;
  return half_is_illegal(0, dispute) || half_is_illegal(1, dispute);
}

bool ContextEntry::stall_is_illegal() const {
  if (stream_.stall_disabled() && stalls()) return true;
  return stalls() ? facts_.stall_model() == 1 : facts_.stall_model() == 2;
}

bool ContextEntry::half_is_illegal(unsigned number, Dispute& dispute) const {
  if (!has_walks(number)) return false;
  const Half table = half(number);
  if (!facts_.supports(table.format.granule)) return true;
  const bool large = table.format.granule == granule_64k;
  const unsigned txsz = 64 - table.input_bits;
  const unsigned least = large && facts_.input_52() ? 12 : 16;
  const unsigned most = !facts_.small_tables() ? 39 : large ? 47 : 48;
  if (txsz < least || txsz > most) {
    if (facts_.version() == 0) dispute = Dispute::size_fields_of_version_0;
    return true;
  }
  return exceeds(table.table, std::min(table.format.output_bits, large ? 64U : 48U));
}

}  // namespace iommusim::oracle::smmuv3
