// SPDX-License-Identifier: Apache-2.0
#include "memory/sparse_memory.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace iommusim::memory {

SparseMemory::SparseMemory(std::vector<Bank> banks) : banks_{std::move(banks)} {
  std::sort(banks_.begin(), banks_.end(), [](const Bank& a, const Bank& b) { return a.range.first < b.range.first; });
  for (std::size_t i = 1; i < banks_.size(); ++i)
    if (banks_[i].range.overlaps(banks_[i - 1].range)) throw std::invalid_argument("memory banks overlap");
}

const Bank* SparseMemory::bank_of(PhysAddr address, std::size_t size) const {
  if (banks_.empty()) return nullptr;
  const PhysAddr last = address + (size == 0 ? 0 : size - 1);
  if (last < address) return nullptr;
  const Range<PhysAddr> wanted{address, last};
  if (banks_[last_bank_].range.contains(wanted)) return &banks_[last_bank_];
  for (std::size_t i = 0; i < banks_.size(); ++i) {
    if (!banks_[i].range.contains(wanted)) continue;
    last_bank_ = i;
    return &banks_[i];
  }
  return nullptr;
}

SparseMemory::Chunk* SparseMemory::find_chunk(std::uint64_t chunk_number) const {
  if (chunk_number == last_chunk_number_) return last_chunk_;
  const auto it = chunks_.find(chunk_number);
  if (it == chunks_.end()) return nullptr;
  last_chunk_number_ = chunk_number;
  last_chunk_ = it->second.get();
  return last_chunk_;
}

const SparseMemory::Page* SparseMemory::find_page(std::uint64_t page_number) const {
  const Chunk* chunk = find_chunk(page_number / pages_per_chunk);
  return chunk == nullptr ? nullptr : (*chunk)[page_number % pages_per_chunk].get();
}

SparseMemory::Page& SparseMemory::make_page(std::uint64_t page_number) {
  const std::uint64_t chunk_number = page_number / pages_per_chunk;
  Chunk* chunk = find_chunk(chunk_number);
  if (chunk == nullptr) {
    chunk = chunks_.emplace(chunk_number, std::make_unique<Chunk>()).first->second.get();
    last_chunk_number_ = chunk_number;
    last_chunk_ = chunk;
  }
  auto& page = (*chunk)[page_number % pages_per_chunk];
  if (!page) {
    page = std::make_unique<Page>();
    page->fill(0);
    ++pages_in_use_;
  }
  return *page;
}

bool SparseMemory::read(PhysAddr address, void* to, std::size_t size) const {
  if (bank_of(address, size) == nullptr) return false;
  auto* out = static_cast<std::uint8_t*>(to);
  while (size > 0) {
    const std::size_t offset = address.offset_in(page_4k);
    const std::size_t part = std::min<std::size_t>(size, page_4k - offset);
    if (const Page* page = find_page(address.value() / page_4k))
      std::memcpy(out, page->data() + offset, part);
    else
      std::memset(out, 0, part);
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
    std::memcpy(make_page(address.value() / page_4k).data() + offset, in, part);
    in += part;
    address += part;
    size -= part;
  }
  return true;
}

std::uint8_t* SparseMemory::page(PhysAddr address) {
  if (bank_of(address.aligned_down(page_4k), page_4k) == nullptr) return nullptr;
  return make_page(address.value() / page_4k).data();
}

std::uint64_t SparseMemory::digest() const {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(pages_in_use_);
  for (const auto& [chunk_number, chunk] : chunks_)
    for (std::size_t i = 0; i < pages_per_chunk; ++i)
      if ((*chunk)[i]) numbers.push_back(chunk_number * pages_per_chunk + i);
  std::sort(numbers.begin(), numbers.end());

  std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
  const auto mix = [&hash](std::uint8_t byte) { hash = (hash ^ byte) * 0x100'0000'01b3; };
  for (const std::uint64_t number : numbers) {
    const Page& page = *find_page(number);
    if (std::all_of(page.begin(), page.end(), [](std::uint8_t b) { return b == 0; })) continue;
    for (unsigned shift = 0; shift < 64; shift += 8)
      mix(static_cast<std::uint8_t>(number >> shift));
    for (const std::uint8_t byte : page)
      mix(byte);
  }
  return hash;
}

}  // namespace iommusim::memory
