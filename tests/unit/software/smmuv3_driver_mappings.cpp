// SPDX-License-Identifier: Apache-2.0
// Oracle: a std::map of pages for what must be translated; VMSAv8-64 for the sizes of blocks.
#include "smmuv3_driver_fixture.h"
#include "software/driver_error.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <vector>

using namespace iommusim;
using namespace iommusim::tests::smmu;
using smmuv3::Granule;
using software::DomainId;
using software::DomainKind;
using software::DriverError;
using software::Invalidate;
using software::Stage;

namespace {

struct Tables {
  Granule granule;
  Stage stage;
};

/// Every granule in either stage.
std::vector<Tables> all_tables() {
  return {{Granule::size_4k, Stage::first},  {Granule::size_16k, Stage::first},  {Granule::size_64k, Stage::first},
          {Granule::size_4k, Stage::second}, {Granule::size_16k, Stage::second}, {Granule::size_64k, Stage::second}};
}

software::Smmuv3DriverConfig with_granule(Granule granule) {
  software::Smmuv3DriverConfig config;
  config.granule = granule;
  return config;
}

smmuv3::UnitConfig without_ranges() {
  smmuv3::UnitConfig config = full_unit();
  config.range_invalidation = false;
  config.minor_version = 1;
  return config;
}

smmuv3::UnitConfig with_output(unsigned bits) {
  smmuv3::UnitConfig config = full_unit();
  config.output_address_bits = bits;
  return config;
}

/// Maps and unmaps random ranges and compares what the unit does with a map of pages.
class RandomRun {
 public:
  RandomRun(DriverFixture& fixture, DomainId domain, std::uint64_t base)
      : fixture_{fixture}, domain_{domain}, page_{fixture.driver.page_size()}, base_{base / page_} {}

  void step() {
    const std::uint64_t size = random_() % 3 == 0 ? 512 : random_() % 700 + 1;
    std::uint64_t first = base_ + random_() % (window - size);
    if (random_() % 2 == 0) first &= ~std::uint64_t{511};
    std::uint64_t mapped = 0;
    for (std::uint64_t p = first; p < first + size; ++p)
      mapped += model_.count(p);
    if (mapped == 0)
      map(first, size);
    else if (mapped == size)
      unmap(first, size);
    for (int probe = 0; probe < 10; ++probe)
      compare(first - 4 + random_() % (size + 8));
  }

 private:
  static constexpr std::uint64_t window = 2048;

  void map(std::uint64_t first, std::uint64_t size) {
    const std::uint64_t physical =
        (random_() % 0x1'0000 & ~std::uint64_t{511}) + (random_() % 2 == 0 ? first % 512 : 3);
    fixture_.driver.map(domain_, {Iova{first * page_}, PhysAddr{physical * page_}, size * page_, {}});
    for (std::uint64_t p = 0; p < size; ++p)
      model_[first + p] = physical + p;
  }
  void unmap(std::uint64_t first, std::uint64_t size) {
    fixture_.driver.unmap(domain_, Iova{first * page_}, size * page_, Invalidate::yes);
    for (std::uint64_t p = first; p < first + size; ++p)
      model_.erase(p);
  }
  void compare(std::uint64_t page) {
    const auto expected = model_.find(page);
    if (expected == model_.end())
      REQUIRE(fixture_.event(nic, page * page_) == f_translation);
    else
      REQUIRE(fixture_.reaches(nic, page * page_ + 8, expected->second * page_ + 8));
  }

  DriverFixture& fixture_;
  DomainId domain_;
  std::uint64_t page_;
  std::uint64_t base_;
  std::map<std::uint64_t, std::uint64_t> model_;
  std::mt19937 random_{23};
};

}  // namespace

TEST_CASE("A mapping of an SMMU translates its whole range with its permissions", "[software][smmuv3]") {
  const Tables tables = GENERATE(from_range(all_tables()));
  DriverFixture f{full_unit(), with_granule(tables.granule)};
  const DomainId domain = f.start(tables.stage);
  const std::uint64_t page = f.driver.page_size();
  f.driver.map(domain, {Iova{4 * page}, PhysAddr{32 * page}, 2 * page, {true, false}});
  CHECK(f.reaches(nic, 4 * page, 32 * page));
  CHECK(f.reaches(nic, 6 * page - 4, 34 * page - 4));
  CHECK(f.event(nic, 4 * page, Operation::write) == f_permission);
  CHECK(f.event(nic, 6 * page) == f_translation);
  CHECK(f.event(nic, 4 * page - 4) == f_translation);
  CHECK_FALSE(f.has_errors());
}

TEST_CASE("Only the second stage can say that a page may only be written", "[software][smmuv3]") {
  const Stage stage = GENERATE(Stage::first, Stage::second);
  DriverFixture f{full_unit()};
  const DomainId domain = f.start(stage);
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {false, true}});
  CHECK(f.reaches(nic, 0x1000, 0x8000, Operation::write));
  CHECK(f.event(nic, 0x1000) == (stage == Stage::first ? 0 : f_permission));
}

