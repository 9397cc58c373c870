// SPDX-License-Identifier: Apache-2.0
#include "oracle/vtd_legacy_walker.h"

#include <algorithm>

namespace iommusim::oracle {
namespace {

/// Bits hi..lo of a word, at bit 0.
std::uint64_t bits(std::uint64_t word, unsigned hi, unsigned lo) {
  return (word << (63 - hi)) >> (63 - hi + lo);
}
bool bit(std::uint64_t word, unsigned number) {
  return bits(word, number, number) != 0;
}
/// Bits hi..lo of a word, in place.
std::uint64_t in_place(std::uint64_t word, unsigned hi, unsigned lo) {
  return bits(word, hi, lo) << lo;
}

bool is_in_interrupt_range(std::uint64_t address) {
  return address >= 0xFEE00000 && address <= 0xFEEFFFFF;
}

VtdAnswer passes(std::uint64_t address) {
  VtdAnswer answer;
  answer.outcome = VtdOutcome::passes;
  answer.address = address;
  return answer;
}

VtdAnswer silently_blocked() {
  return {};
}

VtdAnswer open_answer() {
  VtdAnswer answer;
  answer.open = true;
  return answer;
}

/// Sheet 1.11: FI is the page; (T1,T2): 00 write, 10 read, 11 AtomicOp.
VtdAnswer fault(const VtdRequest& request, std::uint8_t reason, bool recorded) {
  VtdAnswer answer;
  answer.reason = reason;
  if (!recorded) return answer;
  VtdRecord record;
  record.reason = reason;
  record.source = request.source;
  record.fault_page = request.address / 4096;
  record.t1 = request.operation != Operation::write;
  record.t2 = request.operation == Operation::atomic;
  answer.record = record;
  return answer;
}

/// Sheet 4.1, LGN.2 and LGN.3: the reason for which an entry with these rights refuses the operation.
std::optional<std::uint8_t> refusal(Operation operation, bool readable, bool writable) {
  if (operation != Operation::read && !writable) return std::uint8_t{0x5};
  if (operation != Operation::write && !readable) return std::uint8_t{0x6};
  return std::nullopt;
}

}  // namespace

/// Sheet 2.2, with FPD's consequence beside it.
struct VtdLegacyWalker::Context {
  bool fpd = false;
  unsigned tt = 0;
  std::uint64_t table = 0;
  unsigned aw = 0;
};

VtdAnswer VtdLegacyWalker::answer(const VtdRequest& request) const {
  if (is_in_interrupt_range(request.address)) return interrupt_range(request);
  const bool translation_enabled = bit(facts_.gsts, 31);
  if (translation_enabled) return root_entry(request);
  if (request.address_type == AddressType::untranslated) return passes(request.address);
  return silently_blocked();
}

/// Sheet 3.1 step 2.
VtdAnswer VtdLegacyWalker::interrupt_range(const VtdRequest& request) const {
  if (request.address_type != AddressType::untranslated) return open_answer();
  VtdAnswer answer;
  if (request.operation == Operation::write && request.size == 4 && request.address % 4 == 0) {
    answer.outcome = VtdOutcome::interrupt;
  } else {
    answer.record_open = true;
  }
  return answer;
}

/// Sheet 2.1 and 4.1: LRT.1 to LRT.3.
VtdAnswer VtdLegacyWalker::root_entry(const VtdRequest& request) const {
  const std::uint64_t bus = request.source >> 8;
  const std::uint64_t where = in_place(facts_.rtaddr, 63, 12) + bus * 16;
  const auto low = memory_(where);
  const auto high = memory_(where + 8);
  if (!low || !high) return fault(request, 0x8, true);
  if (!bit(*low, 0)) return fault(request, 0x1, true);
  if (bits(*low, 11, 1) != 0 || bits(*low, 63, facts_.host_address_width) != 0 || *high != 0)
    return fault(request, 0xA, true);
  return context_entry(request, in_place(*low, 63, 12));
}

/// Sheet 2.2 and 4.1: LCT.1 to LCT.3.
VtdAnswer VtdLegacyWalker::context_entry(const VtdRequest& request, std::uint64_t context_table) const {
  const std::uint64_t devfn = request.source & 0xFF;
  const auto low = memory_(context_table + devfn * 16);
  const auto high = memory_(context_table + devfn * 16 + 8);
  if (!low || !high) return fault(request, 0x9, true);
  Context context;
  context.fpd = bit(*low, 1);
  if (!bit(*low, 0)) return fault(request, 0x2, !context.fpd);
  const unsigned domain_bits = 4 + 2 * static_cast<unsigned>(bits(facts_.cap, 2, 0));
  const bool domain_too_large = domain_bits < 16 && bits(*high, 23, 8 + domain_bits) != 0;
  if (bits(*low, 11, 4) != 0 || bit(*high, 7) || domain_too_large || bits(*high, 63, 24) != 0)
    return fault(request, 0xB, !context.fpd);
  context.tt = static_cast<unsigned>(bits(*low, 3, 2));
  context.table = in_place(*low, 63, 12);
  context.aw = static_cast<unsigned>(bits(*high, 2, 0));
  // 2.8 does not say whether pointer bits above the host address width are a reserved-bit fault here.
  if (bits(*low, 63, facts_.host_address_width) != 0) return open_answer();
  return translation_type(request, context);
}

/// Sheet 2.2 (TT, AW), 3.1 steps 7 and 9, and 4.1: LCT.4 and LCT.5.
VtdAnswer VtdLegacyWalker::translation_type(const VtdRequest& request, const Context& context) const {
  const bool device_tlb = bit(facts_.ecap, 2);
  const bool pass_through = bit(facts_.ecap, 6);
  if (context.tt == 3) return fault(request, 0x3, !context.fpd);
  if (context.tt == 1 && !device_tlb) return fault(request, 0x3, !context.fpd);
  if (context.tt == 2 && !pass_through) return fault(request, 0x3, !context.fpd);
  if (!address_width_supported(context.aw)) return fault(request, 0x3, !context.fpd);
  const bool larger_supported = address_width_supported(context.aw + 1) || address_width_supported(context.aw + 2);
  if (context.tt == 2 && larger_supported) return fault(request, 0x3, !context.fpd);
  if (request.address_type != AddressType::untranslated) {
    if (context.tt == 1) return open_answer();
    return fault(request, 0xD, !context.fpd);
  }
  if (context.tt != 2) return walk(request, context);
  // 2.8 names no legacy reason for pass-through beyond the host address width.
  if (bits(request.address, 63, facts_.host_address_width) != 0) return open_answer();
  return passes(request.address);
}

/// Sheet 2.7 and 2.8, and 4.1: LGN.1 to LGN.4, LSL.1, LSL.2.
VtdAnswer VtdLegacyWalker::walk(const VtdRequest& request, const Context& context) const {
  const bool recorded = !context.fpd;
  const unsigned max_guest_width = static_cast<unsigned>(bits(facts_.cap, 21, 16)) + 1;
  const unsigned input_width = std::min(max_guest_width, 30 + 9 * context.aw);
  if (bits(request.address, 63, input_width) != 0) return fault(request, 0x4, recorded);

  const unsigned top_level = context.aw + 2;
  const bool zero_length_allowed = request.size == 0 && request.operation == Operation::read && bit(facts_.cap, 22);
  bool readable = true;
  bool writable = true;
  std::uint64_t table = context.table;
  for (unsigned level = top_level;; --level) {
    const unsigned shift = 12 + 9 * (level - 1);
    const auto entry = memory_(table + bits(request.address, shift + 8, shift) * 8);
    if (!entry) return fault(request, level == top_level ? 0x3 : 0x7, recorded);
    readable = readable && bit(*entry, 0);
    writable = writable && bit(*entry, 1);
    const bool zero_length_passes = zero_length_allowed && (readable || writable);
    const auto refused = refusal(request.operation, readable, writable);
    if (refused && !zero_length_passes) return fault(request, *refused, recorded);

    const bool leaf = level == 1 || (bit(*entry, 7) && large_page_supported(level));
    if (reserved_bits_set(*entry, level, leaf)) return fault(request, 0xC, recorded);
    table = in_place(*entry, 51, 12);
    if (!leaf) continue;
    const std::uint64_t output = table + bits(request.address, shift - 1, 0);
    if (is_in_interrupt_range(output)) return fault(request, 0xE, recorded);
    return passes(output);
  }
}

/// Sheet 2.7, column "Notes". Bit 62 is left out: the sources disagree.
bool VtdLegacyWalker::reserved_bits_set(std::uint64_t entry, unsigned level, bool leaf) const {
  const bool snoop_control = bit(facts_.ecap, 7);
  if (level > 1 && !leaf && bit(entry, 7)) return true;
  if (bit(entry, 11) && !(leaf && snoop_control)) return true;
  if (facts_.host_address_width < 52 && bits(entry, 51, facts_.host_address_width) != 0) return true;
  if (leaf && level == 2 && bits(entry, 20, 12) != 0) return true;
  return leaf && level == 3 && bits(entry, 29, 12) != 0;
}

bool VtdLegacyWalker::large_page_supported(unsigned level) const {
  if (level == 2) return bit(facts_.cap, 34);
  return level == 3 && bit(facts_.cap, 35);
}

bool VtdLegacyWalker::address_width_supported(unsigned aw) const {
  return aw >= 1 && aw <= 3 && bit(facts_.cap, 8 + aw);
}

}  // namespace iommusim::oracle
