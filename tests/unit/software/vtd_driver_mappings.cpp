// SPDX-License-Identifier: Apache-2.0
// Oracle: a std::map of pages for what must be translated.3 for what must be
// invalidated, typed as raw register values.
#include "driver_fixture.h"
#include "software/driver_error.h"
#include "support/vtd_registers.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>

using namespace iommusim;
using namespace iommusim::tests;
using software::DomainId;
using software::DomainKind;
using software::DriverError;
using software::Invalidate;

namespace {

constexpr unsigned write_not_allowed = 0x5;
constexpr unsigned read_not_allowed = 0x6;
constexpr std::uint64_t iva = 0x0F0;
constexpr std::uint64_t iotlb = 0x0F8;

vtd::UnitConfig by_register() {
  vtd::UnitConfig config;
  config.queued_invalidation = false;
  return config;
}

vtd::UnitConfig caching() {
  vtd::UnitConfig config;
  config.caching_mode = true;
  return config;
}

vtd::UnitConfig plain() {
  vtd::UnitConfig config;
  config.pages_2m = false;
  config.pages_1g = false;
  config.page_selective_invalidation = false;
  config.write_buffer_flush = true;
  return config;
}

/// Changes what the driver puts into the queue, once.
class CorruptingBus final : public UnitBus {
 public:
  using UnitBus::UnitBus;

  void corrupt_next(std::uint64_t low_word) { corruption_ = low_word; }
  void store(PhysAddr address, const void* from, std::size_t size) override {
    if (corruption_ && address == unit().config().register_base + offset::iqt) {
      const std::uint64_t queue = unit().read_register(offset::iqa, 8) & ~std::uint64_t{0xFFF};
      const PhysAddr next{queue + unit().read_register(offset::iqt, 8)};
      UnitBus::store(next, &*corruption_, 8);
      corruption_.reset();
    }
    UnitBus::store(address, from, size);
  }

 private:
  std::optional<std::uint64_t> corruption_;
};

}  // namespace

