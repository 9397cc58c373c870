// SPDX-License-Identifier: Apache-2.0
// Oracle: bit positions worked out by hand.
#include "base/word.h"

#include <catch2/catch.hpp>

using namespace iommusim;

namespace {
enum class Mode : std::uint8_t { off = 0, on = 2 };
struct Sample : Word<128> {
  using Word::Word;
  struct P : Field<0, 0> {};
  struct Kind : Field<3, 2, Mode> {};
  struct Pointer : Field<63, 12> {};
  struct Domain : Field<87, 72> {};
  struct Top : Field<127, 127> {};
};
static_assert(fields_disjoint<Sample::P, Sample::Kind, Sample::Pointer, Sample::Domain, Sample::Top>());
static_assert(!fields_disjoint<Sample::P, Field<3, 0>>());
static_assert(sizeof(Sample) == 16 && std::is_trivially_copyable_v<Sample>);
}  // namespace

TEST_CASE("A field reads and writes its own bits only", "[base]") {
  Sample word{{~std::uint64_t{0}, ~std::uint64_t{0}}};
  word.set<Sample::Domain>(0x1234);
  CHECK(word.word(0) == ~std::uint64_t{0});
  CHECK(word.word(1) == 0xFFFF'FFFF'FF12'34FF);
  CHECK(word.get<Sample::Domain>() == 0x1234);
  word.set<Sample::Kind>(Mode::on);
  CHECK(word.word(0) == 0xFFFF'FFFF'FFFF'FFFB);
  CHECK(word.get<Sample::Kind>() == Mode::on);
}

TEST_CASE("A value wider than its field is cut off", "[base]") {
  Sample word;
  word.set<Sample::P>(3);
  CHECK(word.word(0) == 1);
  word.set<Sample::Top>(1);
  CHECK(word.word(1) == std::uint64_t{1} << 63);
}
