// SPDX-License-Identifier: Apache-2.0
// Translation tables as an operating system builds them in memory, of whatever format.
#pragma once

#include "base/range.h"
#include "software/cpu_bus.h"
#include "software/domain.h"
#include "software/page_allocator.h"
#include "software/paging_format.h"
#include "software/permissions.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace iommusim::software {

/// One set of tables. Ranges are whole pages of the format inside the tables' width; the caller sees to that.
/// Leaves are as large as alignment and the format allow. Tables that become empty are unlinked at once, but
/// their pages are kept until hardware can no longer hold a pointer to them: release_unlinked() says that.
class PagingTables {
 public:
  /// A page that the tables map, or part of a larger one.
  struct Leaf {
    PhysAddr physical;
    Permissions permissions;
    std::uint64_t page_size = page_4k;
    MemoryType memory = MemoryType::normal;
  };

  /// Takes the pages of the root. Bus and allocator must outlive the tables.
  PagingTables(CpuBus& bus, PageAllocator& pages, std::unique_ptr<const PagingFormat> format);

  PhysAddr root() const { return root_; }
  const PagingFormat& format() const { return *format_; }
  unsigned levels() const { return format_->levels(); }
  Stage stage() const { return format_->stage(); }

  /// Maps all of `range`. Throws DriverError, and changes nothing, when some of it is mapped.
  void map(const Range<Iova>& range, PhysAddr physical, Permissions permissions,
           MemoryType memory = MemoryType::normal);
  /// Splits the leaves that reach over the borders. Throws DriverError, and changes nothing, when some is not
  /// mapped.
  void unmap(const Range<Iova>& range);
  /// What the tables say of one address, as software reads them.
  std::optional<Leaf> lookup(Iova iova) const;
  std::uint64_t bytes_mapped(const Range<Iova>& range) const;

  /// Hardware has forgotten all that it knew of `range`.
  void release_unlinked(const Range<Iova>& range);
  /// Gives every page back. Hardware must no longer know the tables, and nothing else may be called
  /// afterwards.
  void release_all();

 private:
  struct Table {
    PhysAddr address;
    unsigned level = 0;
    /// What the table's first entry translates.
    Iova base;
  };
  /// The part of a range that one entry of a table translates.
  struct Slot {
    PhysAddr entry_address;
    Range<Iova> span;
    Range<Iova> part;
    bool whole() const { return span == part; }
  };
  struct Unlinked {
    PhysAddr table;
    std::size_t pages = 1;
    Range<Iova> span;
  };

  template <class Visitor>
  void for_each_slot(const Table& table, const Range<Iova>& range, Visitor visit) const;

  Table top() const { return {root_, format_->levels(), Iova{0}}; }
  Table child(const Table& table, const Slot& slot, PagingEntry entry) const;
  bool may_be_leaf(unsigned level, const Slot& slot, PhysAddr physical) const;

  PagingEntry load(const Slot& slot) const;
  void store(const Table& table, const Slot& slot, PagingEntry entry);

  Table link_table(const Table& table, const Slot& slot);
  void split(const Table& table, const Slot& slot, PagingEntry leaf);
  void unlink_if_empty(const Table& table, const Slot& slot, const Table& lower);

  void map_in(const Table& table, const Range<Iova>& range, PhysAddr physical, const LeafAttributes& attributes);
  void unmap_in(const Table& table, const Range<Iova>& range);
  std::uint64_t bytes_mapped_in(const Table& table, const Range<Iova>& range) const;
  void release_in(const Table& table);

  CpuBus& bus_;
  PageAllocator& pages_;
  std::unique_ptr<const PagingFormat> format_;
  PhysAddr root_;
  /// Present entries of each table, by its address: an empty table is found without reading it.
  std::unordered_map<PhysAddr, unsigned> present_;
  std::vector<Unlinked> unlinked_;
};

}  // namespace iommusim::software
