// SPDX-License-Identifier: Apache-2.0
#include "software/vtd_paging_format.h"

#include "iommu/vtd/first_stage_entry.h"
#include "iommu/vtd/second_stage_entry.h"

namespace iommusim::software {
namespace {

using vtd::FirstStageEntry;
using vtd::SecondStageEntry;

// Entries of both stages have their address and their large-page bit at the same place.
using Address = SecondStageEntry::ADDR;
using LargePage = SecondStageEntry::PS;

/// Accessed and dirty from the beginning, as in Linux: the unit need not write to the tables.
std::uint64_t first_stage_bits(Permissions permissions) {
  FirstStageEntry entry;
  entry.set<FirstStageEntry::P>(true);
  entry.set<FirstStageEntry::RW>(permissions.write);
  entry.set<FirstStageEntry::US>(true);
  entry.set<FirstStageEntry::A>(true);
  entry.set<FirstStageEntry::D>(permissions.write);
  return entry.raw();
}

std::uint64_t second_stage_bits(Permissions permissions) {
  SecondStageEntry entry;
  entry.set<SecondStageEntry::R>(permissions.read);
  entry.set<SecondStageEntry::W>(permissions.write);
  return entry.raw();
}

}  // namespace

VtdPagingFormat::VtdPagingFormat(const TableFormat& format)
    : PagingFormat{{format.stage, format.levels}}, pages_2m_{format.pages_2m}, pages_1g_{format.pages_1g} {}

bool VtdPagingFormat::allows_leaf(unsigned level) const {
  return level == 1 || (level == 2 && pages_2m_) || (level == 3 && pages_1g_);
}

bool VtdPagingFormat::is_present(PagingEntry entry) const {
  if (stage() == Stage::first) return FirstStageEntry{entry.raw()}.get<FirstStageEntry::P>();
  const SecondStageEntry second{entry.raw()};
  return second.get<SecondStageEntry::R>() || second.get<SecondStageEntry::W>();
}

bool VtdPagingFormat::is_leaf(PagingEntry entry, unsigned level) const {
  return level == 1 || entry.get<LargePage>();
}

PhysAddr VtdPagingFormat::address_of(PagingEntry entry) const {
  return PhysAddr{entry.get<Address>() * page_4k};
}

LeafAttributes VtdPagingFormat::attributes_of(PagingEntry leaf) const {
  if (stage() == Stage::first) return {{true, FirstStageEntry{leaf.raw()}.get<FirstStageEntry::RW>()}};
  const SecondStageEntry second{leaf.raw()};
  return {{second.get<SecondStageEntry::R>(), second.get<SecondStageEntry::W>()}};
}

PagingEntry VtdPagingFormat::table_entry(PhysAddr table) const {
  return entry(table, {true, true});
}

PagingEntry VtdPagingFormat::leaf_entry(PhysAddr page, unsigned level, const LeafAttributes& attributes) const {
  PagingEntry leaf = entry(page, attributes.permissions);
  leaf.set<LargePage>(level > 1);
  return leaf;
}

PagingEntry VtdPagingFormat::entry(PhysAddr address, Permissions permissions) const {
  PagingEntry made{stage() == Stage::first ? first_stage_bits(permissions) : second_stage_bits(permissions)};
  made.set<Address>(address.value() / page_4k);
  return made;
}

}  // namespace iommusim::software
