// SPDX-License-Identifier: Apache-2.0
// Oracle: the requests that were made to fault, and VT-d specification, 7.1 and 7.3.
#include "software/vtd_fault_log.h"

#include "driver_fixture.h"
#include "support/vtd_registers.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
using software::FaultedRequest;

TEST_CASE("Fault records are read oldest first and cleared", "[software][vtd][4.4]") {
  vtd::UnitConfig config;
  config.fault_records = 4;
  DriverFixture f{config};
  f.start(nic);
  f.fault_reason(nic, 0x1234'5678, Operation::write);
  f.fault_reason(disk, 0x9000, Operation::read);
  f.fault_reason(RequesterId{0, 2, 0}, 0xA000, Operation::atomic);

  const auto faults = f.driver.drain_faults();
  REQUIRE(faults.records.size() == 3);
  CHECK_FALSE(faults.overflow);
  CHECK(faults.records[0].requester == nic);
  CHECK(faults.records[0].reason == 0x5);
  CHECK(faults.records[0].request == FaultedRequest::write);
  CHECK(faults.records[0].page == Iova{0x1234'5000});
  CHECK_FALSE(faults.records[0].pasid.has_value());
  CHECK(faults.records[1].requester == disk);
  CHECK(faults.records[1].reason == 0x2);
  CHECK(faults.records[1].request == FaultedRequest::read);
  CHECK(faults.records[2].reason == 0x1);
  CHECK(faults.records[2].request == FaultedRequest::atomic);

  CHECK(f.bus.unit().read_register(offset::fsts, 4) == 0);
  CHECK(f.driver.drain_faults().records.empty());
}

TEST_CASE("The records are read around the end of the registers", "[software][vtd][4.4]") {
  vtd::UnitConfig config;
  config.fault_records = 2;
  DriverFixture f{config};
  f.driver.enable();
  f.fault_reason(RequesterId{0, 1, 0}, 0x1000);
  REQUIRE(f.driver.drain_faults().records.size() == 1);
  f.fault_reason(RequesterId{0, 2, 0}, 0x2000);
  f.fault_reason(RequesterId{0, 3, 0}, 0x3000);
  const auto faults = f.driver.drain_faults();
  REQUIRE(faults.records.size() == 2);
  CHECK(faults.records[0].page == Iova{0x2000});
  CHECK(faults.records[1].page == Iova{0x3000});
}

TEST_CASE("Lost faults are reported, and recording goes on after draining", "[software][vtd][4.4]") {
  DriverFixture f;
  f.driver.enable();
  f.fault_reason(RequesterId{0, 1, 0}, 0x1000);
  f.fault_reason(RequesterId{0, 2, 0}, 0x2000);
  const auto faults = f.driver.drain_faults();
  CHECK(faults.records.size() == 1);
  CHECK(faults.overflow);
  f.fault_reason(RequesterId{0, 3, 0}, 0x3000);
  CHECK(f.driver.drain_faults().records.size() == 1);
}
