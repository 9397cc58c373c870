// SPDX-License-Identifier: Apache-2.0
// Interrupt remapping tables and posted interrupt descriptors (VT-d specification, 9.10 to 9.12).
#include "conformance/vtd_random/image.h"

namespace iommusim::tests {

void ImageMaker::make_interrupt_table() {
  constexpr std::uint64_t entry_bytes = 16;
  InterruptTable table;
  const std::uint64_t size = random_.below(9);
  const std::uint64_t entries = std::uint64_t{2} << size;
  const std::uint64_t place = new_page();
  for (std::uint64_t page = 1; page * page_4k < entries * entry_bytes; ++page)
    new_page();
  const bool extended = facts_.extended_interrupts() && random_.percent(60);
  table.irta = place | (extended ? 1U << 11 : 0U) | size;
  table.compatibility_format = random_.percent(50);
  for (std::uint64_t n = random_.between(2, 5); n > 0; --n) {
    const std::uint64_t index = random_.below(entries);
    if (*memory_.word(place + index * entry_bytes) != 0) continue;
    const auto entry = interrupt_entry(extended);
    put(Structure::interrupt_entry, place + index * entry_bytes, {entry.begin(), entry.end()});
    table.indices.push_back(index);
  }
  image_.interrupts = table;
}

/// Bits 83:64: SVT, SQ and SID of a device of the image, or of buses around it.
std::uint64_t ImageMaker::source_validation() {
  const std::uint64_t source = random_.pick(image_.spaces).source;
  const std::uint64_t bus = source >> 8;
  switch (random_.below(3)) {
    case 0: return random_.below(0x10000);
    case 1: return std::uint64_t{1} << 18 | random_.below(4) << 16 | source;
    default: return std::uint64_t{2} << 18 | random_.pick({bus, bus / 2}) << 8 | random_.pick({bus, bus | 0xF});
  }
}

std::array<std::uint64_t, 2> ImageMaker::interrupt_entry(bool extended) {
  const std::uint64_t common =
      1 | (fault_processing_disabled() ? 2U : 0U) | random_.below(16) << 8 | random_.below(256) << 16;
  if (facts_.posted_interrupts() && random_.percent(50)) {
    const std::uint64_t descriptor = posted_descriptor(extended);
    const std::uint64_t urgent = random_.below(2);
    return {common | 1U << 15 | urgent << 14 | descriptor << 32, (descriptor >> 32) << 32 | source_validation()};
  }
  const std::uint64_t delivery_mode = random_.pick<std::uint64_t>({0, 1, 2, 4, 5, 7});
  // DM, RH and TM.
  const std::uint64_t modes = random_.below(8);
  const std::uint64_t destination = extended ? random_.word() << 32 : random_.below(256) << 40;
  return {common | delivery_mode << 5 | modes << 2 | destination, source_validation()};
}

/// Aligned to 64 bytes, so that bits 31:6 of its address stand in the entry where they stand in the address.
std::uint64_t ImageMaker::posted_descriptor(bool extended) {
  const std::uint64_t place = new_page() + random_.below(64) * 64;
  std::vector<std::uint64_t> words(8);
  for (std::size_t vectors = 0; vectors < 4; ++vectors)
    words[vectors] = random_.word() & random_.word();
  const std::uint64_t destination = extended ? random_.word() << 32 : random_.below(256) << 40;
  words[4] = random_.below(4) | random_.below(256) << 16 | destination;
  if (random_.percent(5)) words[5] = random_.word();
  put(Structure::posted_descriptor, place, words);
  return place;
}

}  // namespace iommusim::tests
