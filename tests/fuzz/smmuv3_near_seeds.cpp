// SPDX-License-Identifier: Apache-2.0
// What the fuzzer starts from, without libFuzzer: every compiler builds and runs it.
#include "fuzz/smmuv3_program.h"
#include "fuzz/smmuv3_seeds.h"
#include "support/random.h"

#include <catch2/catch.hpp>

namespace iommusim::fuzz {
namespace {

void mutate(std::vector<std::uint8_t>& program, tests::Random& random) {
  for (std::uint64_t n = random.between(1, 8); n > 0; --n)
    program[random.below(program.size())] = static_cast<std::uint8_t>(random.word());
}

TEST_CASE("The fuzzer's seeds and 5,120 programs near them break no promise of the unit", "[smmuv3][fuzz]") {
  for (std::uint64_t number = 0; number < 256; ++number) {
    const auto seed = smmuv3_seed(number);
    INFO("seed " << number);
    REQUIRE(run_smmuv3_program(seed.data(), seed.size()).empty());
    tests::Random random{number};
    for (unsigned n = 0; n < 20; ++n) {
      auto program = seed;
      mutate(program, random);
      INFO("mutation " << n);
      REQUIRE(run_smmuv3_program(program.data(), program.size()) == "");
    }
  }
}

}  // namespace
}  // namespace iommusim::fuzz
