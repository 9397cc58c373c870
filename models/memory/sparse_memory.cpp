// SPDX-License-Identifier: Apache-2.0
#include "memory/sparse_memory.h"

#include "memory/page_digest.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace iommusim::memory {
namespace {

/// Enough to hide the latency of the host's memory.
constexpr std::size_t pages_ahead = 8;

void prefetch_line(std::size_t, const std::uint8_t* line) {
  __builtin_prefetch(line);
}

/// Table entries have few sizes. Of these the compiler knows more than how to copy any number of bytes.
void copy(void* to, const void* from, std::size_t size) {
  if (size == 8) {
    std::memcpy(to, from, 8);
    return;
  }
  switch (size) {
    case 4: std::memcpy(to, from, 4); return;
    case 16: std::memcpy(to, from, 16); return;
    case 64: std::memcpy(to, from, 64); return;
    default: std::memcpy(to, from, size);
  }
}

/// What of `size` bytes at `offset` in a page lies in its first line.
struct LinePart {
  LinePart(std::size_t offset_in_page, std::size_t size_in_page)
      : number{offset_in_page / LineStore::line_bytes},
        offset{offset_in_page % LineStore::line_bytes},
        size{std::min(size_in_page, LineStore::line_bytes - offset)} {}

  std::size_t number;
  std::size_t offset;
  std::size_t size;
};

}  // namespace

SparseMemory::SparseMemory(std::vector<Bank> banks) : banks_{std::move(banks)} {
  std::sort(banks_.begin(), banks_.end(), [](const Bank& a, const Bank& b) { return a.range.first < b.range.first; });
  for (std::size_t i = 1; i < banks_.size(); ++i)
    if (banks_[i].range.overlaps(banks_[i - 1].range)) throw std::invalid_argument("memory banks overlap");
}

const Bank* SparseMemory::bank_of(PhysAddr address, std::size_t size) const {
  const PhysAddr last = address + (size == 0 ? 0 : size - 1);
  if (last < address) return nullptr;
  const Range<PhysAddr> wanted{address, last};
  if (last_bank_ != nullptr && last_bank_->range.contains(wanted)) return last_bank_;
  for (const Bank& bank : banks_) {
    if (!bank.range.contains(wanted)) continue;
    last_bank_ = &bank;
    return &bank;
  }
  return nullptr;
}

SparseMemory::Chunk* SparseMemory::find_chunk(std::uint64_t chunk_number) const {
  FoundChunk& found = found_chunks_[chunk_number % found_chunks_.size()];
  if (found.number == chunk_number) return found.chunk;
  const auto it = chunks_.find(chunk_number);
  if (it == chunks_.end()) return nullptr;
  found = {chunk_number, it->second.get()};
  return found.chunk;
}

SparseMemory::Chunk& SparseMemory::make_chunk(std::uint64_t chunk_number) {
  Chunk& chunk = *chunks_.emplace(chunk_number, std::make_unique<Chunk>()).first->second;
  const PhysAddr first{chunk_number * HostBlock::bytes};
  const Range<PhysAddr> all{first, first + (HostBlock::bytes - 1)};
  chunk.is_expected = std::any_of(expected_.begin(), expected_.end(),
                                  [&all](const Range<PhysAddr>& range) { return range.contains(all); });
  return chunk;
}

SparseMemory::Chunk& SparseMemory::chunk_of(std::uint64_t page_number) {
  const std::uint64_t chunk_number = page_number / pages_per_chunk;
  Chunk* const chunk = find_chunk(chunk_number);
  return chunk == nullptr ? make_chunk(chunk_number) : *chunk;
}

/// Gives the page its place in the block. Precondition: it has none.
void SparseMemory::fill_page(Chunk& chunk, std::uint64_t page_number) {
  const std::size_t index = page_number % pages_per_chunk;
  if (++chunk.full_pages == most_single_pages && chunk.is_expected && real_ < most_real) {
    chunk.block.make_real();
    ++real_;
  }
  chunk.lines[index].move_to(chunk.page(index), store_);
  chunk.is_full[index] = true;
  chunk.is_readable[index] = bank_of(PhysAddr{page_number * page_4k}, page_4k) != nullptr;
}

std::uint8_t* SparseMemory::make_page(std::uint64_t page_number) {
  Chunk& chunk = chunk_of(page_number);
  const std::size_t index = page_number % pages_per_chunk;
  if (!chunk.is_full[index]) fill_page(chunk, page_number);
  return chunk.page(index);
}

void SparseMemory::read_page(std::uint64_t page_number, std::size_t offset, std::uint8_t* to, std::size_t size) const {
  const Chunk* const chunk = find_chunk(page_number / pages_per_chunk);
  const std::size_t index = page_number % pages_per_chunk;
  if (chunk != nullptr && chunk->is_full[index]) {
    copy(to, chunk->page(index) + offset, size);
    return;
  }
  if (chunk == nullptr || chunk->lines[index].is_empty()) {
    std::memset(to, 0, size);
    return;
  }
  while (size > 0) {
    const LinePart part{offset, size};
    if (const std::uint8_t* line = chunk->lines[index].find(part.number, store_))
      copy(to, line + part.offset, part.size);
    else
      std::memset(to, 0, part.size);
    to += part.size;
    offset += part.size;
    size -= part.size;
  }
}

