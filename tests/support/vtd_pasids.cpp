// SPDX-License-Identifier: Apache-2.0
#include "support/vtd_pasids.h"

namespace iommusim::tests {
namespace {

constexpr std::uint64_t present = 1;
constexpr std::uint64_t page_bits = ~std::uint64_t{0xFFF};

}  // namespace

VtdPasids::VtdPasids(VtdTables& tables) : tables_{tables}, root_{tables.new_page()} {}

PhysAddr VtdPasids::follow(PhysAddr entry, std::uint64_t bits) {
  if ((load(entry) & present) == 0) store(entry, tables_.new_page().value() | bits);
  return PhysAddr{load(entry) & page_bits};
}

void VtdPasids::attach(RequesterId requester, Allowed allowed) {
  const PhysAddr half = root_ + 16 * std::uint64_t{requester.bus()} + 8 * (std::uint64_t{requester.devfn()} >> 7);
  follow(half, present);
  store(context_entry(requester), tables_.new_page().value() | (allowed.device_tlb ? 1U << 2 : 0) |
                                      (allowed.pasids ? 1U << 3 : 0) | (allowed.page_requests ? 1U << 4 : 0) | present);
}

PhysAddr VtdPasids::context_entry(RequesterId requester) const {
  const PhysAddr half = root_ + 16 * std::uint64_t{requester.bus()} + 8 * (std::uint64_t{requester.devfn()} >> 7);
  return PhysAddr{load(half) & page_bits} + 32 * (std::uint64_t{requester.devfn()} & 0x7F);
}

PhysAddr VtdPasids::pasid_entry(RequesterId requester, std::uint32_t pasid) {
  const PhysAddr directory{load(context_entry(requester)) & page_bits};
  return follow(directory + 8 * std::uint64_t{pasid >> 6}, present) + 64 * std::uint64_t{pasid & 0x3F};
}

void VtdPasids::set(RequesterId requester, std::uint32_t pasid, PasidType type, const Domain& second, PhysAddr first) {
  const PhysAddr entry = pasid_entry(requester, pasid);
  // With PWSNP: accessed and dirty bits can be set.
  store(entry + 8, second.id | 1U << 23);
  // FSPM 00: four levels.
  store(entry + 16, first.value());
  store(entry,
        second.top.value() | static_cast<std::uint64_t>(type) << 6 | std::uint64_t{second.levels - 2} << 2 | present);
}

void VtdPasids::map_first(PhysAddr top, std::uint64_t from, PhysAddr to) {
  constexpr std::uint64_t everything = 0x7;
  PhysAddr table = top;
  for (unsigned shift = 39; shift > 12; shift -= 9)
    table = follow(table + 8 * ((from >> shift) & 0x1FF), everything);
  store(table + 8 * ((from >> 12) & 0x1FF), to.value() | everything);
}

}  // namespace iommusim::tests
