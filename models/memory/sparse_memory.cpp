// SPDX-License-Identifier: Apache-2.0
#include "memory/sparse_memory.h"

#include "base/endian.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace iommusim::memory {
namespace {

constexpr std::size_t words_per_page = page_4k / 8;
constexpr std::uint64_t fnv_prime = 0x100'0000'01b3;

/// By number of zero words: what so many zero bytes multiply a hash by.
constexpr std::array<std::uint64_t, words_per_page + 1> zero_words_factors() {
  std::array<std::uint64_t, words_per_page + 1> factors{1};
  for (std::size_t i = 1; i < factors.size(); ++i) {
    factors[i] = factors[i - 1];
    for (unsigned byte = 0; byte < 8; ++byte)
      factors[i] *= fnv_prime;
  }
  return factors;
}
constexpr auto zero_factors = zero_words_factors();

bool is_zero(const std::uint8_t* page) {
  std::size_t word = 0;
  while (word < words_per_page && load_le<std::uint64_t>(page + 8 * word) == 0)
    ++word;
  return word == words_per_page;
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

class Fnv1a {
 public:
  std::uint64_t value() const { return hash_; }

  void add_word(std::uint64_t word) {
    for (unsigned shift = 0; shift < 64; shift += 8)
      hash_ = (hash_ ^ (word >> shift & 0xFF)) * fnv_prime;
  }

  /// A zero only multiplies, so a run of them is one step: most of the pages of a scattered workload is zero.
  void add_page(const std::uint8_t* bytes) {
    std::size_t zeros = 0;
    for (std::size_t i = 0; i < words_per_page; ++i) {
      const auto word = load_le<std::uint64_t>(bytes + 8 * i);
      if (word == 0) {
        ++zeros;
        continue;
      }
      hash_ *= zero_factors[zeros];
      zeros = 0;
      add_word(word);
    }
    hash_ *= zero_factors[zeros];
  }

 private:
  std::uint64_t hash_ = 0xcbf2'9ce4'8422'2325;
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

const std::uint8_t* SparseMemory::find_page(std::uint64_t page_number) const {
  const Chunk* chunk = find_chunk(page_number / pages_per_chunk);
  const std::size_t index = page_number % pages_per_chunk;
  return chunk == nullptr || !chunk->exists[index] ? nullptr : chunk->page(index);
}

SparseMemory::Chunk& SparseMemory::make_chunk(std::uint64_t chunk_number) {
  Chunk& chunk = *chunks_.emplace(chunk_number, std::make_unique<Chunk>()).first->second;
  const PhysAddr first{chunk_number * HostBlock::bytes};
  const Range<PhysAddr> all{first, first + (HostBlock::bytes - 1)};
  const bool is_expected = std::any_of(expected_.begin(), expected_.end(),
                                       [&all](const Range<PhysAddr>& range) { return range.contains(all); });
  if (is_expected && real_ < most_real) {
    chunk.block.make_real();
    ++real_;
  }
  return chunk;
}

std::uint8_t* SparseMemory::make_page(std::uint64_t page_number) {
  if (page_number == last_page_number_) return last_page_;
  const std::uint64_t chunk_number = page_number / pages_per_chunk;
  const std::size_t index = page_number % pages_per_chunk;
  Chunk* chunk = find_chunk(chunk_number);
  if (chunk == nullptr) chunk = &make_chunk(chunk_number);
  if (!chunk->exists[index]) {
    chunk->exists[index] = true;
    ++pages_in_use_;
  }
  last_page_number_ = page_number;
  last_page_ = chunk->page(index);
  return last_page_;
}

/// Where these bytes are, if they lie in one page of the bank and of one of the chunks that were found last.
const std::uint8_t* SparseMemory::find_recent(PhysAddr address, std::size_t size) const {
  // Size 0 is none.
  if (size - 1 >= page_4k - address.offset_in(page_4k)) return nullptr;
  if (last_bank_ == nullptr || !last_bank_->range.contains({address, address + (size - 1)})) return nullptr;
  const std::uint64_t number = address.value() / HostBlock::bytes;
  const FoundChunk& found = found_chunks_[number % found_chunks_.size()];
  if (found.number != number) return nullptr;
  const std::size_t offset = address.offset_in(HostBlock::bytes);
  return found.chunk->exists[offset / page_4k] ? found.chunk->block.data() + offset : nullptr;
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
    if (const std::uint8_t* page = find_page(address.value() / page_4k))
      copy(out, page + offset, part);
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
    copy(make_page(address.value() / page_4k) + offset, in, part);
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

std::uint64_t SparseMemory::digest() const {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(chunks_.size());
  for (const auto& [number, chunk] : chunks_)
    numbers.push_back(number);
  std::sort(numbers.begin(), numbers.end());

  Fnv1a digest;
  for (const std::uint64_t number : numbers) {
    const Chunk& chunk = *find_chunk(number);
    for (std::size_t i = 0; i < pages_per_chunk; ++i)
      if (chunk.exists[i] && !is_zero(chunk.page(i))) {
        digest.add_word(number * pages_per_chunk + i);
        digest.add_page(chunk.page(i));
      }
  }
  return digest.value();
}

}  // namespace iommusim::memory
