// SPDX-License-Identifier: Apache-2.0
#include "platforms/captured_memory.h"

#include "base/input_file.h"
#include "base/quantity.h"
#include "platforms/json_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace iommusim::platforms {
namespace {

Range<PhysAddr> read_range(const JsonValue& where, PhysAddr first, std::uint64_t size) {
  const auto range = Range<PhysAddr>::from_size(first, size);
  if (!range || first.value() % page_4k != 0 || size % page_4k != 0)
    where.fail("expected whole pages of 4 KiB below 2^64");
  return *range;
}

/// The pages in the order of the image, and the ranges that are all zero.
struct Index {
  std::vector<Range<PhysAddr>> pages;
  std::vector<Range<PhysAddr>> zeros;
};

Index read_index(const std::string& file) {
  const nlohmann::json json = read_json_file(file);
  const SourcePosition position{file};
  const JsonValue root{json, position};
  if (const JsonValue size = root.at("page_size"); size.number() != page_4k) size.fail("expected 4096");
  Index index;
  for (const JsonValue& page : root.at("pages").elements())
    index.pages.push_back(read_range(page, PhysAddr{page.at("pa").number()}, page_4k));
  for (const JsonValue& range : root.at("zero_ranges").elements()) {
    const auto ends = range.elements();
    if (ends.size() != 2) range.fail("expected [address, length]");
    index.zeros.push_back(read_range(range, PhysAddr{ends[0].number()}, ends[1].number()));
  }
  return index;
}

/// Neighbours become one bank, so that a table may lie across them.
std::vector<memory::Bank> banks_of(const Index& index, const std::string& file) {
  std::vector<Range<PhysAddr>> ranges = index.pages;
  ranges.insert(ranges.end(), index.zeros.begin(), index.zeros.end());
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<memory::Bank> banks;
  for (const Range<PhysAddr>& range : ranges) {
    if (!banks.empty() && range.first <= banks.back().range.last)
      throw InputError({file}, fmt::format("page {} is listed twice", format_hex(range.first.value())));
    if (!banks.empty() && banks.back().range.last + 1 == range.first)
      banks.back().range.last = range.last;
    else
      banks.push_back({ComponentId::none, range});
  }
  return banks;
}

std::string image_file(const std::filesystem::path& folder) {
  const auto plain = folder / "memory.bin";
  return std::filesystem::exists(plain) ? plain.string() : (folder / "memory.bin.zst").string();
}

void read_image(const std::string& file, const Index& index, memory::SparseMemory& memory) {
  InputFile image{file};
  std::array<std::uint8_t, page_4k> content{};
  for (const Range<PhysAddr>& page : index.pages) {
    std::size_t size = 0;
    while (size < content.size()) {
      const std::size_t part = image.read(content.data() + size, content.size() - size);
      if (part == 0)
        throw InputError({file}, fmt::format("ends before the {} pages that the index lists", index.pages.size()));
      size += part;
    }
    memory.write(page.first, content.data(), content.size());
  }
  if (image.read(content.data(), 1) != 0)
    throw InputError({file}, fmt::format("goes on after the {} pages that the index lists", index.pages.size()));
}

}  // namespace

std::unique_ptr<memory::SparseMemory> read_captured_memory(const std::filesystem::path& folder) {
  const std::string index_file = (folder / "memory.index.json").string();
  const Index index = read_index(index_file);
  auto memory = std::make_unique<memory::SparseMemory>(banks_of(index, index_file));
  read_image(image_file(folder), index, *memory);
  return memory;
}

}  // namespace iommusim::platforms
