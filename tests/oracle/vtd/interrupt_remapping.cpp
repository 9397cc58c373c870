// SPDX-License-Identifier: Apache-2.0
// Interrupt requests (VT-d specification, 5.1, 5.2, 9.9 to 9.11; reasons in 7.1.3).
#include "oracle/vtd/decision.h"

namespace iommusim::oracle::vtd {
namespace {

/// Bits hi..lo of an entry of several words, numbered through; both lie in one word.
template <std::size_t words>
std::uint64_t bits_of(const std::array<std::uint64_t, words>& entry, unsigned hi, unsigned lo) {
  return bits(entry[lo / 64], hi % 64, lo % 64);
}

}  // namespace

Answer Decision::interrupt_request() {
  if (facts_.interrupt_remapping_enabled() && bit(request_.address, 4)) return remappable_interrupt();
  const bool blocked = facts_.interrupt_remapping_enabled() &&
                       (facts_.extended_interrupt_mode() || !facts_.compatibility_interrupts_pass());
  if (blocked) {
    Answer result = interrupt_fault(0x25, 0);
    result.record->fault_page_open = true;
    return result;
  }
  Answer result;
  result.outcome = Outcome::interrupt;
  result.message = Message{request_.address, request_.message_data};
  return result;
}

/// 5.1.3: the index.
Answer Decision::remappable_interrupt() {
  const std::uint64_t handle = bits(request_.address, 19, 5) | bits(request_.address, 2, 2) << 15;
  const bool subhandle_valid = bit(request_.address, 3);
  const std::uint64_t index = handle + (subhandle_valid ? bits(request_.message_data, 15, 0) : 0);
  const bool reserved = subhandle_valid && bits(request_.message_data, 31, 16) != 0;
  if (!reserved) return interrupt_entry(index);
  Answer result = interrupt_fault(0x20, index);
  result.record->fault_page_open = true;
  return result;
}

Answer Decision::interrupt_entry(std::uint64_t index) {
  const std::uint64_t where = facts_.interrupt_table() + index * 16;
  if (index >= facts_.interrupt_entries() || any_from(where, facts_.host_address_width))
    return interrupt_fault(0x21, index);
  const auto entry = read<2>(where);
  if (!entry) return interrupt_fault(0x23, index);
  fault_processing_disabled_ = bit((*entry)[0], 1);
  if (!bit((*entry)[0], 0)) return interrupt_fault(0x22, index);
  // 5.1.4: first who asks, then what the entry says.
  if (!source_is_valid(*entry)) return interrupt_fault(0x26, index);
  if (interrupt_entry_is_reserved(*entry)) return interrupt_fault(0x24, index);
  if (bit((*entry)[0], 15)) return posted_interrupt(*entry, index);

  const std::uint64_t destination =
      facts_.extended_interrupt_mode() ? bits_of(*entry, 63, 32) : bits_of(*entry, 47, 40);
  const std::uint64_t flags = bits_of(*entry, 3, 3) << 3 | bits_of(*entry, 2, 2) << 2;
  const std::uint64_t data =
      bits_of(*entry, 23, 16) | bits_of(*entry, 7, 5) << 8 | 1U << 14 | bits_of(*entry, 4, 4) << 15;
  Answer result;
  result.outcome = Outcome::interrupt;
  result.message = message_to(destination, flags, data);
  return result;
}

/// 9.10 and 9.11, the fields named reserved.
bool Decision::interrupt_entry_is_reserved(const std::array<std::uint64_t, 2>& entry) const {
  const bool posted = bit(entry[0], 15);
  if (bits_of(entry, 13, 12) != 0 || bits_of(entry, 31, 24) != 0 || bits_of(entry, 95, 84) != 0) return true;
  if (posted)
    return !facts_.posted_interrupts() || bits_of(entry, 7, 2) != 0 || bits_of(entry, 37, 32) != 0 ||
           any_from(bits_of(entry, 127, 96) << 32, facts_.host_address_width);
  const std::uint64_t delivery_mode = bits_of(entry, 7, 5);
  if (bits_of(entry, 14, 14) != 0 || bits_of(entry, 127, 96) != 0 || delivery_mode == 3 || delivery_mode == 6)
    return true;
  const bool wide = bits_of(entry, 39, 32) != 0 || bits_of(entry, 63, 48) != 0;
  return wide && !facts_.extended_interrupt_mode();
}

/// SVT and SQ.
bool Decision::source_is_valid(const std::array<std::uint64_t, 2>& entry) {
  constexpr std::array<std::uint64_t, 4> ignored{0x0, 0x4, 0x6, 0x7};
  const std::uint64_t source_id = bits_of(entry, 79, 64);
  const std::uint64_t compared = ~ignored[bits_of(entry, 81, 80)];
  const std::uint64_t bus = request_.source >> 8;
  switch (bits_of(entry, 83, 82)) {
    case 0: return true;
    case 1: return (source_id & compared) == (request_.source & compared);
    case 2: return source_id >> 8 <= bus && bus <= (source_id & 0xFF);
    default: in_doubt(Dispute::interrupt_source_validation_reserved); return false;
  }
}

/// 5.2.3: the descriptor is read and written as one.
Answer Decision::posted_interrupt(const std::array<std::uint64_t, 2>& entry, std::uint64_t index) {
  const std::uint64_t where = bits_of(entry, 127, 96) << 32 | bits_of(entry, 63, 38) << 6;
  const auto descriptor = read<8>(where);
  if (!descriptor) return interrupt_fault(0x27, index);
  const bool wide = bits_of(*descriptor, 295, 288) != 0 || bits_of(*descriptor, 319, 304) != 0;
  if (bits_of(*descriptor, 271, 258) != 0 || bits_of(*descriptor, 287, 280) != 0 ||
      (wide && !facts_.extended_interrupt_mode()))
    return interrupt_fault(0x28, index);
  for (std::size_t word = 5; word < 8; ++word)
    if ((*descriptor)[word] != 0) in_doubt(Dispute::posted_descriptor_upper_words);

  const std::uint64_t vector = bits_of(entry, 23, 16);
  const bool outstanding = bit((*descriptor)[4], 0);
  const bool suppressed = bit((*descriptor)[4], 1);
  const bool notify = !outstanding && (bit(entry[0], 14) || !suppressed);
  const std::uint64_t requested = (*descriptor)[vector / 64] | std::uint64_t{1} << (vector % 64);
  if (!tables_.write(where + vector / 64 * 8, requested)) return interrupt_fault(0x27, index);
  Answer result;
  result.outcome = Outcome::posted;
  if (!notify) return result;
  tables_.write(where + 32, (*descriptor)[4] | 1);
  const std::uint64_t destination =
      facts_.extended_interrupt_mode() ? bits_of(*descriptor, 319, 288) : bits_of(*descriptor, 303, 296);
  result.message = message_to(destination, 0, bits_of(*descriptor, 279, 272) | 1U << 14);
  return result;
}

/// 5.1.5.2: destination bits 31:8 lie above the address of the window.
Message Decision::message_to(std::uint64_t destination, std::uint64_t flags, std::uint64_t data) const {
  return {bits(destination, 31, 8) << 40 | 0xFEE0'0000 | bits(destination, 7, 0) << 12 | flags,
          static_cast<std::uint32_t>(data)};
}

/// 7.1.3: FI is the index. Only what comes after the entry's P and FPD is qualified.
Answer Decision::interrupt_fault(std::uint8_t reason, std::uint64_t index) const {
  Answer result = fault(reason);
  if (!result.record) return result;
  Record record;
  record.reason = reason;
  record.source = request_.source;
  record.interrupt = true;
  record.fault_page = (index & 0xFFFF) << 36;
  // An index beyond 16 bits does not fit.
  record.fault_page_open = index > 0xFFFF;
  result.record = record;
  return result;
}

}  // namespace iommusim::oracle::vtd
