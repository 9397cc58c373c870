// SPDX-License-Identifier: Apache-2.0
#include "support/scalable_tables.h"

namespace iommusim::tests {
namespace {

constexpr std::uint64_t present_writable_user = 0x7;
/// PDTS of a directory for 20 bits.
constexpr std::uint64_t full_directory = 7;

std::uint64_t index_at(Iova address, unsigned level) {
  return (address.value() >> (12 + 9 * (level - 1))) & 0x1FF;
}

}  // namespace

void ScalableTables::attach(RequesterId requester) {
  const PhysAddr root = root_entry(requester.bus());
  auto halves = pages_.load<ScalableRootEntry>(root);
  if (requester.devfn() < 0x80 && halves.get<ScalableRootEntry::LP>() == 0) {
    halves.set<ScalableRootEntry::LP>(1);
    halves.set<ScalableRootEntry::LCTP>(pages_.new_page().value() >> 12);
  }
  if (requester.devfn() >= 0x80 && halves.get<ScalableRootEntry::UP>() == 0) {
    halves.set<ScalableRootEntry::UP>(1);
    halves.set<ScalableRootEntry::UCTP>(pages_.new_page().value() >> 12);
  }
  pages_.store(root, halves);
  ScalableContextEntry entry;
  entry.set<ScalableContextEntry::P>(1);
  entry.set<ScalableContextEntry::PASIDE>(1);
  entry.set<ScalableContextEntry::PDTS>(full_directory);
  const PhysAddr directory = pages_.new_page();
  // 2^14 entries of 8 bytes.
  for (unsigned page = 1; page < 32; ++page)
    pages_.new_page();
  entry.set<ScalableContextEntry::PASIDDIRPTR>(directory.value() >> 12);
  pages_.store(context_entry(requester), entry);
}

void ScalableTables::set_pasid(RequesterId requester, std::uint32_t pasid, const PasidEntry& entry) {
  const PhysAddr in_directory = directory_entry(requester, pasid);
  auto directory = pages_.load<PasidDirectoryEntry>(in_directory);
  if (directory.get<PasidDirectoryEntry::P>() == 0) {
    directory.set<PasidDirectoryEntry::P>(1);
    directory.set<PasidDirectoryEntry::SMPTBLPTR>(pages_.new_page().value() >> 12);
    pages_.store(in_directory, directory);
  }
  pages_.store(pasid_entry(requester, pasid), entry);
}

PasidEntry ScalableTables::pass_through(std::uint16_t id, unsigned levels) {
  PasidEntry entry;
  entry.set<PasidEntry::P>(1);
  entry.set<PasidEntry::PGTT>(pgtt::pass_through);
  entry.set<PasidEntry::AW>(levels - 2);
  entry.set<PasidEntry::DID>(id);
  return entry;
}

PasidEntry ScalableTables::second_stage(const Domain& domain) {
  PasidEntry entry;
  entry.set<PasidEntry::P>(1);
  entry.set<PasidEntry::PGTT>(pgtt::second_stage);
  entry.set<PasidEntry::DID>(domain.id);
  entry.set<PasidEntry::AW>(domain.levels - 2);
  entry.set<PasidEntry::SLPTPTR>(domain.top.value() >> 12);
  entry.set<PasidEntry::PWSNP>(1);
  return entry;
}

PasidEntry ScalableTables::first_stage(const FirstStage& tables, std::uint16_t id) {
  PasidEntry entry = tables.second ? second_stage(*tables.second) : PasidEntry{};
  entry.set<PasidEntry::P>(1);
  entry.set<PasidEntry::PGTT>(tables.second ? pgtt::nested : pgtt::first_stage);
  if (!tables.second) entry.set<PasidEntry::DID>(id);
  entry.set<PasidEntry::PWSNP>(1);
  entry.set<PasidEntry::FLPM>(tables.levels - 4);
  entry.set<PasidEntry::FLPTPTR>(tables.guest_top() >> 12);
  return entry;
}

FirstStage ScalableTables::new_first_stage(unsigned levels) {
  return {levels, pages_.new_page(), std::nullopt, 0};
}

FirstStage ScalableTables::new_nested(const Domain& second, std::uint64_t guest_offset, unsigned levels) {
  FirstStage tables{levels, PhysAddr{}, second, guest_offset};
  tables.top = new_table(tables);
  return tables;
}

PhysAddr ScalableTables::new_table(const FirstStage& tables) {
  const PhysAddr page = pages_.new_page();
  if (tables.second) pages_.map(*tables.second, Iova{page.value() + tables.guest_offset}, page);
  return page;
}

PhysAddr ScalableTables::map(const FirstStage& tables, Iova from, std::uint64_t to, std::uint64_t page_size) {
  const unsigned leaf = page_size == page_4k ? 1 : page_size == page_2m ? 2 : 3;
  for (unsigned level = tables.levels; level > leaf; --level) {
    const PhysAddr where = first_stage_entry(tables, from, level);
    if (pages_.load<FirstStageEntry>(where).raw() != 0) continue;
    const std::uint64_t next = new_table(tables).value() + tables.guest_offset;
    pages_.store(where, FirstStageEntry{next | present_writable_user});
  }
  const PhysAddr where = first_stage_entry(tables, from, leaf);
  FirstStageEntry entry{to | present_writable_user};
  entry.set<FirstStageEntry::PS>(leaf > 1 ? 1 : 0);
  pages_.store(where, entry);
  return where;
}

PhysAddr ScalableTables::context_entry(RequesterId requester) const {
  const auto root = pages_.load<ScalableRootEntry>(root_entry(requester.bus()));
  const std::uint64_t table =
      requester.devfn() < 0x80 ? root.get<ScalableRootEntry::LCTP>() : root.get<ScalableRootEntry::UCTP>();
  return PhysAddr{table << 12} + 32 * std::uint64_t{requester.devfn() & 0x7FU};
}

PhysAddr ScalableTables::directory_entry(RequesterId requester, std::uint32_t pasid) const {
  const auto context = pages_.load<ScalableContextEntry>(context_entry(requester));
  return PhysAddr{context.get<ScalableContextEntry::PASIDDIRPTR>() << 12} + 8 * std::uint64_t{pasid >> 6};
}

PhysAddr ScalableTables::pasid_entry(RequesterId requester, std::uint32_t pasid) const {
  const auto directory = pages_.load<PasidDirectoryEntry>(directory_entry(requester, pasid));
  return PhysAddr{directory.get<PasidDirectoryEntry::SMPTBLPTR>() << 12} + 64 * std::uint64_t{pasid & 0x3FU};
}

PhysAddr ScalableTables::first_stage_entry(const FirstStage& tables, Iova address, unsigned level) const {
  PhysAddr table = tables.top;
  for (unsigned above = tables.levels; above > level; --above) {
    const auto entry = pages_.load<FirstStageEntry>(table + 8 * index_at(address, above));
    table = PhysAddr{(entry.get<FirstStageEntry::Address>() << 12) - tables.guest_offset};
  }
  return table + 8 * index_at(address, level);
}

}  // namespace iommusim::tests
