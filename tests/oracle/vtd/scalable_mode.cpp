// SPDX-License-Identifier: Apache-2.0
// Root, context, PASID directory and PASID table entries of scalable mode (VT-d specification, 9.2 and 9.4 to 9.6;
// reasons in 7.1.3).
#include "oracle/vtd/decision.h"

#include <algorithm>

namespace iommusim::oracle::vtd {
namespace {

/// Bit `number` of an entry of several words, numbered through as the specification does.
template <std::size_t words>
bool bit_of(const std::array<std::uint64_t, words>& entry, unsigned number) {
  return bit(entry[number / 64], number % 64);
}

/// Bits hi..lo of an entry; both lie in one word.
template <std::size_t words>
std::uint64_t bits_of(const std::array<std::uint64_t, words>& entry, unsigned hi, unsigned lo) {
  return bits(entry[lo / 64], hi % 64, lo % 64);
}

enum Pgtt : std::uint64_t { first_stage_only = 1, second_stage_only = 2, nested = 3, identity = 4 };

}  // namespace

/// 9.2: devfn 0x80 and up use the upper half.
Answer Decision::scalable_root() {
  const std::uint64_t bus = request_.source >> 8;
  const auto root = read<2>(facts_.root_table() + bus * 16);
  if (!root) return fault(0x38);
  const std::size_t half = bit(request_.source, 7) ? 1 : 0;
  const std::uint64_t used = (*root)[half];
  if (!bit(used, 0)) return fault(0x39);
  if (bits(used, 11, 1) != 0 || any_from(used, facts_.host_address_width)) return fault(0x3A);
  const std::uint64_t other = (*root)[1 - half];
  if (bits(other, 11, 1) != 0 || any_from(other, facts_.host_address_width)) in_doubt(Dispute::other_root_half);
  return scalable_context(in_place(used, 63, 12));
}

/// 9.4
Answer Decision::scalable_context(std::uint64_t context_table) {
  const std::uint64_t index = request_.source & 0x7F;
  const auto context = read<4>(context_table + index * 32);
  if (!context) return fault(0x40);
  fault_processing_disabled_ = bit_of(*context, 1);
  if (!bit_of(*context, 0)) return fault(0x41);
  return context_is_reserved(*context) ? fault(0x42) : scalable_gate(*context);
}

/// 9.4, the fields named reserved, and those of capabilities that the unit lacks.
bool Decision::context_is_reserved(const std::array<std::uint64_t, 4>& context) const {
  if (any_from(context[0], facts_.host_address_width)) return true;
  if (bits_of(context, 8, 5) != 0 || bits_of(context, 127, 85) != 0 || context[2] != 0 || context[3] != 0) return true;
  if (bit_of(context, 2) && !facts_.device_tlb()) return true;
  if (bit_of(context, 3) && !facts_.pasid()) return true;
  if (bit_of(context, 4) && !facts_.page_requests()) return true;
  if (bits_of(context, 83, 64) != 0 && !facts_.rid_pasid()) return true;
  return bit_of(context, 84) && !facts_.rid_privilege();
}

/// SCT.4 to SCT.9 of 7.1.3, and SGN.10.
Answer Decision::scalable_gate(const std::array<std::uint64_t, 4>& context) {
  const bool device_tlb = bit_of(context, 2);
  const bool page_requests = bit_of(context, 4);
  const unsigned pasid_width = static_cast<unsigned>(bits_of(context, 11, 9)) + 13;
  const auto rid_pasid = static_cast<std::uint32_t>(bits_of(context, 83, 64));
  if (page_requests && !device_tlb) return fault(0x43);
  if (any_from(rid_pasid, pasid_width)) return fault(0x43);

  if (request_.page_request && !page_requests) return fault(0x47);
  if (!request_.page_request && request_.address_type != AddressType::untranslated && !device_tlb) return fault(0x44);
  if (request_.pasid) {
    if (!bit_of(context, 3)) return fault(0x45);
    if (any_from(*request_.pasid, pasid_width)) return fault(0x46);
    if (*request_.pasid == rid_pasid) return fault(0x48);
    if (!request_.page_request && any_from(*request_.pasid, facts_.pasid_bits())) return fault(0x89);
  }
  if (!request_.page_request && request_.address_type == AddressType::translated) return translated();
  supervisor_ = request_.pasid ? request_.privileged : bit_of(context, 84);
  return pasid_directory(in_place(context[0], 63, 12), request_.pasid.value_or(rid_pasid));
}

/// 9.5
Answer Decision::pasid_directory(std::uint64_t directory, std::uint32_t pasid) {
  const auto entry = read<1>(directory + (pasid >> 6) * 8);
  if (!entry) return fault(0x50);
  fault_processing_disabled_ = fault_processing_disabled_ || bit_of(*entry, 1);
  if (!bit_of(*entry, 0)) return fault(0x51);
  if (bits_of(*entry, 11, 2) != 0 || any_from((*entry)[0], facts_.host_address_width)) return fault(0x52);
  return pasid_entry(in_place((*entry)[0], 63, 12), pasid);
}

/// 9.6
Answer Decision::pasid_entry(std::uint64_t table, std::uint32_t pasid) {
  const auto entry = read<8>(table + (pasid & 0x3F) * 64);
  if (!entry) return fault(0x58);
  fault_processing_disabled_ = fault_processing_disabled_ || bit_of(*entry, 1);
  return bit_of(*entry, 0) ? pasid_reserved(*entry) : fault(0x59);
}

/// 9.6, the fields named reserved, and those of capabilities that the unit lacks.
Answer Decision::pasid_reserved(const std::array<std::uint64_t, 8>& entry) {
  bool reserved = any_from(entry[0], facts_.host_address_width) || any_from(entry[2], facts_.host_address_width);
  reserved = reserved || bits_of(entry, 11, 10) != 0 || bits_of(entry, 86, 80) != 0 || bits_of(entry, 139, 136) != 0;
  for (std::size_t word = 3; word < 8; ++word)
    reserved = reserved || entry[word] != 0;
  const auto needs = [&](bool capability, unsigned hi, unsigned lo) {
    reserved = reserved || (!capability && bits_of(entry, hi, lo) != 0);
  };
  if (facts_.domain_bits() < 16) needs(false, 79, 64 + facts_.domain_bits());
  needs(facts_.execute_requests(), 5, 5);
  needs(facts_.second_stage_only() && facts_.second_stage_accessed_dirty(), 9, 9);
  needs(facts_.second_stage_only(), 63, 12);
  needs(facts_.walk_snoop(), 87, 87);
  needs(facts_.snoop_control(), 88, 88);
  needs(facts_.memory_types(), 127, 89);
  needs(facts_.supervisor_requests(), 128, 128);
  needs(facts_.execute_requests(), 129, 129);
  needs(facts_.first_stage_only(), 132, 130);
  needs(facts_.extended_accessed(), 135, 135);
  needs(facts_.first_stage_only(), 191, 140);
  if (reserved) return fault(0x5A);
  if (!facts_.second_stage_only() && bits_of(entry, 4, 2) != 0) in_doubt(Dispute::pasid_width_without_second_stage);
  return pasid_programming(entry);
}

/// SPT.4 of 7.1.3.
Answer Decision::pasid_programming(const std::array<std::uint64_t, 8>& entry) {
  const std::uint64_t pgtt = bits_of(entry, 8, 6);
  const std::uint64_t aw = bits_of(entry, 4, 2);
  const std::uint64_t fspm = bits_of(entry, 131, 130);
  const bool supported = (pgtt == first_stage_only && facts_.first_stage_only()) ||
                         (pgtt == second_stage_only && facts_.second_stage_only()) ||
                         (pgtt == nested && facts_.nested()) || (pgtt == identity && facts_.pass_through());
  if (!supported) return fault(0x5B);
  if ((pgtt == second_stage_only || pgtt == nested) && !facts_.table_width_supported(aw)) return fault(0x5B);
  const bool mode_supported = fspm == 0 || (fspm == 1 && facts_.first_stage_5_levels());
  if ((pgtt == first_stage_only || pgtt == nested) && !mode_supported) return fault(0x5B);
  const unsigned guest_width = std::min(facts_.max_guest_width(), second_stage(entry).width());
  if (pgtt == nested && any_from(in_place(entry[2], 63, 12), guest_width)) return fault(0x5B);
  return request_.page_request ? passes(request_.address) : pasid_permission(entry);
}

/// SPT.5 and SPT.6, then S.1 and S.2.
Answer Decision::pasid_permission(const std::array<std::uint64_t, 8>& entry) {
  const bool supervisor_enabled = bit_of(entry, 128);
  const bool execute_enabled = bit_of(entry, 129);
  if (request_.pasid && request_.execute && !execute_enabled) return fault(0x5C);
  if (supervisor_ && !supervisor_enabled) return fault(0x5D);
  if (asks_for_interrupt_range()) return interrupt_range_translation();
  if (bits_of(entry, 8, 6) == identity) return pass_through();
  return scalable_walk(entry);
}

Answer Decision::scalable_walk(const std::array<std::uint64_t, 8>& entry) {
  const Tables before = tables_;
  const Walk result = walk(entry, request_.executes());
  if (result.end == Walk::End::fault && result.reason == 0x82) {
    // The specification does not rank 0x82 among the other reasons: clear only where it is the only one.
    const Tables after = tables_;
    tables_.restore(before);
    if (walk(entry, false).end == Walk::End::fault) in_doubt(Dispute::execute_priority);
    tables_.restore(after);
  }
  return end_of_walk(result);
}

SecondStage Decision::second_stage(const std::array<std::uint64_t, 8>& entry) const {
  SecondStage stage;
  stage.table = in_place(entry[0], 63, 12);
  stage.aw = static_cast<unsigned>(bits_of(entry, 4, 2));
  stage.scalable = true;
  stage.accessed_dirty = bit_of(entry, 9);
  stage.execute_enable = bit_of(entry, 5) && facts_.execute_requests();
  stage.snooped = bit_of(entry, 87);
  return stage;
}

FirstStage Decision::first_stage(const std::array<std::uint64_t, 8>& entry) const {
  FirstStage stage;
  stage.table = in_place(entry[2], 63, 12);
  stage.levels = bits_of(entry, 131, 130) == 1 ? 5 : 4;
  stage.write_protect = bit_of(entry, 132);
  stage.no_execute_enable = bit_of(entry, 133);
  stage.supervisor_execute_protection = bit_of(entry, 134);
  stage.extended_accessed = bit_of(entry, 135);
  stage.snooped = bit_of(entry, 87);
  return stage;
}

Walk Decision::walk(const std::array<std::uint64_t, 8>& entry, bool executes) {
  FirstStageUse wanted;
  static_cast<Use&>(wanted) = use();
  wanted.executes = executes;
  wanted.supervisor = supervisor_;
  if (bits_of(entry, 8, 6) == second_stage_only)
    return walk_second_stage(facts_, tables_, second_stage(entry), wanted, request_.address);
  FirstStage stage = first_stage(entry);
  if (bits_of(entry, 8, 6) == nested) stage.nested = second_stage(entry);
  return walk_first_stage(facts_, tables_, stage, wanted, request_.address);
}

}  // namespace iommusim::oracle::vtd
