// SPDX-License-Identifier: Apache-2.0
// Context, PASID directory and PASID entries of scalable mode (VT-d specification, 9.4 to 9.6).
#include "conformance/vtd_random/image.h"

#include <algorithm>

namespace iommusim::tests {
namespace {

/// In place: bits of an entry of several words, numbered through.
template <std::size_t words>
void set_bits(std::array<std::uint64_t, words>& entry, unsigned lo, std::uint64_t value) {
  entry[lo / 64] |= value << (lo % 64);
}

}  // namespace

void ImageMaker::scalable_context(std::uint64_t where, std::uint16_t source) {
  std::array<std::uint64_t, 4> entry{};
  const std::uint64_t size = random_.below(3);
  const std::uint64_t directory = new_page();
  set_bits(entry, 0, 1 | (fault_processing_disabled() ? 2U : 0U) | size << 9 | directory);
  const bool device_tlb = facts_.device_tlb() && random_.percent(60);
  if (device_tlb) set_bits(entry, 2, 1);
  const bool pasids = facts_.pasid() && random_.percent(75);
  if (pasids) set_bits(entry, 3, 1);
  // Without the device TLB it is an error.
  if (facts_.page_requests() && random_.percent(device_tlb ? 75 : 3)) set_bits(entry, 4, 1);

  Space without_pasid;
  without_pasid.source = source;
  // Mostly what the unit has a use for.
  const bool named = random_.percent(facts_.rid_pasid() ? 50 : 2);
  const std::uint64_t rid_pasid = named ? random_.below(std::uint64_t{1} << std::min(13U, facts_.pasid_bits())) : 0;
  set_bits(entry, 64, rid_pasid);
  if (random_.percent(facts_.rid_privilege() ? 30 : 2)) set_bits(entry, 84, 1);
  without_pasid.pasid = facts_.rid_pasid() ? static_cast<std::uint32_t>(rid_pasid) : 0;
  pasid(directory, without_pasid);
  image_.spaces.back().pasid.reset();

  for (std::uint64_t n = pasids ? random_.between(1, 2) : 0; n > 0; --n) {
    Space space;
    space.source = source;
    space.pasid = static_cast<std::uint32_t>(random_.below(std::uint64_t{0x2000} << size));
    if (!oracle::vtd::any_from(*space.pasid, facts_.pasid_bits())) pasid(directory, space);
  }
  put(Structure::context, where, {entry.begin(), entry.end()});
}

/// A directory entry where there is none, and a PASID entry. One that is there stays.
void ImageMaker::pasid(std::uint64_t directory, const Space& space) {
  const std::uint64_t directory_entry = directory + (*space.pasid >> 6) * std::uint64_t{8};
  if (*memory_.word(directory_entry) == 0)
    put(Structure::directory, directory_entry, {new_page() | 1 | (fault_processing_disabled() ? 2U : 0U)});
  const std::uint64_t table = *memory_.word(directory_entry) & ~std::uint64_t{0xFFF};
  const std::uint64_t where = table + (*space.pasid & 0x3F) * std::uint64_t{64};
  Space made = space;
  if (*memory_.word(where) == 0) {
    const auto entry = pasid_entry(made);
    put(Structure::pasid_entry, where, {entry.begin(), entry.end()});
  }
  image_.spaces.push_back(made);
}

Paging ImageMaker::paging() {
  std::vector<Paging> possible;
  if (facts_.pass_through()) possible.push_back(Paging::pass_through);
  for (unsigned weight = 0; weight < 3; ++weight) {
    if (facts_.first_stage_only()) possible.push_back(Paging::first_stage);
    if (facts_.second_stage_only()) possible.push_back(Paging::second_stage);
    if (facts_.nested()) possible.push_back(Paging::nested);
  }
  return possible.empty() ? Paging::second_stage : random_.pick(possible);
}

std::array<std::uint64_t, 8> ImageMaker::pasid_entry(Space& space) {
  std::array<std::uint64_t, 8> entry{};
  space.paging = paging();
  const bool has_first = space.paging == Paging::first_stage || space.paging == Paging::nested;
  const bool has_second = space.paging == Paging::second_stage || space.paging == Paging::nested;
  const auto flag = [&](unsigned bit, bool supported, unsigned chance) {
    if (supported && random_.percent(chance)) set_bits(entry, bit, 1);
  };
  set_bits(entry, 0, 1 | (fault_processing_disabled() ? 2U : 0U));
  set_bits(entry, 64, new_domain_id());
  flag(5, facts_.execute_requests(), 50);
  flag(9, facts_.second_stage_accessed_dirty(), 60);
  flag(87, facts_.walk_snoop(), 92);
  flag(88, facts_.snoop_control(), 30);
  flag(128, facts_.supervisor_requests(), 80);
  flag(129, facts_.execute_requests(), 80);
  flag(132, true, 50);
  flag(133, true, 60);
  flag(134, true, 50);
  flag(135, facts_.extended_accessed(), 50);

  SecondTables second;
  if (has_second) {
    second = new_second_tables();
    set_bits(entry, 2, second.aw);
    set_bits(entry, 0, second.top);
    if (space.paging == Paging::second_stage) space.mapped = map_randomly(second);
  }
  if (has_first) {
    FirstTables first;
    first.levels = facts_.first_stage_5_levels() && random_.percent(50) ? 5 : 4;
    first.no_execute = (entry[2] >> 5 & 1) != 0;
    first.second = has_second ? &second : nullptr;
    first.guest_base = random_.pick<std::uint64_t>({0, ImageMemory::base, 0x7C'0000'0000}) &
                       ((std::uint64_t{1} << facts_.host_address_width) - 1);
    first.top = new_page();
    set_bits(entry, 130, first.levels == 5 ? 1 : 0);
    set_bits(entry, 128, to_guest(first, first.top));
    space.mapped = map_randomly(first);
  }
  constexpr std::array<std::uint64_t, 4> pgtt{2, 4, 1, 3};
  set_bits(entry, 6, pgtt[static_cast<std::size_t>(space.paging)]);
  if (space.paging == Paging::pass_through) set_bits(entry, 2, facts_.largest_table_width());
  return entry;
}

}  // namespace iommusim::tests
