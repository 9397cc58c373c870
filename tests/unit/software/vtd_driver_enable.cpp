// SPDX-License-Identifier: Apache-2.0
// Oracle: the sequences of the VT-d specification, 10.4 and 11.4.4, typed as lists of
// register writes; register offsets and bits are retyped from section 1.
#include "driver_fixture.h"
#include "software/driver_error.h"
#include "support/vtd_registers.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

using namespace iommusim;
using namespace iommusim::tests;
using software::DriverError;

namespace {

/// Where a write went and how wide it was; for GCMD also what it said.
struct Step {
  std::uint64_t offset;
  unsigned width;
  std::uint64_t command = 0;

  friend bool operator==(const Step& a, const Step& b) {
    return a.offset == b.offset && a.width == b.width && a.command == b.command;
  }
};
std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << std::hex << step.offset << "/" << step.width << "=" << step.command;
}
using Steps = std::vector<Step>;

Steps steps(const UnitBus& bus) {
  Steps result;
  for (const RegisterWrite& write : bus.writes())
    result.push_back({write.offset, write.width, write.offset == offset::gcmd ? write.value : 0});
  return result;
}

std::size_t position(const Steps& all, const Step& step) {
  return static_cast<std::size_t>(std::find(all.begin(), all.end(), step) - all.begin());
}

software::VtdDriverConfig with_fault_event() {
  software::VtdDriverConfig config;
  config.fault_event = {BusAddr{0x1'FEE0'3000}, 0x41};
  return config;
}

constexpr std::uint64_t iotlb_register = 0x0F0 + 8;

