// SPDX-License-Identifier: Apache-2.0
#include "software/paging_tables.h"

#include "base/quantity.h"
#include "software/driver_error.h"

#include <algorithm>
#include <utility>

namespace iommusim::software {
namespace {

std::string describe(const Range<Iova>& range) {
  return format_hex(range.first.value()) + " to " + format_hex(range.last.value());
}

}  // namespace

PagingTables::PagingTables(CpuBus& bus, PageAllocator& pages, std::unique_ptr<const PagingFormat> format)
    : bus_{bus},
      pages_{pages},
      format_{std::move(format)},
      root_{pages.allocate_block(format_->table_pages(format_->levels()))} {}

void PagingTables::map(const Range<Iova>& range, PhysAddr physical, Permissions permissions, MemoryType memory) {
  if (bytes_mapped(range) != 0) throw DriverError("some of " + describe(range) + " is mapped already");
  try {
    map_in(top(), range, physical, {permissions, memory});
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
      if (!format_->is_present(entry)) return;
      if (!format_->is_leaf(entry, here.level)) {
        table = child(here, slot, entry);
        return;
      }
      const LeafAttributes attributes = format_->attributes_of(entry);
      found = Leaf{format_->address_of(entry) + (iova - slot.span.first), attributes.permissions,
                   format_->entry_span(here.level), attributes.memory};
    });
  }
  return found;
}

// A cached pointer to a table serves the table's whole span, so hardware drops it with any address of the
// span.
void PagingTables::release_unlinked(const Range<Iova>& range) {
  const auto kept =
      std::partition(unlinked_.begin(), unlinked_.end(), [&](const Unlinked& u) { return !u.span.overlaps(range); });
  std::for_each(kept, unlinked_.end(), [&](const Unlinked& u) { pages_.release_block(u.table, u.pages); });
  unlinked_.erase(kept, unlinked_.end());
}

void PagingTables::release_all() {
  release_in(top());
  release_unlinked(Range<Iova>::everything());
}

template <class Visitor>
void PagingTables::for_each_slot(const Table& table, const Range<Iova>& range, Visitor visit) const {
  const std::uint64_t size = format_->entry_span(table.level);
  for (Iova first = range.first;;) {
    const Iova base = first.aligned_down(size);
    const Range<Iova> span{base, base + (size - 1)};
    const Range<Iova> part{first, std::min(span.last, range.last)};
    visit(Slot{table.address + (base - table.base) / size * PagingEntry::bytes, span, part});
    if (part.last == range.last) return;
    first = part.last + 1;
  }
}

PagingTables::Table PagingTables::child(const Table& table, const Slot& slot, PagingEntry entry) const {
  return {format_->address_of(entry), table.level - 1, slot.span.first};
}

bool PagingTables::may_be_leaf(unsigned level, const Slot& slot, PhysAddr physical) const {
  if (level == 1) return true;
  return format_->allows_leaf(level) && slot.whole() && physical.offset_in(format_->entry_span(level)) == 0;
}

PagingEntry PagingTables::load(const Slot& slot) const {
  return PagingEntry{bus_.load64(slot.entry_address)};
}

void PagingTables::store(const Table& table, const Slot& slot, PagingEntry entry) {
  const bool was = format_->is_present(load(slot));
  bus_.store64(slot.entry_address, entry.raw());
  unsigned& present = present_[table.address];
  present = present + (format_->is_present(entry) ? 1 : 0) - (was ? 1 : 0);
}

PagingTables::Table PagingTables::link_table(const Table& table, const Slot& slot) {
  const PagingEntry pointer = format_->table_entry(pages_.allocate_block(format_->table_pages(table.level - 1)));
  store(table, slot, pointer);
  return child(table, slot, pointer);
}

// The new table is complete before it is linked: a device that uses the page meanwhile sees the same
// translation.
void PagingTables::split(const Table& table, const Slot& slot, PagingEntry leaf) {
  const PagingEntry pointer = format_->table_entry(pages_.allocate_block(format_->table_pages(table.level - 1)));
  map_in(child(table, slot, pointer), slot.span, format_->address_of(leaf), format_->attributes_of(leaf));
  store(table, slot, pointer);
}

void PagingTables::unlink_if_empty(const Table& table, const Slot& slot, const Table& lower) {
  if (present_[lower.address] != 0) return;
  store(table, slot, PagingEntry{});
  present_.erase(lower.address);
  unlinked_.push_back({lower.address, format_->table_pages(lower.level), slot.span});
}

void PagingTables::map_in(const Table& table, const Range<Iova>& range, PhysAddr physical,
                          const LeafAttributes& attributes) {
  for_each_slot(table, range, [&](const Slot& slot) {
    const PhysAddr target = physical + (slot.part.first - range.first);
    if (may_be_leaf(table.level, slot, target)) {
      store(table, slot, format_->leaf_entry(target, table.level, attributes));
      return;
    }
    const PagingEntry entry = load(slot);
    const Table lower = format_->is_present(entry) ? child(table, slot, entry) : link_table(table, slot);
    map_in(lower, slot.part, target, attributes);
  });
}

void PagingTables::unmap_in(const Table& table, const Range<Iova>& range) {
  for_each_slot(table, range, [&](const Slot& slot) {
    PagingEntry entry = load(slot);
    if (!format_->is_present(entry)) return;
    if (format_->is_leaf(entry, table.level) && slot.whole()) {
      store(table, slot, PagingEntry{});
      return;
    }
    if (format_->is_leaf(entry, table.level)) {
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
    if (!format_->is_present(entry)) return;
    bytes +=
        format_->is_leaf(entry, table.level) ? slot.part.size() : bytes_mapped_in(child(table, slot, entry), slot.part);
  });
  return bytes;
}

void PagingTables::release_in(const Table& table) {
  const Range<Iova> span{table.base, table.base + (format_->table_span(table.level) - 1)};
  for_each_slot(table, span, [&](const Slot& slot) {
    const PagingEntry entry = load(slot);
    if (format_->is_present(entry) && !format_->is_leaf(entry, table.level)) release_in(child(table, slot, entry));
  });
  present_.erase(table.address);
  pages_.release_block(table.address, format_->table_pages(table.level));
}

}  // namespace iommusim::software
