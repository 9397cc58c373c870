// SPDX-License-Identifier: Apache-2.0
#include "oracle/smmuv3/stage_1.h"

namespace iommusim::oracle::smmuv3 {
namespace {

constexpr unsigned unprivileged_bit = 6, read_only_bit = 7, access_flag = 10, dirty_modifier = 51;

Leaf faulty(std::uint8_t code, During during = During::input, std::uint64_t fetch = 0) {
  Leaf leaf;
  leaf.fault.emplace();
  leaf.fault->code = code;
  leaf.fault->during = during;
  leaf.fault->fetch = fetch;
  return leaf;
}

}  // namespace

/// VA[AddrTop:inputsize] all as VA[55], or all zero where there is one table.
bool Stage1::in_range(const Half& half, std::uint64_t address) const {
  const unsigned top = half.ignores_top_byte ? 55 : 63;
  const bool ones = context_.has_two_privileges() && bit(address, 55);
  const std::uint64_t above = bits(address, top, half.input_bits);
  return above == (ones ? bits(~std::uint64_t{0}, top, half.input_bits) : 0);
}

Leaf Stage1::find(std::uint64_t address, bool privileged) {
  const Half half = context_.half(context_.half_of(address));
  if (half.walks_disabled || !in_range(half, address)) return faulty(event::f_translation);
  if (half.refuses_unprivileged && !privileged) return faulty(event::f_translation);
  format_ = half.format;
  return walk(half, address);
}

Result Stage1::locate(std::uint64_t named) {
  if (stage_2_ != nullptr) return stage_2_->translate_structure(named, During::table_walk, false);
  Result result;
  result.address = named;
  return result;
}

Leaf Stage1::walk(const Half& half, std::uint64_t address) {
  unsigned level = 3;
  while (half.input_bits > format_.shift(level) + format_.stride())
    --level;
  unsigned index_bits = half.input_bits - format_.shift(level);
  std::uint64_t table = first_table(half.table, index_bits, format_);
  Leaf leaf;
  for (;; ++level, index_bits = format_.stride()) {
    leaf.named = descriptor_address(table, address, level, index_bits, format_);
    const Result place = locate(leaf.named);
    if (place.fault) {
      leaf.fault = place.fault;
      return leaf;
    }
    leaf.where = place.address;
    if (stage_2_ != nullptr) leaf.mapped_by = place.leaf;
    const auto word = memory_.read(leaf.where);
    if (!word) return faulty(event::f_walk_eabt, During::table_walk, leaf.where);
    leaf.descriptor = in_order(*word, format_);
    const Kind kind = kind_of(leaf.descriptor, level, format_);
    if (kind == Kind::invalid) return faulty(event::f_translation);
    if (kind == Kind::leaf) break;
    table = address_in(leaf.descriptor, format_.granule, format_);
    if (exceeds(table, format_.output_bits)) return faulty(event::f_addr_size);
    if (half.ignores_hierarchical_attributes) continue;
    leaf.tables_hide |= bit(leaf.descriptor, 61);
    leaf.tables_write_protect |= bit(leaf.descriptor, 62);
    leaf.tables_execute_never |= bit(leaf.descriptor, 60);
    leaf.tables_privileged_execute_never |= bit(leaf.descriptor, 59);
  }
  const unsigned shift = format_.shift(level);
  leaf.output = address_in(leaf.descriptor, shift, format_) | bits(address, shift - 1, 0);
  leaf.page_bytes = mapped_bytes(leaf.descriptor, level, format_);
  if (shift > format_.output_bits) dispute_ = Dispute::block_beyond_output_size;
  if (exceeds(leaf.output, format_.output_bits)) return faulty(event::f_addr_size);
  const bool may_access = context_.updates_access_flag() || context_.access_fault_disabled();
  if (!bit(leaf.descriptor, access_flag) && !may_access) return faulty(event::f_access);
  return leaf;
}

/// `data`: PAN says nothing of instruction fetches.
Rights Stage1::rights(const Leaf& leaf, bool privileged, bool data) const {
  const std::uint64_t descriptor = leaf.descriptor;
  const bool two = context_.has_two_privileges();
  const bool read_only = bit(descriptor, read_only_bit);
  const bool is_clean = read_only && bit(descriptor, dirty_modifier) && context_.updates_dirty_state();
  const bool writable = !leaf.tables_write_protect && (!read_only || is_clean);
  const bool user_data = two && bit(descriptor, unprivileged_bit) && !leaf.tables_hide;
  const bool user_execute = !bit(descriptor, 54) && !leaf.tables_execute_never;
  Rights rights;
  bool may_write = false;
  if (!two) {
    rights.read = true;
    may_write = writable;
    rights.execute = user_execute && !(context_.write_execute_never() && writable);
  } else if (privileged) {
    const bool hidden = data && context_.privileged_access_never() &&
                        (user_data || (context_.enhanced_privileged_access_never() && user_execute));
    rights.read = !hidden;
    may_write = writable && !hidden;
    rights.execute = !bit(descriptor, 53) && !leaf.tables_privileged_execute_never && !(user_data && writable) &&
                     !(context_.write_execute_never() && writable);
  } else {
    rights.read = user_data;
    may_write = user_data && writable;
    rights.execute = user_execute && !(context_.write_execute_never() && may_write);
  }
  rights.write = may_write && !is_clean;
  rights.clean = may_write && is_clean;
  return rights;
}

bool Stage1::needs_update(const Leaf& leaf, bool mark_dirty) const {
  return mark_dirty || (context_.updates_access_flag() && !bit(leaf.descriptor, access_flag));
}

std::optional<Fault> Stage1::update(const Leaf& leaf, bool mark_dirty) {
  if (!needs_update(leaf, mark_dirty)) return std::nullopt;
  if (stage_2_ != nullptr) {
    const Result place = stage_2_->translate_structure(leaf.named, During::table_walk, true);
    if (place.fault) return place.fault;
  }
  std::uint64_t descriptor = leaf.descriptor;
  if (context_.updates_access_flag()) descriptor |= std::uint64_t{1} << access_flag;
  if (mark_dirty) descriptor &= ~(std::uint64_t{1} << read_only_bit);
  if (memory_.tables.write(leaf.where, in_order(descriptor, format_))) return std::nullopt;
  if (stage_2_ != nullptr) dispute_ = Dispute::aborted_update_before_stage_2;
  return faulty(event::f_walk_eabt, During::table_walk, leaf.where).fault;
}

Result Stage1::translate(std::uint64_t address, const Access& access) {
  Result result;
  const Leaf leaf = find(address, access.privileged);
  result.fault = leaf.fault;
  if (leaf.fault) return result;
  result.rights = rights(leaf, access.privileged, !access.instruction);
  if (const Refusal refusal = refusal_of(result.rights, access); refusal != Refusal::none) {
    leave_open(memory_, leaf);
    result.fault = faulty(event::f_permission).fault;
    result.fault->for_reading = refusal == Refusal::read;
    return result;
  }
  const bool mark_dirty = access.write && result.rights.clean;
  result.fault = update(leaf, mark_dirty);
  if (result.fault) return result;
  // Should stage 2 refuse what comes next, stage 1 need not have been updated (3.13.5).
  if (needs_update(leaf, mark_dirty)) leave_open(memory_, leaf);
  if (mark_dirty) result.rights.write = true;
  result.rights.clean = result.rights.clean && !mark_dirty;
  result.address = leaf.output;
  result.page_bytes = leaf.page_bytes;
  return result;
}

}  // namespace iommusim::oracle::smmuv3
