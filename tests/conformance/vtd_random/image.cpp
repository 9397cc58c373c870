// SPDX-License-Identifier: Apache-2.0
#include "conformance/vtd_random/image.h"

#include <stdexcept>

namespace iommusim::tests {

using oracle::vtd::bits;

Image ImageMaker::make() {
  memory_.clear();
  image_ = {};
  next_page_ = ImageMemory::base;
  next_domain_ = random_.below(1U << facts_.domain_bits());
  image_.root = new_page();
  image_.ttm = facts_.scalable_mode() && random_.percent(85) ? 1 : 0;
  if (random_.percent(1)) image_.ttm = static_cast<unsigned>(random_.between(1, 3));
  const std::uint16_t first = static_cast<std::uint16_t>(random_.word());
  make_device(first);
  // Another bus, another function, or the other half of the same bus.
  make_device(static_cast<std::uint16_t>(first ^ random_.pick<std::uint64_t>({0x0001, 0x0080, 0x0100, 0x8003})));
  if (facts_.interrupt_remapping() && random_.percent(90)) make_interrupt_table();
  return image_;
}

std::uint64_t ImageMaker::new_page() {
  const std::uint64_t page = next_page_;
  if (page == ImageMemory::page_request_queue) throw std::logic_error{"image memory is full"};
  next_page_ += page_4k;
  return page;
}

void ImageMaker::put(Structure structure, std::uint64_t address, const std::vector<std::uint64_t>& words) {
  for (std::size_t i = 0; i < words.size(); ++i)
    memory_.set_word(address + 8 * i, words[i]);
  image_.places.push_back({structure, address, static_cast<unsigned>(words.size())});
}

/// 1 to what CAP.ND allows, each once until all are used.
std::uint64_t ImageMaker::new_domain_id() {
  const std::uint64_t ids = (std::uint64_t{1} << facts_.domain_bits()) - 1;
  next_domain_ = next_domain_ % ids + 1;
  return next_domain_;
}

std::uint64_t ImageMaker::table_width() {
  for (;;) {
    const std::uint64_t aw = random_.between(1, 3);
    if (facts_.table_width_supported(aw)) return aw;
  }
}

void ImageMaker::make_device(std::uint16_t source) {
  const std::uint64_t table = context_table(source);
  const bool scalable = image_.ttm == 1;
  const std::uint64_t devfn = source & 0xFF;
  if (scalable)
    scalable_context(table + (devfn & 0x7F) * 32, source);
  else
    legacy_context(table + devfn * 16, source);
}

/// Through the root entry, which is made when the bus has none yet.
std::uint64_t ImageMaker::context_table(std::uint16_t source) {
  const bool upper = image_.ttm == 1 && (source & 0x80) != 0;
  const std::uint64_t root_entry = image_.root + (source >> 8) * std::uint64_t{16};
  const std::uint64_t half = root_entry + (upper ? 8 : 0);
  if (const std::uint64_t old = *memory_.word(half); old != 0) return old & ~std::uint64_t{0xFFF};
  const std::uint64_t table = new_page();
  put(Structure::root, half, {table | 1});
  if (image_.ttm != 1) image_.places.push_back({Structure::root, root_entry, 2});
  return table;
}

void ImageMaker::legacy_context(std::uint64_t where, std::uint16_t source) {
  Space space;
  space.source = source;
  std::uint64_t tt = 0;
  if (facts_.device_tlb() && random_.percent(40)) tt = 1;
  if (facts_.pass_through() && random_.percent(15)) tt = 2;
  std::uint64_t low = 1 | (fault_processing_disabled() ? 2U : 0U) | tt << 2;
  std::uint64_t aw = facts_.largest_table_width();
  if (tt == 2) {
    space.paging = Paging::pass_through;
    if (random_.percent(50)) low |= bits(random_.word(), facts_.host_address_width - 1, 12) << 12;
  } else {
    SecondTables tables = new_second_tables();
    tables.execute_enable = false;
    space.mapped = map_randomly(tables);
    low |= tables.top;
    aw = tables.aw;
  }
  // Bits 70:67 belong to software.
  put(Structure::context, where, {low, aw | random_.below(16) << 3 | new_domain_id() << 8});
  image_.spaces.push_back(space);
}

void ImageMaker::corrupt(Image& image) {
  image.corrupted = true;
  const auto chosen = static_cast<Structure>(random_.below(static_cast<std::uint64_t>(Structure::count)));
  std::vector<Place> candidates;
  for (const Place& place : image.places)
    if (place.structure == chosen) candidates.push_back(place);
  const Place place = random_.pick(candidates.empty() ? image.places : candidates);
  if (random_.percent(10)) return memory_.take_away(place.address);
  if (random_.percent(6)) return memory_.make_read_only(place.address);
  for (std::uint64_t flips = random_.between(1, 2); flips > 0; --flips) {
    const std::uint64_t where = place.address + 8 * random_.below(place.words);
    // The low bits of a word and those of wide pointers decide most.
    const std::uint64_t bit = random_.percent(50) ? random_.below(13) : random_.below(64);
    memory_.set_word(where, *memory_.word(where) ^ (std::uint64_t{1} << bit));
  }
}

}  // namespace iommusim::tests
