// SPDX-License-Identifier: Apache-2.0
// What the fuzzer of the ITS starts from, without libFuzzer: every compiler builds and runs it.
// Oracle: tests/oracle/gic.
#include "fuzz/its_program.h"
#include "fuzz/its_seeds.h"
#include "support/random.h"

#include <catch2/catch.hpp>

namespace iommusim::fuzz {
namespace {

void mutate(std::vector<std::uint8_t>& program, tests::Random& random) {
  for (std::uint64_t n = random.between(1, 8); n > 0; --n)
    program[random.below(program.size())] = static_cast<std::uint8_t>(random.word());
}

TEST_CASE("The fuzzer's seeds and 10,000 programs near them break no promise of the ITS", "[gic][fuzz]") {
  ItsProgramResult all;
  for (std::uint64_t number = 0; number < 1000; ++number) {
    const auto seed = its_seed(number);
    INFO("seed " << number);
    const auto result = run_its_program(seed.data(), seed.size());
    REQUIRE(result.finding == "");
    all.messages += result.messages;
    all.delivered += result.delivered;
    all.pending += result.pending;
    tests::Random random{number};
    for (unsigned n = 0; n < 10; ++n) {
      auto program = seed;
      mutate(program, random);
      INFO("mutation " << n);
      REQUIRE(run_its_program(program.data(), program.size()).finding == "");
    }
  }
  // Each fate is a fair part, so that agreement means something.
  CAPTURE(all.messages, all.delivered, all.pending);
  CHECK(all.delivered > all.messages / 8);
  CHECK(all.pending > all.messages / 8);
  CHECK(all.delivered + all.pending < all.messages * 7 / 8);
}

}  // namespace
}  // namespace iommusim::fuzz
