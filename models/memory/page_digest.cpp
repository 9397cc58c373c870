// SPDX-License-Identifier: Apache-2.0
#include "memory/page_digest.h"

#include "base/endian.h"

#include <array>

namespace iommusim::memory {
namespace {

constexpr std::size_t words_per_page = page_4k / 8;
constexpr std::size_t words_per_line = LineStore::line_bytes / 8;
constexpr std::size_t lines_per_page = page_4k / LineStore::line_bytes;
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

bool is_zero(const std::uint8_t* bytes, std::size_t words) {
  std::size_t word = 0;
  while (word < words && load_le<std::uint64_t>(bytes + 8 * word) == 0)
    ++word;
  return word == words;
}

}  // namespace

void PageDigest::add_page(std::uint64_t number, const std::uint8_t* page) {
  if (is_zero(page, words_per_page)) return;
  add_word(number);
  add_words(page, words_per_page);
  end_zeros();
}

void PageDigest::add_lines(std::uint64_t number, const FewLines& lines, const LineStore& store) {
  bool all_zero = true;
  lines.each(store,
             [&](std::size_t, const std::uint8_t* line) { all_zero = all_zero && is_zero(line, words_per_line); });
  if (all_zero) return;
  add_word(number);
  std::size_t next = 0;
  lines.each(store, [&](std::size_t line, const std::uint8_t* bytes) {
    add_zero_words((line - next) * words_per_line);
    add_words(bytes, words_per_line);
    next = line + 1;
  });
  add_zero_words((lines_per_page - next) * words_per_line);
  end_zeros();
}

void PageDigest::add_word(std::uint64_t word) {
  for (unsigned shift = 0; shift < 64; shift += 8)
    hash_ = (hash_ ^ (word >> shift & 0xFF)) * fnv_prime;
}

void PageDigest::add_words(const std::uint8_t* bytes, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto word = load_le<std::uint64_t>(bytes + 8 * i);
    if (word == 0) {
      ++zeros_;
      continue;
    }
    end_zeros();
    add_word(word);
  }
}

void PageDigest::end_zeros() {
  hash_ *= zero_factors[zeros_];
  zeros_ = 0;
}

}  // namespace iommusim::memory