TEST_CASE("Blocks are as large as alignment and granule allow", "[software][smmuv3]") {
  struct Case {
    Granule granule;
    std::uint64_t block;
  };
  const auto c = GENERATE(Case{Granule::size_4k, page_1g}, Case{Granule::size_4k, page_2m},
                          Case{Granule::size_16k, 16 * page_2m}, Case{Granule::size_64k, page_1g / 2});
  const Stage stage = GENERATE(Stage::first, Stage::second);
  DriverFixture f{full_unit(), with_granule(c.granule)};
  const DomainId domain = f.start(stage);
  f.driver.map(domain, {Iova{c.block}, PhysAddr{8 * c.block}, c.block, {}});
  CHECK(f.request(nic, c.block + 0x1234).page_size == c.block);
  CHECK(f.reaches(nic, 2 * c.block - 4, 9 * c.block - 4));
  // Off by a page: no block.
  const std::uint64_t page = f.driver.page_size();
  f.driver.map(domain, {Iova{4 * c.block}, PhysAddr{8 * c.block + page}, c.block, {}});
  CHECK(f.request(nic, 4 * c.block).page_size == page);
}

TEST_CASE("Unmapping part of a block leaves the rest as it was", "[software][smmuv3]") {
  const Tables tables = GENERATE(from_range(all_tables()));
  DriverFixture f{full_unit(), with_granule(tables.granule)};
  const DomainId domain = f.start(tables.stage);
  const std::uint64_t page = f.driver.page_size();
  const std::uint64_t block = page * (page / 8);
  f.driver.map(domain, {Iova{block}, PhysAddr{2 * block}, block, {}});
  REQUIRE(f.request(nic, block).page_size == block);
  f.driver.unmap(domain, Iova{block + 5 * page}, page, Invalidate::yes);
  CHECK(f.event(nic, block + 5 * page) == f_translation);
  CHECK(f.reaches(nic, block + 4 * page, 2 * block + 4 * page));
  CHECK(f.reaches(nic, 2 * block - 4, 3 * block - 4));
}

