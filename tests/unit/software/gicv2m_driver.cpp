// SPDX-License-Identifier: Apache-2.0
// The GICv2m driver beside a real frame. Oracle: what the driver promises.
#include "software/gicv2m_driver.h"

#include "software/driver_error.h"
#include "support/doorbell_message.h"
#include "support/gic_bus.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

struct FrameFixture {
  explicit FrameFixture(unsigned first = 80, unsigned count = 8)
      : bus{{}, {}, {PhysAddr{0x4000'0000}, PhysAddr{0x7FFF'FFFF}}, frame(first, count)} {}
  static gic::Gicv2mConfig frame(unsigned first, unsigned count) {
    gic::Gicv2mConfig config;
    config.first_spi = first;
    config.spis = count;
    return config;
  }
  GicBus bus;
  software::Gicv2mDriver driver{bus, bus.frame().base()};
};

}  // namespace

TEST_CASE("The GICv2m driver gives SPIs whose messages raise them", "[software][v2m]") {
  FrameFixture fixture;
  CHECK(fixture.driver.first_spi() == 80);
  CHECK(fixture.driver.spis() == 8);
  const auto vectors = fixture.driver.allocate(2);
  CHECK(vectors.first.address == BusAddr{0x0802'0040});
  for (std::uint32_t i = 0; i < 2; ++i) {
    const auto request = doorbell_message(vectors.first.address, vectors.first.data + i);
    CHECK(fixture.bus.frame().ring(request).intid == vectors.intid + i);
  }
}

TEST_CASE("The GICv2m driver gives aligned blocks until there are none", "[software][v2m]") {
  FrameFixture fixture;
  CHECK(fixture.driver.allocate(1).intid == 80);
  const auto four = fixture.driver.allocate(4);
  CHECK(four.intid == 84);
  CHECK(fixture.driver.allocate(2).intid == 82);
  CHECK(fixture.driver.allocate(1).intid == 81);
  CHECK_THROWS_AS(fixture.driver.allocate(1), software::DriverError);
  CHECK_THROWS_AS(fixture.driver.allocate(3), software::DriverError);
  fixture.driver.release(four);
  CHECK(fixture.driver.allocate(4).intid == 84);
}

TEST_CASE("The GICv2m driver refuses what is no frame", "[software][v2m]") {
  FrameFixture fixture;
  CHECK_THROWS_AS((software::Gicv2mDriver{fixture.bus, PhysAddr{0x1000'0000}}), software::DriverError);
}
