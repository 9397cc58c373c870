// SPDX-License-Identifier: Apache-2.0
// The driver of message-based SPIs beside a real distributor. Oracle: what the driver promises.
#include "software/mbi_driver.h"

#include "base/endian.h"
#include "interrupts/gic/mbi.h"
#include "software/driver_error.h"
#include "support/doorbell_message.h"
#include "support/memory_bus.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

/// A machine with DRAM and a distributor.
class DistributorBus : public MemoryBus {
 public:
  explicit DistributorBus(const gic::MbiConfig& config)
      : MemoryBus{{PhysAddr{0x4000'0000}, PhysAddr{0x7FFF'FFFF}}}, distributor_{config, log_} {}

  gic::MessageBasedInterrupts& distributor() { return distributor_; }

  void load(PhysAddr address, void* to, std::size_t size) override {
    if (address < distributor_.base() || address - distributor_.base() >= distributor_.size())
      return MemoryBus::load(address, to, size);
    store_le(to, static_cast<std::uint32_t>(
                     distributor_.read_register(address - distributor_.base(), static_cast<unsigned>(size))));
  }

 private:
  gic::DeliveryLog log_;
  gic::MessageBasedInterrupts distributor_;
};

gic::MbiConfig with_ranges(const std::vector<gic::SpiRange>& ranges) {
  gic::MbiConfig config;
  config.ranges = ranges;
  return config;
}

struct DistributorFixture {
  explicit DistributorFixture(const std::vector<gic::SpiRange>& ranges) : bus{with_ranges(ranges)} {
    driver.emplace(bus, bus.distributor().base(), ranges);
  }
  DistributorBus bus;
  std::optional<software::MbiDriver> driver;
};

}  // namespace

TEST_CASE("The driver of message-based SPIs gives SPIs whose messages raise them", "[software][mbi]") {
  DistributorFixture fixture{{{64, 8}}};
  const auto vectors = fixture.driver->pool().allocate(2);
  CHECK(vectors.first.address == BusAddr{0x0800'0040});
  for (std::uint32_t i = 0; i < 2; ++i) {
    const auto request = doorbell_message(vectors.first.address, vectors.first.data + i);
    CHECK(fixture.bus.distributor().ring(request).intid == vectors.intid + i);
  }
}

TEST_CASE("A range that is used up is followed by the next, and what is released is free", "[software][mbi]") {
  DistributorFixture fixture{{{64, 2}, {96, 8}}};
  software::SpiPool& pool = fixture.driver->pool();
  CHECK(pool.allocate(4).intid == 96);
  CHECK(pool.allocate(1).intid == 64);
  const auto two = pool.allocate(2);
  CHECK(two.intid == 100);
  CHECK(pool.allocate(1).intid == 65);
  CHECK(pool.allocate(1).intid == 102);
  CHECK_THROWS_AS(pool.allocate(2), software::DriverError);
  pool.release(two);
  CHECK(pool.allocate(2).intid == 100);
}

TEST_CASE("A distributor without message-based SPIs is refused", "[software][mbi]") {
  CHECK_THROWS_AS(DistributorFixture{{}}, software::DriverError);
}