void SparseMemory::write_page(std::uint64_t page_number, std::size_t offset, const std::uint8_t* from,
                              std::size_t size) {
  Chunk& chunk = chunk_of(page_number);
  const std::size_t index = page_number % pages_per_chunk;
  if (!chunk.is_full[index]) {
    if (write_lines(chunk.lines[index], offset, from, size)) return;
    fill_page(chunk, page_number);
  }
  copy(chunk.page(index) + offset, from, size);
}

/// False: the page is to be full; perhaps some of the lines are written. Less than a line is an entry of a table or a
/// queue, whose page will be read often.
bool SparseMemory::write_lines(FewLines& lines, std::size_t offset, const std::uint8_t* from, std::size_t size) {
  if (size < LineStore::line_bytes || size > FewLines::most * LineStore::line_bytes) return false;
  while (size > 0) {
    const LinePart part{offset, size};
    std::uint8_t* const line = lines.make(part.number, store_);
    if (line == nullptr) return false;
    copy(line + part.offset, from, part.size);
    from += part.size;
    offset += part.size;
    size -= part.size;
  }
  return true;
}

/// Where these bytes are, if they lie in one full page of one of the chunks that were found last.
const std::uint8_t* SparseMemory::find_recent(PhysAddr address, std::size_t size) const {
  // Size 0 is none.
  if (size - 1 >= page_4k - address.offset_in(page_4k)) return nullptr;
  const std::uint64_t number = address.value() / HostBlock::bytes;
  const FoundChunk& found = found_chunks_[number % found_chunks_.size()];
  if (found.number != number) return nullptr;
  const std::size_t offset = address.offset_in(HostBlock::bytes);
  return found.chunk->is_readable[offset / page_4k] ? found.chunk->block.data() + offset : nullptr;
}

bool SparseMemory::read(PhysAddr address, void* to, std::size_t size) const {
  const std::uint8_t* from = find_recent(address, size);
  if (from == nullptr) return read_anywhere(address, to, size);
  copy(to, from, size);
  return true;
}

// Apart: what it needs of the stack would cost the usual case.
[[gnu::noinline]] bool SparseMemory::read_anywhere(PhysAddr address, void* to, std::size_t size) const {
  if (bank_of(address, size) == nullptr) return false;
  auto* out = static_cast<std::uint8_t*>(to);
  while (size > 0) {
    const std::size_t offset = address.offset_in(page_4k);
    const std::size_t part = std::min<std::size_t>(size, page_4k - offset);
    read_page(address.value() / page_4k, offset, out, part);
    out += part;
    address += part;
    size -= part;
  }
  return true;
}

bool SparseMemory::write(PhysAddr address, const void* from, std::size_t size) {
  if (bank_of(address, size) == nullptr) return false;
  const auto* in = static_cast<const std::uint8_t*>(from);
  while (size > 0) {
    const std::size_t offset = address.offset_in(page_4k);
    const std::size_t part = std::min<std::size_t>(size, page_4k - offset);
    write_page(address.value() / page_4k, offset, in, part);
    in += part;
    address += part;
    size -= part;
  }
  return true;
}

std::uint8_t* SparseMemory::page(PhysAddr address) {
  if (bank_of(address.aligned_down(page_4k), page_4k) == nullptr) return nullptr;
  return make_page(address.value() / page_4k);
}

std::size_t SparseMemory::pages_in_use() const {
  std::size_t pages = 0;
  for (const auto& [number, chunk] : chunks_)
    for (std::size_t i = 0; i < pages_per_chunk; ++i)
      if (chunk->is_full[i] || !chunk->lines[i].is_empty()) ++pages;
  return pages;
}

std::uint64_t SparseMemory::digest() const {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(chunks_.size());
  for (const auto& [number, chunk] : chunks_)
    numbers.push_back(number);
  std::sort(numbers.begin(), numbers.end());

  PageDigest digest;
  for (const std::uint64_t number : numbers) {
    const Chunk& chunk = *find_chunk(number);
    for (std::size_t i = 0; i < pages_per_chunk; ++i) {
      // The lines of neighbouring pages lie anywhere: without asking ahead, the host's memory is waited for each time.
      if (i + pages_ahead < pages_per_chunk) chunk.lines[i + pages_ahead].each(store_, prefetch_line);
      if (chunk.is_full[i])
        digest.add_page(number * pages_per_chunk + i, chunk.page(i));
      else if (!chunk.lines[i].is_empty())
        digest.add_lines(number * pages_per_chunk + i, chunk.lines[i].ascending(), store_);
    }
  }
  return digest.value();
}

}  // namespace iommusim::memory
