// SPDX-License-Identifier: Apache-2.0
#include "support/vtd_tables.h"

#include "base/endian.h"

#include <array>
#include <stdexcept>

namespace iommusim::tests {
namespace {

unsigned leaf_level(std::uint64_t page_size) {
  if (page_size == page_4k) return 1;
  if (page_size == page_2m) return 2;
  if (page_size == page_1g) return 3;
  throw std::invalid_argument("a page has 4 KiB, 2 MiB or 1 GiB");
}

std::uint64_t index_at(Iova address, unsigned level) {
  return (address.value() >> (12 + 9 * (level - 1))) & 0x1FF;
}

}  // namespace

SecondStageEntry second_stage_entry(PhysAddr target, Rights rights, bool page_size) {
  SecondStageEntry entry;
  entry.set<SecondStageEntry::R>(rights.read ? 1 : 0);
  entry.set<SecondStageEntry::W>(rights.write ? 1 : 0);
  entry.set<SecondStageEntry::PS>(page_size ? 1 : 0);
  entry.set<SecondStageEntry::Address>(target.value() >> 12);
  return entry;
}

VtdTables::VtdTables(memory::PhysicalBus& memory, PhysAddr first_page) : memory_{memory}, next_page_{first_page} {
  root_ = new_page();
}

PhysAddr VtdTables::new_page() {
  const PhysAddr page = next_page_;
  next_page_ += page_4k;
  return page;
}

Domain VtdTables::new_domain(unsigned levels) {
  return Domain{next_domain_++, levels, new_page()};
}

void VtdTables::make_context_table(std::uint8_t bus) {
  if (load<RootEntry>(root_entry(bus)).get<RootEntry::P>() != 0) return;
  RootEntry entry;
  entry.set<RootEntry::P>(1);
  entry.set<RootEntry::CTP>(new_page().value() >> 12);
  store(root_entry(bus), entry);
}

void VtdTables::attach(RequesterId requester, const Domain& domain) {
  make_context_table(requester.bus());
  ContextEntry entry;
  entry.set<ContextEntry::P>(1);
  entry.set<ContextEntry::SSPTPTR>(domain.top.value() >> 12);
  entry.set<ContextEntry::AW>(domain.levels - 2);
  entry.set<ContextEntry::DID>(domain.id);
  store(context_entry(requester), entry);
}

void VtdTables::attach_pass_through(RequesterId requester, std::uint16_t domain_id, unsigned levels) {
  attach(requester, Domain{domain_id, levels, PhysAddr{0}});
  set<ContextEntry, ContextEntry::TT>(context_entry(requester), TranslationType::pass_through);
}

PhysAddr VtdTables::map(const Domain& domain, Iova from, PhysAddr to, Rights rights, std::uint64_t page_size) {
  const unsigned leaf = leaf_level(page_size);
  for (unsigned level = domain.levels; level > leaf; --level) {
    const PhysAddr where = second_stage_entry(domain, from, level);
    if (load<SecondStageEntry>(where).raw() == 0) store(where, tests::second_stage_entry(new_page()));
  }
  const PhysAddr where = second_stage_entry(domain, from, leaf);
  store(where, tests::second_stage_entry(to, rights, leaf > 1));
  return where;
}

PhysAddr VtdTables::root_entry(std::uint8_t bus) const {
  return root_ + 16 * std::uint64_t{bus};
}

PhysAddr VtdTables::context_entry(RequesterId requester) const {
  const auto root = load<RootEntry>(root_entry(requester.bus()));
  return PhysAddr{root.get<RootEntry::CTP>() << 12} + 16 * std::uint64_t{requester.devfn()};
}

PhysAddr VtdTables::second_stage_entry(const Domain& domain, Iova address, unsigned level) const {
  PhysAddr table = domain.top;
  for (unsigned above = domain.levels; above > level; --above) {
    const auto entry = load<SecondStageEntry>(table + 8 * index_at(address, above));
    table = PhysAddr{entry.get<SecondStageEntry::Address>() << 12};
  }
  return table + 8 * index_at(address, level);
}

std::uint64_t VtdTables::load_word(PhysAddr where) const {
  std::array<std::uint8_t, 8> bytes{};
  if (!memory_.read(where, bytes.data(), bytes.size())) throw std::out_of_range("no memory behind a table");
  return load_le<std::uint64_t>(bytes.data());
}

void VtdTables::store_word(PhysAddr where, std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes{};
  store_le(bytes.data(), value);
  if (!memory_.write(where, bytes.data(), bytes.size())) throw std::out_of_range("no memory behind a table");
}

}  // namespace iommusim::tests