TEST_CASE("Unmapping without invalidation leaves the SMMU's translation until invalidate ends it",
          "[software][smmuv3]") {
  const smmuv3::UnitConfig config = GENERATE(full_unit(), without_ranges());
  const Stage stage = GENERATE(Stage::first, Stage::second);
  DriverFixture f{config};
  const DomainId domain = f.start(stage);
  f.driver.map(domain, {Iova{0x10'0000}, PhysAddr{0x80'0000}, 4 * page_4k, {}});
  REQUIRE(f.reaches(nic, 0x10'0000, 0x80'0000));
  REQUIRE(f.reaches(nic, 0x10'3000, 0x80'3000));
  f.driver.unmap(domain, Iova{0x10'0000}, 4 * page_4k, Invalidate::no);
  CHECK(f.reaches(nic, 0x10'3000, 0x80'3000));
  f.driver.invalidate(domain, Iova{0x10'0010}, 4 * page_4k - 0x20);
  CHECK(f.event(nic, 0x10'0000) == f_translation);
  CHECK(f.event(nic, 0x10'3000) == f_translation);
}

TEST_CASE("An invalidation that ends leaves what lies beside it in the caches", "[software][smmuv3]") {
  const smmuv3::UnitConfig config = GENERATE(full_unit(), without_ranges());
  DriverFixture f{config};
  const DomainId domain = f.start();
  f.driver.map(domain, {Iova{0x10'0000}, PhysAddr{0x80'0000}, 8 * page_4k, {}});
  REQUIRE(f.reaches(nic, 0x10'0000, 0x80'0000));
  REQUIRE(f.reaches(nic, 0x10'7000, 0x80'7000));
  f.driver.invalidate(domain, Iova{0x10'1000}, 6 * page_4k);
  CHECK(f.request(nic, 0x10'0000).translation_cached);
  CHECK(f.request(nic, 0x10'7000).translation_cached);
}

TEST_CASE("A large range takes few commands with RIL, and one without", "[software][smmuv3]") {
  const auto commands_of = [](const smmuv3::UnitConfig& config, std::uint64_t pages) {
    DriverFixture f{config};
    const DomainId domain = f.start();
    const std::uint64_t before = f.bus.unit().statistics().commands;
    f.driver.invalidate(domain, Iova{page_2m}, pages * page_4k);
    CHECK_FALSE(f.has_errors());
    return f.bus.unit().statistics().commands - before;
  };
  // With the CMD_SYNC.
  CHECK(commands_of(full_unit(), 1) == 2);
  CHECK(commands_of(full_unit(), 512) == 2);
  CHECK(commands_of(full_unit(), 31) == 2);
  CHECK(commands_of(full_unit(), 33) == 3);
  CHECK(commands_of(full_unit(), 0x3'FFFF) == 5);
  CHECK(commands_of(without_ranges(), 16) == 17);
  CHECK(commands_of(without_ranges(), 513) == 2);
}

TEST_CASE("A domain's range beyond its width invalidates all of it", "[software][smmuv3]") {
  DriverFixture f{full_unit()};
  const DomainId domain = f.start();
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  REQUIRE(f.reaches(nic, 0x1000, 0x8000));
  f.driver.invalidate(domain, Iova{0}, ~std::uint64_t{0});
  CHECK_FALSE(f.request(nic, 0x1000).translation_cached);
}

TEST_CASE("What an SMMU's domain cannot map is refused with a sentence and changes nothing", "[software][smmuv3]") {
  DriverFixture f;
  const DomainId domain = f.start();
  f.driver.map(domain, {Iova{0x4000}, PhysAddr{0x8000}, page_4k, {}});
  const auto map = [&](std::uint64_t iova, std::uint64_t physical, std::uint64_t size) {
    f.driver.map(domain, {Iova{iova}, PhysAddr{physical}, size, {}});
  };
  CHECK_THROWS_WITH(map(0x3000, 0x8000, 0x2000), "some of 0x3000 to 0x4fff is mapped already");
  CHECK_THROWS_WITH(map(0x1800, 0x8000, 0x1000), "the range of 4 KiB from 0x1800 is not made of whole 4 KiB pages");
  CHECK_THROWS_WITH(map(0x1000, 0x8080, 0x1000), "the physical address 0x8080 is not 4 KiB aligned");
  CHECK_THROWS_WITH(map(std::uint64_t{1} << 48, 0x8000, 0x1000), Catch::Contains("passes the 48 bits of domain 1"));
  CHECK_THROWS_WITH(map(0x1000, std::uint64_t{1} << 44, 0x1000), Catch::Contains("passes the 44 bits of the SMMU"));
  CHECK_THROWS_WITH(f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {false, false}}),
                    "a mapping must allow reads or writes");
  CHECK_THROWS_WITH(f.driver.unmap(domain, Iova{0x3000}, 0x2000, Invalidate::yes),
                    "some of 0x3000 to 0x4fff is not mapped");
  CHECK_THROWS_AS(f.driver.invalidate(domain, Iova{0x3000}, 0), DriverError);
  CHECK(f.event(nic, 0x3000) == f_translation);
  CHECK(f.reaches(nic, 0x4000, 0x8000));
}

TEST_CASE("A granule of 16 or 64 KiB maps whole pages of its own", "[software][smmuv3]") {
  DriverFixture f{full_unit(), with_granule(Granule::size_64k)};
  const DomainId domain = f.start();
  CHECK_THROWS_WITH(f.driver.map(domain, {Iova{0x1'0000}, PhysAddr{0}, page_4k, {}}),
                    "the range of 4 KiB from 0x10000 is not made of whole 64 KiB pages");
}

TEST_CASE("Second-stage tables are concatenated where 16 or fewer stand at the top", "[software][smmuv3]") {
  struct Case {
    Granule granule;
    unsigned output_bits;
    unsigned levels;
  };
  const auto c =
      GENERATE(Case{Granule::size_4k, 32, 2}, Case{Granule::size_4k, 40, 3}, Case{Granule::size_4k, 42, 3},
               Case{Granule::size_4k, 44, 4}, Case{Granule::size_4k, 48, 4}, Case{Granule::size_16k, 40, 2},
               Case{Granule::size_16k, 48, 3}, Case{Granule::size_64k, 44, 2}, Case{Granule::size_64k, 48, 3});
  DriverFixture f{with_output(c.output_bits), with_granule(c.granule)};
  const DomainId domain = f.start(Stage::second);
  CHECK(f.driver.width(domain) == c.output_bits);
  const std::uint64_t page = f.driver.page_size();
  const std::uint64_t last = (std::uint64_t{1} << c.output_bits) - page;
  f.driver.map(domain, {Iova{last}, PhysAddr{last}, page, {}});
  f.driver.map(domain, {Iova{0}, PhysAddr{16 * page}, page, {}});
  CHECK(f.reaches(nic, last, last));
  CHECK(f.reaches(nic, 0, 16 * page));
  // The configuration is cached by now.
  CHECK(f.fetches(nic, last + 8).size() == c.levels);
}

TEST_CASE("Addresses of 52 bits are mapped with pages of 64 KiB", "[software][smmuv3]") {
  DriverFixture f{with_output(52), with_granule(Granule::size_64k)};
  const DomainId domain = f.start(GENERATE(Stage::first, Stage::second));
  const std::uint64_t high = 0xC'1234'5678'0000;
  f.driver.map(domain, {Iova{0x1'0000}, PhysAddr{high}, 0x1'0000, {}});
  CHECK(f.reaches(nic, 0x1'0008, high + 8));
}

TEST_CASE("Fewer levels make a narrower domain", "[software][smmuv3]") {
  DriverFixture f{full_unit()};
  f.driver.enable();
  const auto width = [&](unsigned levels, Stage stage) {
    return f.driver.width(f.driver.create_domain(DomainKind::translating, levels, stage));
  };
  CHECK(width(0, Stage::first) == 48);
  CHECK(width(4, Stage::first) == 48);
  CHECK(width(3, Stage::first) == 39);
  CHECK(width(2, Stage::first) == 30);
  CHECK(width(3, Stage::second) == 39);
  CHECK_THROWS_WITH(width(1, Stage::first), "the SMMU at 0x9050000 does not walk tables of 1 levels");
  CHECK_THROWS_AS(width(5, Stage::first), DriverError);
  CHECK_THROWS_AS(width(~0U, Stage::second), DriverError);
}

TEST_CASE("Random mapping and unmapping agrees with a map of pages as the SMMU translates", "[software][smmuv3]") {
  const Tables tables = GENERATE(from_range(all_tables()));
  const smmuv3::UnitConfig config = GENERATE(full_unit(), without_ranges());
  DriverFixture f{config, with_granule(tables.granule)};
  const DomainId domain = f.start(tables.stage);
  RandomRun run{f, domain, 0x80'0000'0000 - 1024 * f.driver.page_size()};
  for (int step = 0; step < 500; ++step)
    run.step();
  CHECK_FALSE(f.has_errors());
}

TEST_CASE("Pages of tables that became empty are used again", "[software][smmuv3]") {
  const Tables tables = GENERATE(from_range(all_tables()));
  DriverFixture f{full_unit(), with_granule(tables.granule)};
  const DomainId domain = f.start(tables.stage);
  const std::uint64_t page = f.driver.page_size();
  const auto before = f.pages.pages_in_use();
  for (std::uint64_t n = 0; n < 40; ++n) {
    f.driver.map(domain, {Iova{n * page_1g}, PhysAddr{page}, page, {}});
    REQUIRE(f.reaches(nic, n * page_1g, page));
    f.driver.unmap(domain, Iova{n * page_1g}, page, Invalidate::yes);
    REQUIRE(f.pages.pages_in_use() == before);
  }
}

TEST_CASE("A doorbell is device memory that may only be written", "[software][smmuv3]") {
  const Stage stage = GENERATE(Stage::first, Stage::second);
  const Granule granule = GENERATE(Granule::size_4k, Granule::size_64k);
  DriverFixture f{full_unit(), with_granule(granule)};
  const DomainId domain = f.start(stage);
  f.driver.map_doorbell(domain, Iova{0x800'0040}, PhysAddr{0x808'0040});
  const std::uint64_t in_page = 0x808'0040 & (f.driver.page_size() - 1);
  CHECK(f.reaches(nic, 0x800'0000 + in_page, 0x808'0040, Operation::write));
  // Type of memory, and PXN with UXN or XN.
  const std::uint64_t page = f.last_descriptor(nic, 0x800'0040);
  CHECK((page >> 2 & (stage == Stage::first ? 7U : 0xFU)) == (stage == Stage::first ? 2 : 1));
  CHECK((page >> 53 & 3) == (stage == Stage::first ? 3 : 2));
  if (stage == Stage::second) CHECK(f.event(nic, 0x800'0040) == f_permission);
  // Without the page the message is lost.
  f.driver.unmap(domain, Iova{0x800'0000}, f.driver.page_size(), Invalidate::yes);
  CHECK(f.event(nic, 0x800'0040, Operation::write) == f_translation);
}
