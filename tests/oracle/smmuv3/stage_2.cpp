// SPDX-License-Identifier: Apache-2.0
#include "oracle/smmuv3/stage_2.h"

namespace iommusim::oracle::smmuv3 {
namespace {

constexpr unsigned readable_bit = 6, writable_bit = 7, access_flag = 10, dirty_modifier = 51;

}  // namespace

Leaf Stage2::faulty(std::uint8_t code, std::uint64_t ipa, During during, std::uint64_t fetch) const {
  Leaf leaf;
  leaf.fault.emplace();
  leaf.fault->code = code;
  leaf.fault->stage_2 = true;
  leaf.fault->during = during;
  leaf.fault->ipa = ipa;
  leaf.fault->fetch = fetch;
  return leaf;
}

Leaf Stage2::find(std::uint64_t ipa, During during) {
  if (exceeds(ipa, stream_.stage_2_input_bits())) return faulty(event::f_translation, ipa, during);
  unsigned level = stream_.stage_2_start_level();
  unsigned index_bits = stream_.stage_2_input_bits() - format_.shift(level);
  std::uint64_t table = first_table(stream_.stage_2_table(), index_bits, format_);
  for (;; ++level, index_bits = format_.stride()) {
    Leaf leaf;
    leaf.where = descriptor_address(table, ipa, level, index_bits, format_);
    const auto word = memory_.read(leaf.where);
    if (!word) return faulty(event::f_walk_eabt, ipa, during, leaf.where);
    leaf.descriptor = in_order(*word, format_);
    const Kind kind = kind_of(leaf.descriptor, level, format_);
    if (kind == Kind::invalid) return faulty(event::f_translation, ipa, during);
    if (kind == Kind::table) {
      table = address_in(leaf.descriptor, format_.granule, format_);
      if (exceeds(table, format_.output_bits)) return faulty(event::f_addr_size, ipa, during);
      continue;
    }
    const unsigned shift = format_.shift(level);
    leaf.output = address_in(leaf.descriptor, shift, format_) | bits(ipa, shift - 1, 0);
    leaf.page_bytes = mapped_bytes(leaf.descriptor, level, format_);
    if (shift > format_.output_bits) dispute_ = Dispute::block_beyond_output_size;
    if (exceeds(leaf.output, format_.output_bits)) return faulty(event::f_addr_size, ipa, during);
    const bool accessed = bit(leaf.descriptor, access_flag);
    const bool may_access = stream_.stage_2_updates_access_flag() || stream_.stage_2_access_fault_disabled();
    if (!accessed && !may_access) return faulty(event::f_access, ipa, during);
    return leaf;
  }
}

Rights Stage2::rights(const Leaf& leaf, bool privileged) const {
  Rights rights;
  rights.read = bit(leaf.descriptor, readable_bit);
  rights.write = bit(leaf.descriptor, writable_bit);
  rights.clean = !rights.write && bit(leaf.descriptor, dirty_modifier) && stream_.stage_2_updates_dirty_state();
  if (!facts_.execute_never_per_level()) {
    rights.execute = !bit(leaf.descriptor, 54);
    return rights;
  }
  const std::uint64_t xn = bits(leaf.descriptor, 54, 53);
  rights.execute = xn == 0 || xn == (privileged ? 3U : 1U);
  return rights;
}

/// MemAttr: with FWB another code, in which one value takes over what stage 1 says: a walk is never to Device there.
bool Stage2::is_device(std::uint64_t descriptor) {
  const std::uint64_t attributes = bits(descriptor, 5, 2);
  const bool reserved =
      stream_.forces_write_back() ? (attributes & 8) != 0 || attributes == 4 : (attributes & 3) == 0 && attributes != 0;
  if (reserved) {
    dispute_ = Dispute::reserved_stage_2_attributes;
    return false;
  }
  return attributes < 4;
}

bool Stage2::update(const Leaf& leaf, bool mark_dirty) {
  std::uint64_t descriptor = leaf.descriptor;
  if (stream_.stage_2_updates_access_flag()) descriptor |= std::uint64_t{1} << access_flag;
  if (mark_dirty) descriptor |= std::uint64_t{1} << writable_bit;
  if (descriptor == leaf.descriptor) return true;
  // An earlier access of the same request may have changed the word already.
  const std::uint64_t now = in_order(memory_.read(leaf.where).value_or(0), format_);
  return memory_.tables.write(leaf.where, in_order(now | descriptor, format_));
}

Fault Stage2::failed_update(const Leaf& leaf, During during) const {
  return *faulty(event::f_walk_eabt, 0, during, leaf.where).fault;
}

Result Stage2::finish(const Leaf& leaf, std::uint64_t ipa, During during, const Access& access) {
  Result result;
  if (leaf.fault) {
    result.fault = leaf.fault;
    return result;
  }
  result.rights = rights(leaf, access.privileged);
  Refusal refusal = refusal_of(result.rights, access);
  const bool protects = stream_.nested() && stream_.protects_table_walks() && during != During::input;
  if (refusal == Refusal::none && protects && is_device(leaf.descriptor))
    refusal = access.write ? Refusal::write : Refusal::read;
  if (refusal != Refusal::none) {
    leave_open(memory_, leaf);
    result.fault = faulty(event::f_permission, ipa, during).fault;
    result.fault->for_reading = refusal == Refusal::read;
    result.fault->table_read = !access.write;
    return result;
  }
  const bool mark_dirty = access.write && result.rights.clean;
  if (!update(leaf, mark_dirty)) {
    result.fault = failed_update(leaf, during);
    return result;
  }
  // For the descriptor of stage 1, which later faults may leave without its update (3.13.5).
  if (mark_dirty && during == During::table_walk) memory_.leave_open(leaf.where);
  if (mark_dirty) result.rights.write = true;
  result.rights.clean = result.rights.clean && !mark_dirty;
  result.address = leaf.output;
  result.leaf = leaf.where;
  result.page_bytes = leaf.page_bytes;
  return result;
}

Result Stage2::translate(std::uint64_t ipa, During during, const Access& access) {
  return finish(find(ipa, during), ipa, during, access);
}

Result Stage2::translate_structure(std::uint64_t ipa, During during, bool write) {
  Access access;
  access.read = !write;
  access.write = write;
  access.privileged = true;
  return translate(ipa, during, access);
}

}  // namespace iommusim::oracle::smmuv3