TEST_CASE("A mapping translates its whole range with its permissions", "[software][vtd]") {
  DriverFixture f;
  const DomainId domain = f.start();
  f.driver.map(domain, {Iova{0x10'0000}, PhysAddr{0x80'0000}, 2 * page_4k, {true, false}});
  CHECK(f.reaches(nic, 0x10'0000, 0x80'0000));
  CHECK(f.reaches(nic, 0x10'1FFC, 0x80'1FFC));
  CHECK(f.fault_reason(nic, 0x10'0000, Operation::write) == write_not_allowed);
  CHECK(f.fault_reason(nic, 0x10'2000) == read_not_allowed);
}

TEST_CASE("Unmapping without invalidation leaves a cached translation until invalidate ends it", "[software][vtd]") {
  const vtd::UnitConfig config = GENERATE(vtd::UnitConfig{}, by_register(), plain());
  DriverFixture f{config};
  const DomainId domain = f.start();
  f.driver.map(domain, {Iova{0x10'0000}, PhysAddr{0x80'0000}, page_4k, {}});
  REQUIRE(f.reaches(nic, 0x10'0000, 0x80'0000));
  f.driver.unmap(domain, Iova{0x10'0000}, page_4k, Invalidate::no);
  CHECK(f.reaches(nic, 0x10'0000, 0x80'0000));
  f.driver.invalidate(domain, Iova{0x10'0000}, page_4k);
  CHECK(f.fault_reason(nic, 0x10'0000) == read_not_allowed);
}

TEST_CASE("Unmapping with invalidation ends a cached translation at once", "[software][vtd]") {
  DriverFixture f;
  const DomainId domain = f.start();
  f.driver.map(domain, {Iova{page_1g}, PhysAddr{page_1g}, page_1g, {}});
  REQUIRE(f.request(nic, page_1g).page_size == page_1g);
  f.driver.unmap(domain, Iova{page_1g + page_2m}, page_4k, Invalidate::yes);
  CHECK(f.fault_reason(nic, page_1g + page_2m) == read_not_allowed);
  CHECK(f.reaches(nic, page_1g + page_2m + page_4k, page_1g + page_2m + page_4k));
}

TEST_CASE("In caching mode a page that faulted before works once it is mapped", "[software][vtd]") {
  DriverFixture f{caching()};
  const DomainId domain = f.start();
  REQUIRE(f.fault_reason(nic, 0x1000) == read_not_allowed);
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  CHECK(f.reaches(nic, 0x1000, 0x8000));
}

TEST_CASE("Mapping flushes in caching mode, flushes write buffers where there are some, else does nothing",
          "[software][vtd]") {
  const auto writes_of_map = [](const vtd::UnitConfig& config) {
    DriverFixture f{config};
    const DomainId domain = f.start();
    f.bus.forget_writes();
    f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
    return f.bus.writes();
  };
  CHECK(writes_of_map({}).empty());
  const auto flush = writes_of_map(plain());
  REQUIRE(flush.size() == 1);
  CHECK(flush[0] == RegisterWrite{offset::gcmd, 4, global::te | global::qie | global::wbf});
  const auto invalidation = writes_of_map(caching());
  REQUIRE(invalidation.size() == 1);
  CHECK(invalidation[0].offset == offset::iqt);
}

TEST_CASE("An invalidation names the smallest aligned block around the range", "[software][vtd][1.8]") {
  struct Case {
    std::uint64_t first;
    std::uint64_t size;
    std::uint64_t address_and_mask;
  };
  const auto c =
      GENERATE(Case{0x5000, 0x1000, 0x5000}, Case{0x4000, 0x2000, 0x4001}, Case{0x5000, 0x2000, 0x4002},
               Case{0x5004, 0x10, 0x5000}, Case{0x7000, 0x2000, 0x0004}, Case{page_1g, page_1g, page_1g | 18});
  DriverFixture f{by_register()};
  const DomainId domain = f.start();
  f.bus.forget_writes();
  f.driver.invalidate(domain, Iova{c.first}, c.size);
  REQUIRE(f.bus.writes().size() == 2);
  CHECK(f.bus.writes()[0] == RegisterWrite{iva, 8, c.address_and_mask});
  // IVT, page-selective, DR, DW, domain 1.
  CHECK(f.bus.writes()[1] == RegisterWrite{iotlb, 8, 0xB003'0001'0000'0000});
}

TEST_CASE("A block beyond MAMV, or a unit without PSI, makes the invalidation domain-selective", "[software][vtd]") {
  DriverFixture f{by_register()};
  const DomainId domain = f.start();
  f.bus.forget_writes();
  f.driver.invalidate(domain, Iova{page_1g - page_4k}, 2 * page_4k);
  REQUIRE(f.bus.writes().size() == 1);
  CHECK(f.bus.writes()[0] == RegisterWrite{iotlb, 8, 0xA003'0001'0000'0000});

  vtd::UnitConfig no_psi = by_register();
  no_psi.page_selective_invalidation = false;
  no_psi.drain = false;
  DriverFixture g{no_psi};
  const DomainId other = g.start();
  g.bus.forget_writes();
  g.driver.invalidate(other, Iova{0x1000}, page_4k);
  REQUIRE(g.bus.writes().size() == 1);
  CHECK(g.bus.writes()[0] == RegisterWrite{iotlb, 8, 0xA000'0001'0000'0000});
}

TEST_CASE("What cannot be mapped is refused with a sentence and changes nothing", "[software][vtd]") {
  DriverFixture f;
  const DomainId domain = f.start();
  f.driver.map(domain, {Iova{0x4000}, PhysAddr{0x8000}, page_4k, {}});
  const auto map = [&](std::uint64_t iova, std::uint64_t physical, std::uint64_t size) {
    f.driver.map(domain, {Iova{iova}, PhysAddr{physical}, size, {}});
  };
  CHECK_THROWS_WITH(map(0x3000, 0x8000, 0x2000), "some of 0x3000 to 0x4fff is mapped already");
  CHECK_THROWS_WITH(map(0x1800, 0x8000, 0x1000), "the range of 4 KiB from 0x1800 is not made of whole 4 KiB pages");
  CHECK_THROWS_WITH(map(0x1000, 0x8000, 0), Catch::Contains("whole 4 KiB pages"));
  CHECK_THROWS_WITH(map(0x1000, 0x8000, 0x1001), Catch::Contains("whole 4 KiB pages"));
  CHECK_THROWS_WITH(map(0x1000, 0x8080, 0x1000), "the physical address 0x8080 is not 4 KiB aligned");
  CHECK_THROWS_WITH(map((std::uint64_t{1} << 48) - 0x1000, 0x8000, 0x2000),
                    "the range of 8 KiB from 0xfffffffff000 passes the 48 bits of domain 1");
  CHECK_THROWS_WITH(map(~std::uint64_t{0xFFF}, 0x8000, 0x2000), Catch::Contains("passes the 48 bits"));
  CHECK_THROWS_WITH(f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {false, false}}),
                    "a mapping must allow reads or writes");
  CHECK_THROWS_WITH(f.driver.unmap(domain, Iova{0x3000}, 0x2000, Invalidate::yes),
                    "some of 0x3000 to 0x4fff is not mapped");
  CHECK_THROWS_AS(f.driver.invalidate(domain, Iova{0x3000}, 0), DriverError);
  CHECK(f.fault_reason(nic, 0x3000) == read_not_allowed);
  CHECK(f.reaches(nic, 0x4000, 0x8000));
}

TEST_CASE("Only translating domains have mappings", "[software][vtd]") {
  DriverFixture f;
  const DomainId identity = f.driver.create_domain(DomainKind::identity);
  CHECK_THROWS_WITH(f.driver.map(identity, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}}),
                    "domain 1 does not translate: it has no mappings");
  CHECK_THROWS_WITH(f.driver.map(DomainId{9}, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}}),
                    "domain 9 does not exist");
}

TEST_CASE("Many invalidations run around the queue's end", "[software][vtd]") {
  DriverFixture f;
  const DomainId domain = f.start();
  for (int n = 0; n < 300; ++n) {
    f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
    REQUIRE(f.reaches(nic, 0x1000, 0x8000));
    f.driver.unmap(domain, Iova{0x1000}, page_4k, Invalidate::yes);
    REQUIRE(f.fault_reason(nic, 0x1000) == read_not_allowed);
  }
}

TEST_CASE("A descriptor that the unit refuses is given up, and the queue works again", "[software][vtd]") {
  CorruptingBus bus{{}, {PhysAddr{0}, PhysAddr{0xFFF'FFFF}}};
  software::PageAllocator pages{bus, {PhysAddr{0x100'0000}, PhysAddr{0x1FF'FFFF}}};
  software::VtdDriver driver{bus, pages, {bus.unit().config().register_base, {}, {}}};
  driver.enable();
  const DomainId domain = driver.create_domain(DomainKind::translating);
  bus.corrupt_next(0xF);  // No descriptor has type 15.
  CHECK_NOTHROW(driver.invalidate(domain, Iova{0x1000}, page_4k));
  CHECK((bus.unit().read_register(offset::fsts, 4) & fault_status::iqe) == 0);
  CHECK_NOTHROW(driver.invalidate(domain, Iova{0x1000}, page_4k));
}

TEST_CASE("Random mapping and unmapping agrees with a map of pages as the unit translates", "[software][vtd]") {
  const vtd::UnitConfig config = GENERATE(vtd::UnitConfig{}, caching(), by_register(), plain());
  DriverFixture f{config};
  const DomainId domain = f.start();
  std::map<std::uint64_t, std::uint64_t> model;
  std::mt19937 random{23};
  constexpr std::uint64_t window = 2048;
  constexpr std::uint64_t base = 0x80'0000'0000 / page_4k - 1024;
  for (int step = 0; step < 1500; ++step) {
    const std::uint64_t size = random() % 3 == 0 ? 512 : random() % 700 + 1;
    std::uint64_t first = base + random() % (window - size);
    if (random() % 2 == 0) first &= ~std::uint64_t{511};
    std::uint64_t mapped = 0;
    for (std::uint64_t p = first; p < first + size; ++p)
      mapped += model.count(p);
    if (mapped == 0) {
      const std::uint64_t physical =
          (random() % 0x8'0000 & ~std::uint64_t{511}) + (random() % 2 == 0 ? first % 512 : 3);
      f.driver.map(domain, {Iova{first * page_4k}, PhysAddr{physical * page_4k}, size * page_4k, {}});
      for (std::uint64_t p = 0; p < size; ++p)
        model[first + p] = physical + p;
    } else if (mapped == size) {
      f.driver.unmap(domain, Iova{first * page_4k}, size * page_4k, Invalidate::yes);
      for (std::uint64_t p = first; p < first + size; ++p)
        model.erase(p);
    }
    for (int probe = 0; probe < 20; ++probe) {
      const std::uint64_t page = first - 4 + random() % (size + 8);
      const auto expected = model.find(page);
      if (expected == model.end())
        REQUIRE(f.fault_reason(nic, page * page_4k) == read_not_allowed);
      else
        REQUIRE(f.reaches(nic, page * page_4k, expected->second * page_4k));
    }
  }
}
