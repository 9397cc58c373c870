// SPDX-License-Identifier: Apache-2.0
#include "software/paging_tables.h"

#include "base/quantity.h"
#include "iommu/vtd/first_stage_entry.h"
#include "software/driver_error.h"

#include <algorithm>

namespace iommusim::software {
namespace {

using vtd::FirstStageEntry;
using vtd::SecondStageEntry;

/// Bytes that one entry of a table at `level` translates.
constexpr std::uint64_t entry_span(unsigned level) {
  return std::uint64_t{1} << vtd::index_shift(level);
}

bool is_leaf(PagingEntry entry, unsigned level) {
  return level == 1 || entry.get<PagingEntry::PS>();
}

PhysAddr address_of(PagingEntry entry) {
  return PhysAddr{entry.get<PagingEntry::ADDR>() * page_4k};
}

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

std::string describe(const Range<Iova>& range) {
  return format_hex(range.first.value()) + " to " + format_hex(range.last.value());
}

}  // namespace

PagingTables::PagingTables(CpuBus& bus, PageAllocator& pages, const TableFormat& format)
    : bus_{bus}, pages_{pages}, format_{format}, root_{pages.allocate()} {}

bool PagingTables::is_present(PagingEntry entry) const {
  if (format_.stage == Stage::first) return FirstStageEntry{entry.raw()}.get<FirstStageEntry::P>();
  const SecondStageEntry second{entry.raw()};
  return second.get<SecondStageEntry::R>() || second.get<SecondStageEntry::W>();
}

PagingEntry PagingTables::make_entry(PhysAddr address, Permissions permissions) const {
  const bool first = format_.stage == Stage::first;
  PagingEntry entry{first ? first_stage_bits(permissions) : second_stage_bits(permissions)};
  entry.set<PagingEntry::ADDR>(address.value() / page_4k);
  return entry;
}

Permissions PagingTables::permissions_of(PagingEntry entry) const {
  if (format_.stage == Stage::first) return {true, FirstStageEntry{entry.raw()}.get<FirstStageEntry::RW>()};
  const SecondStageEntry second{entry.raw()};
  return {second.get<SecondStageEntry::R>(), second.get<SecondStageEntry::W>()};
}

void PagingTables::map(const Range<Iova>& range, PhysAddr physical, Permissions permissions) {
  if (bytes_mapped(range) != 0) throw DriverError("some of " + describe(range) + " is mapped already");
  try {
    map_in(top(), range, physical, permissions);
  } catch (const DriverError&) {
    unmap_in(top(), range);
    throw;
  }
}

void PagingTables::unmap(const Range<Iova>& range) {
  if (bytes_mapped(range) != range.size()) throw DriverError("some of " + describe(range) + " is not mapped");
  unmap_in(top(), range);
}

std::uint64_t PagingTables::bytes_mapped(const Range<Iova>& range) const {
  return bytes_mapped_in(top(), range);
}

std::optional<PagingTables::Leaf> PagingTables::lookup(Iova iova) const {
  std::optional<Leaf> found;
  std::optional<Table> table = top();
  while (table) {
    const Table here = *table;
    table.reset();
    for_each_slot(here, {iova, iova}, [&](const Slot& slot) {
      const PagingEntry entry = load(slot);
      if (!is_present(entry)) return;
      if (!is_leaf(entry, here.level))
        table = child(here, slot, entry);
      else
        found = Leaf{address_of(entry) + (iova - slot.span.first), permissions_of(entry), entry_span(here.level)};
    });
  }
  return found;
}

// A cached pointer to a table serves the table's whole span, so hardware drops it with any address of the
// span.
void PagingTables::release_unlinked(const Range<Iova>& range) {
  const auto kept =
      std::partition(unlinked_.begin(), unlinked_.end(), [&](const Unlinked& u) { return !u.span.overlaps(range); });
  std::for_each(kept, unlinked_.end(), [&](const Unlinked& u) { pages_.release(u.page); });
  unlinked_.erase(kept, unlinked_.end());
}

void PagingTables::release_all() {
  release_in(top());
  release_unlinked(Range<Iova>::everything());
}

template <class Visitor>
void PagingTables::for_each_slot(const Table& table, const Range<Iova>& range, Visitor visit) {
  const std::uint64_t size = entry_span(table.level);
  for (Iova first = range.first;;) {
    const Iova base = first.aligned_down(size);
    const Range<Iova> span{base, base + (size - 1)};
    const Range<Iova> part{first, std::min(span.last, range.last)};
    visit(Slot{table.address + (base - table.base) / size * PagingEntry::bytes, span, part});
    if (part.last == range.last) return;
    first = part.last + 1;
  }
}

PagingTables::Table PagingTables::child(const Table& table, const Slot& slot, PagingEntry entry) {
  return {address_of(entry), table.level - 1, slot.span.first};
}

bool PagingTables::may_be_leaf(unsigned level, const Slot& slot, PhysAddr physical) const {
  if (level == 1) return true;
  const bool offered = (level == 2 && format_.pages_2m) || (level == 3 && format_.pages_1g);
  return offered && slot.whole() && physical.offset_in(entry_span(level)) == 0;
}

PagingEntry PagingTables::load(const Slot& slot) const {
  return PagingEntry{bus_.load64(slot.entry_address)};
}

void PagingTables::store(const Table& table, const Slot& slot, PagingEntry entry) {
  const bool was = is_present(load(slot));
  bus_.store64(slot.entry_address, entry.raw());
  unsigned& present = present_[table.address];
  present = present + (is_present(entry) ? 1 : 0) - (was ? 1 : 0);
}

PagingTables::Table PagingTables::link_table(const Table& table, const Slot& slot) {
  const PagingEntry pointer = make_entry(pages_.allocate(), {true, true});
  store(table, slot, pointer);
  return child(table, slot, pointer);
}

// The new table is complete before it is linked: a device that uses the page meanwhile sees the same
// translation.
void PagingTables::split(const Table& table, const Slot& slot, PagingEntry leaf) {
  const PagingEntry pointer = make_entry(pages_.allocate(), {true, true});
  map_in(child(table, slot, pointer), slot.span, address_of(leaf), permissions_of(leaf));
  store(table, slot, pointer);
}

void PagingTables::unlink_if_empty(const Table& table, const Slot& slot, const Table& lower) {
  if (present_[lower.address] != 0) return;
  store(table, slot, PagingEntry{});
  present_.erase(lower.address);
  unlinked_.push_back({lower.address, slot.span});
}

void PagingTables::map_in(const Table& table, const Range<Iova>& range, PhysAddr physical, Permissions permissions) {
  for_each_slot(table, range, [&](const Slot& slot) {
    const PhysAddr target = physical + (slot.part.first - range.first);
    if (may_be_leaf(table.level, slot, target)) {
      PagingEntry leaf = make_entry(target, permissions);
      leaf.set<PagingEntry::PS>(table.level > 1);
      store(table, slot, leaf);
      return;
    }
    const PagingEntry entry = load(slot);
    const Table lower = is_present(entry) ? child(table, slot, entry) : link_table(table, slot);
    map_in(lower, slot.part, target, permissions);
  });
}

void PagingTables::unmap_in(const Table& table, const Range<Iova>& range) {
  for_each_slot(table, range, [&](const Slot& slot) {
    PagingEntry entry = load(slot);
    if (!is_present(entry)) return;
    if (is_leaf(entry, table.level) && slot.whole()) {
      store(table, slot, PagingEntry{});
      return;
    }
    if (is_leaf(entry, table.level)) {
      split(table, slot, entry);
      entry = load(slot);
    }
    const Table lower = child(table, slot, entry);
    unmap_in(lower, slot.part);
    unlink_if_empty(table, slot, lower);
  });
}

std::uint64_t PagingTables::bytes_mapped_in(const Table& table, const Range<Iova>& range) const {
  std::uint64_t bytes = 0;
  for_each_slot(table, range, [&](const Slot& slot) {
    const PagingEntry entry = load(slot);
    if (!is_present(entry)) return;
    bytes += is_leaf(entry, table.level) ? slot.part.size() : bytes_mapped_in(child(table, slot, entry), slot.part);
  });
  return bytes;
}

void PagingTables::release_in(const Table& table) {
  const Range<Iova> span{table.base, table.base + (512 * entry_span(table.level) - 1)};
  for_each_slot(table, span, [&](const Slot& slot) {
    const PagingEntry entry = load(slot);
    if (is_present(entry) && !is_leaf(entry, table.level)) release_in(child(table, slot, entry));
  });
  present_.erase(table.address);
  pages_.release(table.address);
}

}  // namespace iommusim::software
