// SPDX-License-Identifier: Apache-2.0
// Translation tables of both stages (VMSAv8-64).
#include "conformance/smmuv3_random/image.h"
#include "oracle/smmuv3/descriptor.h"

#include <algorithm>

namespace iommusim::tests::smmu {
namespace {

constexpr unsigned attempts = 40;
/// Of the first table: more would not fit into the memory of an image.
constexpr unsigned most_index_bits = 15;

unsigned shift_of(unsigned granule, unsigned level) {
  return granule + (3 - level) * (granule - 3);
}

}  // namespace

unsigned ImageMaker::random_granule() {
  for (;;) {
    const unsigned granule = random_.pick({12U, 12U, 14U, 16U});
    if (facts_.supports(granule)) return granule;
  }
}

/// Granule, sizes, start level, and memory for the first table.
bool ImageMaker::new_tables(Tables& tables) {
  for (unsigned attempt = 0; attempt < attempts; ++attempt) {
    tables.granule = random_granule();
    const bool large = tables.granule == 16;
    unsigned least_size = !facts_.small_tables() ? 25 : large ? 17 : 16;
    unsigned most_size = large && (tables.stage_2 || facts_.input_52()) ? 52 : 48;
    if (tables.stage_2) most_size = std::min(most_size, facts_.intermediate_bits());
    if (tables.stage_2) least_size = std::max(least_size, 25U);
    tables.input_bits = static_cast<unsigned>(random_.between(least_size, most_size));
    const unsigned stride = tables.granule - 3;
    unsigned level = 3;
    while (tables.input_bits > shift_of(tables.granule, level) + stride)
      --level;
    // Concatenated tables: one level less.
    if (tables.stage_2 && level < 3 && tables.input_bits <= shift_of(tables.granule, level + 1) + stride + 4 &&
        random_.percent(50))
      ++level;
    tables.start_level = level;
    const unsigned index_bits = tables.input_bits - shift_of(tables.granule, level);
    if (index_bits > most_index_bits) continue;
    if (tables.stage_2) {
      const unsigned output = facts_.output_bits();
      if (tables.granule == 12 && level == 3 && !facts_.small_tables()) continue;
      if (tables.granule == 12 && level == 0 && output < 44) continue;
      if (tables.granule == 14 && (level == 0 || (level == 1 && output < 42))) continue;
      if (tables.granule == 16 && level == 1 && output < 44) continue;
    }
    const std::uint64_t bytes = std::max<std::uint64_t>(64, std::uint64_t{8} << index_bits);
    const auto base = take(bytes, bytes);
    if (!base) return false;
    tables.base = *base;
    return true;
  }
  return false;
}

std::uint64_t ImageMaker::random_address(const Tables& tables) {
  std::uint64_t address = random_.below(std::uint64_t{1} << tables.input_bits);
  if (!tables.upper && random_.percent(40)) address &= 0x3FFF'FFFF;
  if (tables.upper) address |= ~((std::uint64_t{1} << tables.input_bits) - 1);
  if (tables.ignores_top_byte && random_.percent(50)) address ^= random_.below(256) << 56;
  return address;
}

void ImageMaker::map_randomly(Tables& tables, Space& space) {
  for (std::uint64_t count = random_.between(1, 3); count > 0; --count) {
    const std::uint64_t address = random_address(tables);
    map(tables, address, std::nullopt);
    space.mapped.push_back(address);
  }
}

/// `to`: strictly there, with every right. Otherwise a leaf of any size that leads anywhere.
void ImageMaker::map(Tables& tables, std::uint64_t address, std::optional<std::uint64_t> to) {
  oracle::smmuv3::Format format;
  format.granule = tables.granule;
  format.wide = facts_.output_bits() == 52;
  std::uint64_t table = tables.base;
  unsigned index_bits = tables.input_bits - format.shift(tables.start_level);
  for (unsigned level = tables.start_level;; ++level, index_bits = format.stride()) {
    const std::uint64_t where = oracle::smmuv3::descriptor_address(table, address, level, index_bits, format);
    const auto word = memory_.word(where);
    if (!word) return;
    const unsigned shift = format.shift(level);
    const bool block = level < 3 && allows_blocks(level, format) && !to && random_.percent(25);
    if (*word == 0 && (level == 3 || block)) {
      const std::uint64_t output = to ? *to & ~((std::uint64_t{1} << shift) - 1) : output_for(tables, shift);
      std::uint64_t leaf = oracle::in_place(output, 47, 12) | leaf_attributes(tables, to.has_value());
      if (tables.granule == 16 && format.wide) leaf |= oracle::bits(output, 51, 48) << 12;
      put_word(tables.stage_2 ? Part::stage_2 : Part::stage_1, where, leaf | (level == 3 ? 3U : 1U));
      return;
    }
    if (*word == 0) {
      const std::uint64_t bytes = std::uint64_t{1} << tables.granule;
      const auto next = take(bytes, bytes);
      if (!next) return;
      const std::uint64_t name = tables.second != nullptr ? named(*tables.second, *next, bytes) : *next;
      put_word(tables.stage_2 ? Part::stage_2 : Part::stage_1, where, name | table_attributes(tables) | 3);
      table = *next;
      continue;
    }
    if (kind_of(*word, level, format) != oracle::smmuv3::Kind::table) return;
    std::uint64_t next = oracle::in_place(*word, 47, tables.granule);
    if (tables.second != nullptr) next = next - tables.second->guest_base + ImageMemory::base;
    table = next;
  }
}

/// Tables that are not of stage 2 have no guest addresses.
std::uint64_t ImageMaker::named(Tables& tables, std::uint64_t address, std::uint64_t bytes) {
  if (!tables.stage_2) return address;
  const std::uint64_t guest = address - ImageMemory::base + tables.guest_base;
  if (tables.memory_mapped) return guest;
  const std::uint64_t page = std::uint64_t{1} << tables.granule;
  for (std::uint64_t at = address & ~(page - 1); at < address + bytes; at += page)
    if (!random_.percent(1)) map(tables, at - ImageMemory::base + tables.guest_base, at);
  return guest;
}

void ImageMaker::map_all_memory(Tables& tables) {
  const unsigned shift = tables.granule == 12 ? 21 : tables.granule == 14 ? 25 : 29;
  if (tables.start_level > 2 || tables.input_bits <= shift) return;
  tables.guest_base &= ~((std::uint64_t{1} << shift) - 1);
  const std::uint64_t guest = tables.guest_base;
  oracle::smmuv3::Format format;
  format.granule = tables.granule;
  std::uint64_t table = tables.base;
  unsigned index_bits = tables.input_bits - format.shift(tables.start_level);
  for (unsigned level = tables.start_level;; ++level, index_bits = format.stride()) {
    const std::uint64_t where = oracle::smmuv3::descriptor_address(table, guest, level, index_bits, format);
    if (level == 2) {
      put_word(Part::stage_2, where, ImageMemory::base | leaf_attributes(tables, true) | 1);
      tables.memory_mapped = true;
      return;
    }
    const auto next = take(std::uint64_t{1} << tables.granule, std::uint64_t{1} << tables.granule);
    if (!next) return;
    put_word(Part::stage_2, where, *next | 3);
    table = *next;
  }
}

std::uint64_t ImageMaker::table_attributes(const Tables& tables) {
  std::uint64_t attributes = 0;
  if (random_.percent(30)) attributes |= random_.word() & 0x07F0'0000'0000'0FFC;
  if (!tables.stage_2 && random_.percent(15)) attributes |= random_.below(32) << 59;
  return attributes;
}

std::uint64_t ImageMaker::leaf_attributes(const Tables& tables, bool strict) {
  constexpr std::uint64_t access_flag = 1U << 10, dirty_modifier = std::uint64_t{1} << 51;
  const unsigned normal = 0xFU << 2;
  std::uint64_t attributes = access_flag;
  if (tables.stage_2) {
    attributes |= normal | 3U << 6;
    if (strict && random_.percent(85)) return attributes;
    if (random_.percent(50)) attributes ^= random_.pick<std::uint64_t>({0x40, 0x80, 0xC0});
    if (random_.percent(30)) attributes ^= random_.below(16) << 2;
    if (random_.percent(30)) attributes |= random_.below(4) << 53;
  } else {
    attributes |= random_.below(8) << 2 | random_.below(4) << 6 | random_.below(2) << 11;
    if (random_.percent(70)) attributes |= 1U << 6;
    if (random_.percent(60)) attributes &= ~std::uint64_t{0x80};
    if (random_.percent(35)) attributes |= random_.below(4) << 53;
  }
  attributes |= random_.below(4) << 8;
  if (random_.percent(tables.hardware_updates ? 40 : 12)) attributes &= ~access_flag;
  if (random_.percent(50)) attributes |= dirty_modifier;
  if (random_.percent(15)) attributes |= std::uint64_t{1} << 52;
  if (random_.percent(30)) attributes |= random_.word() & 0x7F80'0000'0000'0000;
  return attributes;
}

/// Where a leaf leads: in a nested stage 1 to an address that stage 2 maps too, mostly.
std::uint64_t ImageMaker::output_for(Tables& tables, unsigned shift) {
  const std::uint64_t mask = ~((std::uint64_t{1} << shift) - 1);
  if (tables.second == nullptr) return random_.below(std::uint64_t{1} << tables.output_bits) & mask;
  const unsigned width = std::min(tables.output_bits, tables.second->input_bits);
  const std::uint64_t output = random_.below(std::uint64_t{1} << width) & mask;
  if (!random_.percent(8)) {
    // Any page of a block.
    const std::uint64_t inside = random_.percent(50) ? 0 : random_.below(~mask + 1);
    map(*tables.second, output | inside, std::nullopt);
  }
  return output;
}

}  // namespace iommusim::tests::smmu
