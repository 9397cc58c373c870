// SPDX-License-Identifier: Apache-2.0
// Oracle: the driver sequence of the VT-d sheet, 10.1 steps 5 and 6, and its entry layout, 2.9, worked out by hand.
#include "iommu/vtd/interrupt_message.h"
#include "software/driver_error.h"
#include "unit/software/driver_fixture.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::software;
using tests::RegisterWrite;

namespace {

constexpr RequesterId nic{1, 0, 0};
constexpr RequesterId alias{1, 0, 1};

vtd::UnitConfig remapping_unit() {
  vtd::UnitConfig config;
  config.interrupt_remapping = true;
  return config;
}

VtdDriverConfig with_entries(unsigned entries) {
  VtdDriverConfig config;
  config.interrupt_entries = entries;
  return config;
}

struct Remapped : tests::DriverFixture {
  explicit Remapped(const vtd::UnitConfig& unit = remapping_unit(), unsigned entries = 256)
      : DriverFixture{unit, with_entries(entries)} {
    driver.prepare();
  }
  InterruptRemapping& interrupts() { return *driver.interrupt_remapping(); }
  iommu::TranslationResult send(const interrupts::MsiMessage& message, RequesterId from) {
    iommu::TranslationRequest request;
    request.requester = from;
    request.operation = Operation::write;
    request.address = Iova{message.address.value()};
    request.size = 4;
    request.message_data = message.data;
    iommu::FetchLog fetches;
    return bus.unit().translate(request, fetches);
  }
};

}  // namespace

TEST_CASE("The driver sets the table, then invalidates, then switches on, and before translation", "[software]") {
  Remapped driven;
  std::vector<RegisterWrite> seen;
  for (const RegisterWrite& write : driven.bus.writes())
    if (write.offset == 0xB8 || write.offset == 0x18 || write.offset == 0x88 || write.offset == 0x20)
      seen.push_back(write);
  // IQT, QIE; IRTA of 256 entries, SIRTP; IQT behind two descriptors; IRE; then the root table.
  REQUIRE(seen.size() >= 7);
  CHECK(seen[0].offset == 0x88);
  CHECK(seen[1] == RegisterWrite{0x18, 4, 0x0400'0000});
  CHECK(seen[2].offset == 0xB8);
  CHECK((seen[2].value & 0xFFF) == 7);
  CHECK(seen[3] == RegisterWrite{0x18, 4, 0x0500'0000});
  CHECK(seen[4] == RegisterWrite{0x88, 4, 0x20});
  CHECK(seen[5] == RegisterWrite{0x18, 4, 0x0600'0000});
  CHECK(seen[6].offset == 0x20);
}

TEST_CASE("With ESIRTPS the driver leaves the invalidation to the unit", "[software]") {
  vtd::UnitConfig config = remapping_unit();
  config.enhanced_set_interrupt_table = true;
  Remapped driven{config};
  CHECK(driven.bus.unit().read_register(0x1C, 4) >> 24 == 0x47);
}

TEST_CASE("A unit without interrupt remapping is driven without", "[software]") {
  tests::DriverFixture driven{{}, with_entries(256)};
  driven.driver.prepare();
  CHECK(driven.driver.interrupt_remapping() == nullptr);
  tests::DriverFixture unwanted{remapping_unit(), with_entries(0)};
  unwanted.driver.prepare();
  CHECK(unwanted.driver.interrupt_remapping() == nullptr);
}

TEST_CASE("An entry that the driver wrote remaps the messages of its source and of nobody else", "[software]") {
  Remapped driven;
  const std::uint16_t index = driven.interrupts().allocate(1);
  driven.interrupts().write(index, driven.interrupts().entry(InterruptTarget{0x41, 2}, {nic}), true);
  const auto result = driven.send(vtd::remappable_message(index), nic);
  CHECK(result.outcome == iommu::Outcome::interrupt);
  CHECK(result.address == PhysAddr{0xFEE0'2000});
  CHECK(result.message_data == 0x4041);
  CHECK(driven.send(vtd::remappable_message(index), alias).fault_reason == 0x26);
}

TEST_CASE("A device with several requester IDs is let in by its bus", "[software]") {
  Remapped driven;
  driven.interrupts().write(3, driven.interrupts().entry(InterruptTarget{0x41, 2}, {nic, alias}), true);
  CHECK(driven.send(vtd::remappable_message(3), nic).outcome == iommu::Outcome::interrupt);
  CHECK(driven.send(vtd::remappable_message(3), alias).outcome == iommu::Outcome::interrupt);
  CHECK(driven.send(vtd::remappable_message(3), RequesterId{2, 0, 0}).fault_reason == 0x26);
}

TEST_CASE("An entry is changed in the unit's cache, too, when the driver says so", "[software]") {
  Remapped driven;
  const auto write = [&](std::uint8_t vector, bool invalidate) {
    driven.interrupts().write(3, driven.interrupts().entry(InterruptTarget{vector, 2}, {nic}), invalidate);
  };
  const auto vector = [&] { return driven.send(vtd::remappable_message(3), nic).message_data & 0xFF; };
  write(0x41, true);
  CHECK(vector() == 0x41);
  write(0x51, false);
  CHECK(vector() == 0x41);
  write(0x61, true);
  CHECK(vector() == 0x61);
}

TEST_CASE("A table has as many entries as the driver was told, and no more are given", "[software]") {
  Remapped driven{remapping_unit(), 1024};
  CHECK((driven.bus.unit().read_register(0xB8, 8) & 0xFFF) == 9);
  // A table of several pages lies at a multiple of its size.
  CHECK((driven.bus.unit().read_register(0xB8, 8) & 0x3000) == 0);
  CHECK(driven.interrupts().allocate(1000) == 0);
  CHECK(driven.interrupts().allocate(24) == 1000);
  CHECK_THROWS_AS(driven.interrupts().allocate(1), DriverError);
  CHECK_THROWS_AS(driven.interrupts().write(1024, {}, true), DriverError);
}
