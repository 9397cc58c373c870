// SPDX-License-Identifier: Apache-2.0
// Oracle: none of values; whatever software writes into registers and tables, the unit neither throws nor
// hangs, says the same twice, and keeps its answers inside what the types allow. (Sanitizers see the rest.)
#include "unit/vtd/machine.h"

#include <catch2/catch.hpp>

#include <random>

using namespace iommusim;
using namespace iommusim::vtd;
using namespace iommusim::vtd::testing;

namespace {

/// 1 MiB of memory in which most words point somewhere into it.
class GarbageMachine {
 public:
  explicit GarbageMachine(unsigned seed, const UnitConfig& config) : random_{seed}, unit{config, memory} {
    for (std::uint64_t at = 0; at < size; at += 8) {
      std::uint64_t word = (random_() & (size - 1) & ~std::uint64_t{0xFFF}) | (random_() & 0x83) | 1;
      if (random_() % 8 == 0) word = random_();
      // Second words of root and context entries: often small, so that some are legal.
      if (random_() % 3 == 0) word = random_() % 4;
      memory.write(PhysAddr{at}, &word, sizeof word);
    }
  }

  void write_anything() {
    const unsigned width = random_() % 2 == 0 ? 4 : 8;
    const std::uint64_t offset = random_() % 0x240 / width * width;
    unit.write_register(offset, width, random_() & (random_() % 2 == 0 ? ~std::uint64_t{0} : size - 1));
  }
  void enable() {
    unit.write_register(offset::rtaddr, 8, random_() & (size - 1) & ~std::uint64_t{0xFFF});
    unit.write_register(offset::gcmd, 4, srtp);
    unit.write_register(offset::gcmd, 4, te | qie);
  }
  iommu::TranslationRequest any_request() {
    auto request =
        Machine::make_request(RequesterId{static_cast<std::uint16_t>(random_())}, static_cast<Operation>(random_() % 3),
                              random_() >> random_() % 64, static_cast<std::uint32_t>(random_() % 65));
    if (random_() % 16 == 0) request.pasid = Pasid{static_cast<std::uint32_t>(random_())};
    if (random_() % 16 == 0) request.address_type = static_cast<AddressType>(random_() % 3);
    return request;
  }

 private:
  static constexpr std::uint64_t size = 1u << 20;
  std::mt19937_64 random_;

 public:
  memory::SparseMemory memory{{{ComponentId{0}, {PhysAddr{0}, PhysAddr{size - 1}}}}};
  Unit unit;
};

UnitConfig many_features() {
  UnitConfig config;
  config.table_levels = {3, 4, 5};
  config.guest_address_width = 57;
  config.host_address_width = 52;
  config.caching_mode = true;
  config.zero_length_read = true;
  config.protected_low_memory = config.protected_high_memory = true;
  config.fault_records = 4;
  config.require_root_table = false;
  config.iotlb_entries = 16;
  return config;
}

}  // namespace

TEST_CASE("Garbage in registers and tables is answered, not obeyed", "[vtd]") {
  const unsigned seed = GENERATE(range(1u, 9u));
  GarbageMachine machine{seed, seed % 2 == 0 ? UnitConfig{} : many_features()};
  iommu::FetchLog asked_fetches;
  iommu::FetchLog fetches;
  std::uint64_t translated = 0;
  for (int step = 0; step < 3000; ++step) {
    if (step % 16 == 0) machine.write_anything();
    if (step % 64 == 0) machine.enable();
    const auto request = machine.any_request();
    const auto asked = machine.unit.decide(request, asked_fetches);
    const auto answer = machine.unit.translate(request, fetches);
    REQUIRE(asked.outcome == answer.outcome);
    REQUIRE(asked.address == answer.address);
    REQUIRE(asked.rule == answer.rule);
    REQUIRE(answer.rule != nullptr);
    REQUIRE(asked_fetches.size() == fetches.size());
    REQUIRE(fetches.size() <= 7);
    if (answer.outcome == iommu::Outcome::translated) ++translated;
  }
  CHECK(machine.unit.statistics().requests == 3000);
  CHECK(machine.unit.statistics().faults + translated <= 3000);
}
