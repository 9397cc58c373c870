// SPDX-License-Identifier: Apache-2.0
// Context descriptors and their tables (SMMUv3 architecture, 5.3 and 5.4).
#include "conformance/smmuv3_random/image.h"

#include <algorithm>

namespace iommusim::tests::smmu {

void ImageMaker::make_contexts(Structure& ste, Space space, Tables* second) {
  const bool substreams = facts_.substream_bits() != 0 && random_.percent(65);
  if (facts_.stall_model() == 0 && random_.percent(25)) set(ste, 91, 91, 1);
  if (!substreams) {
    if (random_.percent(30)) set(ste, 5, 4, random_.below(4));
    const auto where = take(64, 64);
    if (!where) return;
    Tables none;
    set(ste, 55, 6, named(second != nullptr ? *second : none, *where, 64) >> 6);
    make_context(*where, ste, space, second);
    return;
  }
  const unsigned format =
      facts_.two_level_contexts() ? static_cast<unsigned>(random_.below(4)) : random_.pick({0U, 3U});
  const bool two_level = format == 1 || format == 2;
  const unsigned most = std::min(facts_.substream_bits(), two_level ? 20U : 8U);
  const unsigned count_bits = static_cast<unsigned>(random_.between(1, most));
  const unsigned leaf_bits = format == 1 ? 6 : 10;
  const unsigned index_bits = count_bits > leaf_bits ? count_bits - leaf_bits : 0;
  const std::uint64_t bytes =
      two_level ? std::max<std::uint64_t>(64, std::uint64_t{8} << index_bits) : std::uint64_t{64} << count_bits;
  const auto table = take(bytes, bytes);
  if (!table) return;
  Tables none;
  set(ste, 5, 4, format);
  set(ste, 63, 59, count_bits);
  set(ste, 55, 6, named(second != nullptr ? *second : none, *table, bytes) >> 6);
  const std::uint64_t without = random_.below(4);
  set(ste, 65, 64, without);
  Space plain = space;
  plain.stage_1_skipped = without == 1;
  if (plain.stage_1_skipped && second != nullptr) map_randomly(*second, plain);
  if (without != 2) image_.spaces.push_back(plain);
  const auto with = static_cast<std::uint32_t>(random_.below(std::uint64_t{1} << count_bits));
  for (const std::uint32_t index : {0U, with}) {
    if (index == 0 && without != 2 && random_.percent(50)) continue;
    const auto where = context_address(*table, format, index, second);
    if (!where || memory_.word(*where).value_or(0) != 0) continue;
    Space own = space;
    if (index != 0 || without != 2) own.substream = index;
    make_context(*where, ste, own, second);
  }
}

std::optional<std::uint64_t> ImageMaker::context_address(std::uint64_t table, unsigned format, std::uint32_t substream,
                                                         Tables* second) {
  if (format == 0 || format == 3) return table + std::uint64_t{substream} * 64;
  const unsigned leaf_bits = format == 1 ? 6 : 10;
  const std::uint64_t where = table + (substream >> leaf_bits) * std::uint64_t{8};
  Tables none;
  Tables& names = second != nullptr ? *second : none;
  const std::uint64_t index = substream & ((1U << leaf_bits) - 1);
  if (memory_.word(where).value_or(0) != 0) return std::nullopt;
  const std::uint64_t bytes = std::uint64_t{64} << leaf_bits;
  const auto leaf = take(bytes, bytes);
  if (!leaf) return std::nullopt;
  put_word(Part::level_1_context, where, named(names, *leaf, bytes) | 1);
  return *leaf + index * 64;
}

void ImageMaker::make_context(std::uint64_t where, const Structure& ste, Space space, Tables* second) {
  Structure cd;
  for (unsigned word = 4; word < 8; ++word)
    cd.words[word] = random_.percent(30) ? random_.word() : 0;
  cd.words[3] = random_.word();
  const std::uint64_t stall_model = facts_.stall_model();
  const bool may_stall = stall_model == 0 && !ste.flag(91) && random_.percent(30);
  set(cd, 44, 44, stall_model == 2 || may_stall ? 1 : 0);
  set(cd, 45, 45, random_.percent(60) ? 1 : 0);
  set(cd, 46, 46, facts_.abort_only() || random_.percent(60) ? 1 : 0);
  set(cd, 31, 31, 1);
  set(cd, 41, 41, 1);
  set(cd, 37, 35, random_.below(8) & random_.below(8));
  set(cd, 40, 38, random_.below(8));
  set(cd, 47, 47, random_.below(2));
  set(cd, 63, 48, random_.below(facts_.asid_16() ? 0x10000 : 0x100));
  if (facts_.updates_access_flag() && random_.percent(60)) set(cd, 43, 43, 1);
  if (facts_.updates_dirty_state() && random_.percent(60)) set(cd, 42, 42, 1);
  const std::uint64_t ips = size_encoding();
  set(cd, 34, 32, ips);
  set(cd, 66, 64, random_.below(8));
  set(cd, 123, 123, random_.below(2));
  set(cd, 130, 128, random_.below(8) & random_.below(8));
  for (const bool upper : {false, true}) {
    Tables tables;
    tables.upper = upper;
    tables.output_bits = facts_.effective_size(ips);
    tables.hardware_updates = cd.flag(43);
    tables.ignores_top_byte = cd.flag(upper ? 39 : 38);
    tables.second = second;
    if (!fill_half(cd, space, tables)) set(cd, upper ? 30 : 14, upper ? 30 : 14, 1);
  }
  put(Part::context, where, cd);
  image_.spaces.push_back(space);
}

/// False: no memory is left for its tables, or none are wanted.
bool ImageMaker::fill_half(Structure& cd, Space& space, Tables& tables) {
  if (random_.percent(tables.upper ? 40 : 10)) {
    // Garbage is ignored where walks are disabled.
    if (random_.percent(50)) set(cd, tables.upper ? 23 : 7, tables.upper ? 16 : 0, random_.below(256));
    return false;
  }
  if (!new_tables(tables)) return false;
  const bool upper = tables.upper;
  const std::uint64_t tg0 = tables.granule == 12 ? 0 : tables.granule == 16 ? 1 : 2;
  const std::uint64_t tg1 = tables.granule == 12 ? 2 : tables.granule == 16 ? 3 : 1;
  set(cd, upper ? 21 : 5, upper ? 16 : 0, 64 - tables.input_bits);
  set(cd, upper ? 23 : 7, upper ? 22 : 6, upper ? tg1 : tg0);
  set(cd, upper ? 29 : 13, upper ? 24 : 8, random_.below(64));
  const std::uint64_t base = tables.second != nullptr ? named(*tables.second, tables.base, page_4k) : tables.base;
  cd.words[upper ? 2 : 1] |= base;
  map_randomly(tables, space);
  return true;
}

}  // namespace iommusim::tests::smmu
