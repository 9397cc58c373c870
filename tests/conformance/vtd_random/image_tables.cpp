// SPDX-License-Identifier: Apache-2.0
// Page tables of both stages (VT-d specification, 9.7 and 9.8).
#include "conformance/vtd_random/image.h"

#include <algorithm>

namespace iommusim::tests {
namespace {

constexpr std::uint64_t address_mask = 0x000F'FFFF'FFFF'F000;

unsigned shift_of(unsigned level) {
  return 12 + 9 * (level - 1);
}

}  // namespace

/// A page of `bytes` that a leaf may name; now and then one in the interrupt range.
std::uint64_t ImageMaker::output_page(std::uint64_t bytes) {
  const std::uint64_t limit = std::uint64_t{1} << facts_.host_address_width;
  const std::uint64_t page = random_.percent(5) ? 0xFEE0'0000 + random_.below(0x10'0000) : random_.below(limit);
  return page & ~(bytes - 1);
}

ImageMaker::SecondTables ImageMaker::new_second_tables() {
  SecondTables tables;
  tables.top = new_page();
  tables.aw = static_cast<unsigned>(table_width());
  return tables;
}

std::uint64_t ImageMaker::second_address(const SecondTables& tables) {
  const unsigned width = std::min(facts_.max_guest_width(), 30 + 9 * tables.aw);
  return random_.below(std::uint64_t{1} << width);
}

/// Present, with whatever may be ignored. `strict`: with every right and nothing else.
std::uint64_t ImageMaker::second_entry(bool leaf, bool strict) {
  if (strict) return 7;
  std::uint64_t entry = random_.percent(leaf ? 60 : 90) ? 3 : random_.below(4);
  if (random_.percent(70)) entry |= 4;
  if (random_.percent(50)) entry |= random_.word() & 0x3FF0'0000'0000'0778;
  if (random_.percent(3)) entry |= std::uint64_t{1} << 62;
  if (leaf && facts_.snoop_control() && random_.percent(30)) entry |= 1U << 11;
  return entry;
}

void ImageMaker::map_second(const SecondTables& tables, std::uint64_t address, std::uint64_t to, bool strict) {
  std::uint64_t table = tables.top;
  for (unsigned level = tables.aw + 2;; --level) {
    const unsigned shift = shift_of(level);
    const std::uint64_t where = table + ((address >> shift) & 0x1FF) * 8;
    const bool large = (level == 2 && facts_.second_stage_2m()) || (level == 3 && facts_.second_stage_1g());
    const bool old_leaf = (*memory_.word(where) & 0x80) != 0 && large;
    const std::uint64_t bytes = std::uint64_t{1} << shift;
    if (level == 1 || old_leaf || (large && !strict && random_.percent(15))) {
      if (*memory_.word(where) != 0) return;
      const std::uint64_t page = strict ? to : output_page(bytes);
      put(Structure::second_stage, where, {page | second_entry(true, strict) | (level == 1 ? 0U : 0x80U)});
      return;
    }
    if (*memory_.word(where) == 0) put(Structure::second_stage, where, {new_page() | second_entry(false, strict)});
    table = *memory_.word(where) & address_mask;
  }
}

std::vector<std::uint64_t> ImageMaker::map_randomly(const SecondTables& tables) {
  std::vector<std::uint64_t> mapped;
  for (std::uint64_t n = random_.between(1, 3); n > 0; --n) {
    // Neighbours share tables.
    const bool neighbour = !mapped.empty() && random_.percent(50);
    mapped.push_back(neighbour ? mapped.back() ^ (page_4k << random_.below(12)) : second_address(tables));
    map_second(tables, mapped.back(), 0);
  }
  return mapped;
}

/// The address of one of the image's pages; nested: as a guest knows it, mapped by the second stage.
std::uint64_t ImageMaker::to_guest(const FirstTables& tables, std::uint64_t page) {
  if (tables.second == nullptr) return page;
  const std::uint64_t guest = tables.guest_base + (page - ImageMemory::base);
  map_second(*tables.second, guest, page, true);
  return guest;
}

/// Canonical, in either half.
std::uint64_t ImageMaker::first_address(const FirstTables& tables) {
  const unsigned width = tables.levels == 5 ? 56 : 47;
  const std::uint64_t low = random_.below(std::uint64_t{1} << width);
  return random_.percent(50) ? low : low | ~((std::uint64_t{1} << width) - 1);
}

std::uint64_t ImageMaker::first_entry(const FirstTables& tables, bool leaf) {
  std::uint64_t entry = 1 | (random_.percent(leaf ? 70 : 92) ? 2U : 0U) | (random_.percent(leaf ? 75 : 92) ? 4U : 0U);
  if (random_.percent(50)) entry |= random_.word() & 0x7FF0'0000'0000'0F78;
  if (tables.no_execute && random_.percent(leaf ? 30 : 5)) entry |= std::uint64_t{1} << 63;
  return entry;
}

void ImageMaker::map_first(const FirstTables& tables, std::uint64_t address) {
  std::uint64_t table = tables.top;
  for (unsigned level = tables.levels;; --level) {
    const unsigned shift = shift_of(level);
    const std::uint64_t where = table + ((address >> shift) & 0x1FF) * 8;
    const bool can_be_large = level == 2 || (level == 3 && facts_.first_stage_1g());
    const std::uint64_t old = *memory_.word(where);
    if (level == 1 || (can_be_large && ((old & 0x80) != 0 || (old == 0 && random_.percent(20))))) {
      if (old != 0) return;
      std::uint64_t page = output_page(std::uint64_t{1} << shift);
      if (tables.second != nullptr && random_.percent(85)) {
        page = second_address(*tables.second) & ~((std::uint64_t{1} << shift) - 1);
        if ((page >> facts_.host_address_width) != 0) page = 0;
        map_second(*tables.second, page | (address & ((std::uint64_t{1} << shift) - 1)), 0);
      }
      put(Structure::first_stage, where,
          {page | first_entry(tables, true) | (level == 1 ? random_.below(2) << 7 : 0x80U)});
      return;
    }
    if (old == 0) {
      const std::uint64_t next = new_page();
      put(Structure::first_stage, where, {to_guest(tables, next) | first_entry(tables, false)});
      table = next;
    } else {
      const std::uint64_t next = old & address_mask;
      table = tables.second == nullptr ? next : next - tables.guest_base + ImageMemory::base;
    }
  }
}

std::vector<std::uint64_t> ImageMaker::map_randomly(const FirstTables& tables) {
  std::vector<std::uint64_t> mapped;
  for (std::uint64_t n = random_.between(1, 3); n > 0; --n) {
    const bool neighbour = !mapped.empty() && random_.percent(50);
    mapped.push_back(neighbour ? mapped.back() ^ (page_4k << random_.below(12)) : first_address(tables));
    map_first(tables, mapped.back());
  }
  return mapped;
}

}  // namespace iommusim::tests
