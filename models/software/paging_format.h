// SPDX-License-Identifier: Apache-2.0
// What tells the translation tables of one architecture and stage from those of another.
#pragma once

#include "base/address.h"
#include "base/word.h"
#include "software/domain.h"
#include "software/permissions.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace iommusim::software {

/// One 64-bit table entry, whatever its format.
struct PagingEntry : Word<64> {
  using Word::Word;
};

struct LeafAttributes {
  Permissions permissions;
  MemoryType memory = MemoryType::normal;
};

/// Levels are counted from the bottom: the tables of pages are level 1, the root is level levels().
class PagingFormat {
 public:
  struct Shape {
    Stage stage = Stage::second;
    unsigned levels = 4;
    /// log2 of the smallest page and of every table but the root.
    unsigned page_shift = 12;
    /// log2 of the root's entries.
    unsigned root_bits = 9;
  };

  explicit PagingFormat(const Shape& shape) : shape_{shape} {}
  virtual ~PagingFormat() = default;
  PagingFormat(const PagingFormat&) = delete;
  PagingFormat& operator=(const PagingFormat&) = delete;

  Stage stage() const { return shape_.stage; }
  unsigned levels() const { return shape_.levels; }
  std::uint64_t page_size() const { return entry_span(1); }
  /// Bytes that one entry of a table at `level` translates.
  std::uint64_t entry_span(unsigned level) const {
    return std::uint64_t{1} << (shape_.page_shift + (level - 1) * table_bits());
  }
  /// Bytes that a table at `level` translates.
  std::uint64_t table_span(unsigned level) const { return entry_span(level) << index_bits(level); }
  /// What a table at `level` takes, in pages of 4 KiB.
  std::size_t table_pages(unsigned level) const {
    return std::max<std::size_t>((PagingEntry::bytes << index_bits(level)) / page_4k, 1);
  }

  /// Whether an entry at `level` can map memory itself.
  virtual bool allows_leaf(unsigned level) const = 0;
  virtual bool is_present(PagingEntry entry) const = 0;
  /// Of a present entry: it maps memory, and does not point to a table.
  virtual bool is_leaf(PagingEntry entry, unsigned level) const = 0;
  virtual PhysAddr address_of(PagingEntry entry) const = 0;
  virtual LeafAttributes attributes_of(PagingEntry leaf) const = 0;
  virtual PagingEntry table_entry(PhysAddr table) const = 0;
  virtual PagingEntry leaf_entry(PhysAddr page, unsigned level, const LeafAttributes& attributes) const = 0;

 private:
  unsigned table_bits() const { return shape_.page_shift - 3; }
  unsigned index_bits(unsigned level) const { return level == shape_.levels ? shape_.root_bits : table_bits(); }

  Shape shape_;
};

}  // namespace iommusim::software
