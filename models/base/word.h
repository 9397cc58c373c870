// SPDX-License-Identifier: Apache-2.0
// Registers, table entries and queue entries as typed bit fields in the specification's own hi:lo notation:
//
//   struct ContextEntry : Word<128> {
//     struct P : Field<0, 0> {};
//     struct TT : Field<3, 2, TranslationType> {};
//     struct DID : Field<87, 72> {};
//   };
//   entry.get<ContextEntry::DID>();
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace iommusim {

/// Bits hi..lo (inclusive) of a Word, read and written as Value (an integer or an enum class).
template <unsigned Hi, unsigned Lo, class Value = std::uint64_t>
struct Field {
  static_assert(Hi >= Lo && Hi / 64 == Lo / 64, "a field lies within one 64-bit word");
  using value_type = Value;
  static constexpr unsigned hi = Hi;
  static constexpr unsigned lo = Lo;
  static constexpr unsigned width = Hi - Lo + 1;
  static constexpr std::size_t word = Lo / 64;
  /// Mask at bit 0.
  static constexpr std::uint64_t low_mask = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
  /// Mask in place, within its 64-bit word.
  static constexpr std::uint64_t mask = low_mask << (Lo % 64);
};

/// A value of Bits bits, kept as little-endian 64-bit words (word 0 holds bits 63:0).
template <std::size_t Bits>
class Word {
  static_assert(Bits == 16 || Bits == 32 || Bits % 64 == 0);

 public:
  static constexpr std::size_t bits = Bits;
  static constexpr std::size_t bytes = Bits / 8;
  static constexpr std::size_t words = (Bits + 63) / 64;

  constexpr Word() = default;
  constexpr explicit Word(std::uint64_t low) : words_{low} {}
  constexpr explicit Word(const std::array<std::uint64_t, words>& all) : words_{all} {}

  template <class F>
  constexpr typename F::value_type get() const {
    static_assert(F::hi < Bits);
    return static_cast<typename F::value_type>((words_[F::word] >> (F::lo % 64)) & F::low_mask);
  }

  /// Bits of `value` above the field's width are dropped.
  template <class F>
  constexpr void set(typename F::value_type value) {
    static_assert(F::hi < Bits);
    const auto raw = static_cast<std::uint64_t>(value) & F::low_mask;
    words_[F::word] = (words_[F::word] & ~F::mask) | (raw << (F::lo % 64));
  }

  constexpr std::uint64_t word(std::size_t index) const { return words_[index]; }
  constexpr void set_word(std::size_t index, std::uint64_t value) { words_[index] = value; }
  /// The low (for Bits <= 64: the only) 64-bit word.
  constexpr std::uint64_t raw() const { return words_[0]; }

  friend constexpr bool operator==(const Word& a, const Word& b) {
    for (std::size_t i = 0; i < words; ++i)
      if (a.words_[i] != b.words_[i]) return false;
    return true;
  }
  friend constexpr bool operator!=(const Word& a, const Word& b) { return !(a == b); }

 private:
  std::array<std::uint64_t, words> words_{};
};

/// True when no two of the fields share a bit: for static_assert beside a layout.
template <class... F>
constexpr bool fields_disjoint() {
  std::array<std::uint64_t, 8> seen{};
  bool disjoint = true;
  ((disjoint = disjoint && (seen[F::word] & F::mask) == 0, seen[F::word] |= F::mask), ...);
  return disjoint;
}

}  // namespace iommusim
