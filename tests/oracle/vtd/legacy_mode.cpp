// SPDX-License-Identifier: Apache-2.0
// Root and context entries of legacy mode (VT-d specification, 9.1 and 9.3; reasons in 7.1.3).
#include "oracle/vtd/decision.h"

namespace iommusim::oracle::vtd {

Answer Decision::legacy_root() {
  const std::uint64_t bus = request_.source >> 8;
  const auto root = read<2>(facts_.root_table() + bus * 16);
  if (!root) return fault(0x8);
  const auto [low, high] = *root;
  if (!bit(low, 0)) return fault(0x1);
  if (bits(low, 11, 1) != 0 || any_from(low, facts_.host_address_width) || high != 0) return fault(0xA);
  return legacy_context(in_place(low, 63, 12));
}

Answer Decision::legacy_context(std::uint64_t context_table) {
  const std::uint64_t devfn = request_.source & 0xFF;
  const auto context = read<2>(context_table + devfn * 16);
  if (!context) return fault(0x9);
  const auto [low, high] = *context;
  fault_processing_disabled_ = bit(low, 1);
  if (!bit(low, 0)) return fault(0x2);
  // 9.3: TT=10 ignores the pointer.
  const bool pointer = bits(low, 3, 2) != 2 && any_from(low, facts_.host_address_width);
  const bool reserved = pointer || bits(low, 11, 4) != 0 || bit(high, 7) || bits(high, 63, 24) != 0;
  const bool domain_too_large = facts_.domain_bits() < 16 && bits(high, 23, 8 + facts_.domain_bits()) != 0;
  if (reserved || domain_too_large) return fault(0xB);
  return legacy_gate(low, high);
}

/// TT and AW: first whether the unit can do it, then whether the request may.
Answer Decision::legacy_gate(std::uint64_t low, std::uint64_t high) {
  enum : std::uint64_t { untranslated_only = 0, with_device_tlb = 1, identity = 2, reserved = 3 };
  const std::uint64_t tt = bits(low, 3, 2);
  const std::uint64_t aw = bits(high, 2, 0);
  if (tt == reserved) return fault(0x3);
  if (tt == with_device_tlb && !facts_.device_tlb()) return fault(0x3);
  if (tt == identity && !facts_.pass_through()) return fault(0x3);
  if (!facts_.table_width_supported(aw)) return fault(0x3);
  if (tt == identity && aw != facts_.largest_table_width()) return fault(0x3);

  if (request_.address_type != AddressType::untranslated && tt != with_device_tlb) return fault(0xD);
  if (request_.address_type == AddressType::translated) return translated();
  if (tt == identity) return pass_through();
  if (asks_for_interrupt_range()) return interrupt_range_translation();

  SecondStage stage;
  stage.table = in_place(low, 63, 12);
  stage.aw = static_cast<unsigned>(aw);
  return end_of_walk(walk_second_stage(facts_, tables_, stage, use(), request_.address));
}

}  // namespace iommusim::oracle::vtd