/// Answers capabilities, and nothing ever happens.
class DeadUnitBus final : public MemoryBus {
 public:
  DeadUnitBus() : MemoryBus{{PhysAddr{0}, PhysAddr{0xFFFF'FFFF}}} {
    store64(base + offset::cap, 0x00D2'008C'2226'0206);
    store64(base + offset::ecap, 0xF42);
  }
  static constexpr PhysAddr base{0x8000'0000};
};

}  // namespace

TEST_CASE("Enabling writes the registers in the order of the specification's sequence", "[software][vtd][10.2]") {
  DriverFixture f{{}, with_fault_event()};
  f.driver.enable();
  CHECK(steps(f.bus) == Steps{{offset::fsts, 4},
                              {offset::iqt, 4},
                              {offset::iqa, 8},
                              {offset::gcmd, 4, global::qie},
                              {offset::rtaddr, 8},
                              {offset::gcmd, 4, global::qie | global::srtp},
                              {offset::iqt, 4},
                              {offset::iqt, 4},
                              {offset::fedata, 4},
                              {offset::feaddr, 4},
                              {offset::feuaddr, 4},
                              {offset::fectl, 4},
                              {offset::fsts, 4},
                              {offset::gcmd, 4, global::qie | global::te}});
}

TEST_CASE("After enabling, translation, root table and queue are on and no fault is pending", "[software][vtd]") {
  DriverFixture f;
  f.driver.enable();
  const std::uint64_t status = f.bus.unit().read_register(offset::gsts, 4);
  CHECK(status == (std::uint64_t{global::te} | global::srtp | global::qie));
  CHECK(f.bus.unit().read_register(offset::fsts, 4) == 0);
  const std::uint64_t root = f.bus.unit().read_register(offset::rtaddr, 8);
  CHECK(f.pages.range().contains(PhysAddr{root}));
  CHECK(root % page_4k == 0);
}

TEST_CASE("The fault event is programmed and unmasked", "[software][vtd]") {
  DriverFixture f{{}, with_fault_event()};
  f.driver.prepare();
  CHECK(f.bus.unit().read_register(offset::fedata, 4) == 0x41);
  CHECK(f.bus.unit().read_register(offset::feaddr, 4) == 0xFEE0'3000);
  CHECK(f.bus.unit().read_register(offset::fectl, 4) == 0);
  const auto& writes = f.bus.writes();
  CHECK(std::count(writes.begin(), writes.end(), RegisterWrite{offset::feuaddr, 4, 1}) == 1);
}

TEST_CASE("Preparing leaves translation off", "[software][vtd]") {
  DriverFixture f;
  f.driver.prepare();
  CHECK((f.bus.unit().read_register(offset::gsts, 4) & global::te) == 0);
  CHECK(f.fault_reason(nic, 0x1000) == 0);
}

TEST_CASE("A unit that invalidates with SRTP is not told to invalidate", "[software][vtd]") {
  vtd::UnitConfig config;
  config.enhanced_set_root = true;
  DriverFixture f{config};
  f.driver.enable();
  const Steps all = steps(f.bus);
  CHECK(std::count(all.begin(), all.end(), Step{offset::iqt, 4}) == 1);
}

TEST_CASE("A unit with write buffers is flushed before it takes the root table", "[software][vtd]") {
  vtd::UnitConfig config;
  config.write_buffer_flush = true;
  DriverFixture f{config};
  f.driver.prepare();
  const Steps all = steps(f.bus);
  const std::size_t flush = position(all, {offset::gcmd, 4, global::qie | global::wbf});
  CHECK(flush < position(all, {offset::rtaddr, 8}));
}

TEST_CASE("A unit without a queue is invalidated by register, context cache before IOTLB", "[software][vtd]") {
  vtd::UnitConfig config;
  config.queued_invalidation = false;
  DriverFixture f{config};
  f.driver.enable();
  const Steps all = steps(f.bus);
  const std::size_t root = position(all, {offset::gcmd, 4, global::srtp});
  const std::size_t contexts = position(all, {offset::ccmd, 8});
  const std::size_t translations = position(all, {iotlb_register, 8});
  CHECK(root < contexts);
  CHECK(contexts < translations);
  CHECK(translations < position(all, {offset::gcmd, 4, global::te}));
  CHECK(position(all, {offset::iqa, 8}) == all.size());
  const auto& writes = f.bus.writes();
  // ICC and global granularity; IVT, global, DR and DW.
  CHECK(std::count(writes.begin(), writes.end(), RegisterWrite{offset::ccmd, 8, 0xA000'0000'0000'0000}) == 1);
  CHECK(std::count(writes.begin(), writes.end(), RegisterWrite{iotlb_register, 8, 0x9003'0000'0000'0000}) == 1);
}

TEST_CASE("Protected memory is opened once translation is on", "[software][vtd]") {
  vtd::UnitConfig config;
  config.protected_low_memory = true;
  DriverFixture f{config};
  f.bus.unit().write_register(offset::pmen, 4, 0x8000'0000);
  REQUIRE((f.bus.unit().read_register(offset::pmen, 4) & 1) == 1);
  f.driver.enable();
  CHECK((f.bus.unit().read_register(offset::pmen, 4) & 0x8000'0001) == 0);
  CHECK(steps(f.bus).back() == Step{offset::pmen, 4});
}

TEST_CASE("What firmware left on is switched off before it is set up again", "[software][vtd]") {
  DriverFixture f;
  f.driver.enable();
  f.bus.forget_writes();
  software::VtdDriverConfig config;
  config.register_base = f.bus.unit().config().register_base;
  software::VtdDriver second{f.bus, f.pages, config};
  second.prepare();
  const Steps all = steps(f.bus);
  const std::size_t queue_off = position(all, {offset::gcmd, 4, global::te});
  const std::size_t queue_on = position(all, {offset::gcmd, 4, global::te | global::qie});
  const std::size_t translation_off = position(all, {offset::gcmd, 4, global::qie});
  CHECK(queue_off < queue_on);
  CHECK(queue_on < translation_off);
  CHECK(translation_off < position(all, {offset::rtaddr, 8}));
}

TEST_CASE("Where no unit answers the driver says so", "[software][vtd]") {
  MemoryBus bus{{PhysAddr{0}, PhysAddr{0xFFFF}}};
  software::PageAllocator pages{bus, {PhysAddr{0}, PhysAddr{0xFFFF}}};
  CHECK_THROWS_WITH((software::VtdDriver{bus, pages, {PhysAddr{0xFED9'0000}, {}, {}}}),
                    "the remapping unit at 0xfed90000 does not answer");
}

TEST_CASE("A unit that does not follow a command is given up after a bounded number of polls", "[software][vtd]") {
  DeadUnitBus bus;
  software::PageAllocator pages{bus, {PhysAddr{0}, PhysAddr{0xFFFF}}};
  software::VtdDriver driver{bus, pages, {DeadUnitBus::base, {}, {}, 10}};
  CHECK_THROWS_WITH(driver.prepare(), "the remapping unit at 0x80000000 did not start its invalidation queue");
}
