// SPDX-License-Identifier: Apache-2.0
#include "conformance/smmuv3_random/image.h"

#include <algorithm>

namespace iommusim::tests::smmu {
namespace {

/// Kept small: one table must fit into the memory of an image.
constexpr unsigned most_linear_bits = 8;
constexpr std::uint64_t end = ImageMemory::page_request_queue;

}  // namespace

Image ImageMaker::make() {
  memory_.clear();
  image_ = {};
  next_ = ImageMemory::base;
  make_stream_table();
  const std::uint32_t first = new_stream(stream_bits_);
  make_stream(first);
  // A neighbour, which shares its tables.
  const std::uint32_t second = (first & ~0xFU) | static_cast<std::uint32_t>(random_.below(16));
  if (second != first && second >> stream_bits_ == 0) make_stream(second);
  return image_;
}

/// Empty: the image's memory is used up.
std::optional<std::uint64_t> ImageMaker::take(std::uint64_t bytes, std::uint64_t alignment) {
  const std::uint64_t address = (next_ + alignment - 1) & ~(alignment - 1);
  if (address + bytes > end) return std::nullopt;
  next_ = address + bytes;
  return address;
}

void ImageMaker::put_word(Part part, std::uint64_t address, std::uint64_t word) {
  memory_.set_word(address, word);
  image_.places.push_back({part, address, 1});
}

void ImageMaker::put(Part part, std::uint64_t address, const Structure& structure) {
  for (std::size_t word = 0; word < structure.words.size(); ++word)
    memory_.set_word(address + 8 * word, structure.words[word]);
  image_.places.push_back({part, address, static_cast<unsigned>(structure.words.size())});
}

/// Bit numbers as the specification has them, within one word.
void ImageMaker::set(Structure& structure, unsigned hi, unsigned lo, std::uint64_t value) {
  std::uint64_t& word = structure.words[lo / 64];
  const std::uint64_t mask = oracle::in_place(~std::uint64_t{0}, hi % 64, lo % 64);
  word = (word & ~mask) | (value << (lo % 64) & mask);
}

void ImageMaker::make_stream_table() {
  two_level_ = facts_.two_level_streams() && (first_stream_ != 0 || random_.percent(60));
  const unsigned most = two_level_ ? facts_.stream_bits() : std::min(facts_.stream_bits(), most_linear_bits);
  stream_bits_ = first_stream_ != 0 ? most : static_cast<unsigned>(random_.between(std::min(most, 2U), most));
  split_ = static_cast<unsigned>(random_.pick({6U, 8U, 10U}));
  std::uint64_t log2size = stream_bits_;
  if (stream_bits_ == facts_.stream_bits() && random_.percent(10)) log2size += random_.below(8);
  const std::uint64_t split_field = split_ == 6 && random_.percent(10) ? random_.below(6) : split_;
  const std::uint64_t format = two_level_ ? 1 : random_.percent(90) ? 0 : random_.pick<std::uint64_t>({2, 3});
  image_.strtab_base_cfg = static_cast<std::uint32_t>(log2size | split_field << 6 | format << 16);
  const unsigned index_bits = stream_bits_ > split_ ? stream_bits_ - split_ : 0;
  const std::uint64_t bytes = two_level_ ? std::max<std::uint64_t>(64, 8U << index_bits) : 64U << stream_bits_;
  image_.strtab_base = take(bytes, bytes).value_or(ImageMemory::base);
}

std::uint32_t ImageMaker::new_stream(unsigned bits) {
  const auto low = static_cast<std::uint32_t>(random_.below(std::uint64_t{1} << std::min(bits, 16U)));
  return first_stream_ + low;
}

std::optional<std::uint64_t> ImageMaker::stream_entry_address(std::uint32_t stream) {
  if (!two_level_) return image_.strtab_base + std::uint64_t{stream} * 64;
  const std::uint64_t where = image_.strtab_base + (stream >> split_) * std::uint64_t{8};
  const std::uint64_t index = stream & ((1U << split_) - 1);
  std::uint64_t word = memory_.word(where).value_or(0);
  if (word == 0) {
    // Just large enough, or larger.
    std::uint64_t span = 1;
    while (index >> (span - 1) != 0)
      ++span;
    if (random_.percent(50)) span = std::min<std::uint64_t>(split_ + 1, 9);
    span = std::max<std::uint64_t>(span, 1);
    const std::uint64_t bytes = 64ULL << (span - 1);
    const auto table = take(bytes, bytes);
    if (!table) return std::nullopt;
    word = *table | span;
    put_word(Part::level_1_stream, where, word);
  }
  const std::uint64_t span = word & 0x1F;
  if (index >> (span - 1) != 0) return std::nullopt;
  return (word & ~std::uint64_t{0x3F}) + index * 64;
}

void ImageMaker::corrupt(Image& image) {
  image.corrupted = true;
  if (image.places.empty()) return;
  const auto chosen = static_cast<Part>(random_.below(static_cast<std::uint64_t>(Part::count)));
  std::vector<Place> candidates;
  for (const Place& place : image.places)
    if (place.part == chosen) candidates.push_back(place);
  const Place place = random_.pick(candidates.empty() ? image.places : candidates);
  if (random_.percent(10)) return memory_.take_away(place.address);
  if (random_.percent(6)) return memory_.make_read_only(place.address);
  for (std::uint64_t flips = random_.between(1, 2); flips > 0; --flips) {
    const std::uint64_t where = place.address + 8 * random_.below(std::min(place.words, 4U));
    const std::uint64_t bit = random_.percent(30) ? random_.below(13) : random_.below(64);
    memory_.set_word(where, memory_.word(where).value_or(0) ^ (std::uint64_t{1} << bit));
  }
}

}  // namespace iommusim::tests::smmu
