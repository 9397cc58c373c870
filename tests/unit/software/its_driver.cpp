// SPDX-License-Identifier: Apache-2.0
// The ITS driver beside a real ITS model. Oracle: what the driver promises, and the commands of a captured Linux.
#include "software/its_driver.h"

#include "interrupts/gic/rules.h"
#include "software/driver_error.h"
#include "support/doorbell_message.h"
#include "support/gic_bus.h"
#include "support/source_dir.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fstream>
#include <string>
#include <vector>

using namespace iommusim;
using namespace iommusim::tests;
namespace rules = iommusim::gic::rules;
using gic::DoorbellOutcome;

namespace {

gic::RedistributorConfig two_processors() {
  gic::RedistributorConfig config;
  config.processors = 2;
  return config;
}

software::ItsDriverConfig at(const gic::ItsConfig& its, const gic::RedistributorConfig& redistributors) {
  software::ItsDriverConfig config;
  config.its_base = its.register_base;
  config.redistributor_base = redistributors.register_base;
  return config;
}

/// DRAM from 1 GiB on; the driver's tables are in its first 64 MiB.
struct ItsFixture {
  explicit ItsFixture(const gic::ItsConfig& its = {}, const gic::RedistributorConfig& redistributors = two_processors())
      : bus{its, redistributors, {PhysAddr{0x4000'0000}, PhysAddr{0x7FFF'FFFF}}},
        pages{bus, {PhysAddr{0x4000'0000}, PhysAddr{0x43FF'FFFF}}},
        driver{bus, pages, at(its, redistributors)} {}

  /// What the device's write of its message comes to.
  gic::DoorbellResult send(RequesterId requester, const interrupts::MsiMessage& message) {
    return bus.its().ring(doorbell_message(message.address, message.data, requester));
  }

  GicBus bus;
  software::PageAllocator pages;
  software::ItsDriver driver;
};

constexpr RequesterId nic{0x10};
constexpr RequesterId disk{0x100};

}  // namespace

TEST_CASE("The ITS driver enables ITS and redistributors without a command error", "[software][its]") {
  ItsFixture fixture;
  fixture.driver.enable();
  CHECK(fixture.driver.processors() == 2);
  CHECK(fixture.bus.its().read_register(0, 4) == 1);
  CHECK(fixture.bus.its().commands() == 8);
  CHECK(fixture.bus.its().command_errors() == 0);
}

TEST_CASE("A vector's message delivers the LPI that the driver foresaw, once it is unmasked", "[software][its]") {
  ItsFixture fixture;
  fixture.driver.enable();
  fixture.driver.add_device(nic.raw(), 3);
  for (std::uint32_t event = 0; event < 3; ++event) {
    const auto vector = fixture.driver.map_vector(nic.raw(), event, event % 2);
    CHECK(vector.message.address == BusAddr{0x0809'0040});
    CHECK(vector.message.data == event);
    CHECK(fixture.send(nic, vector.message).outcome == DoorbellOutcome::pending);
    fixture.driver.set_masked(nic.raw(), event, false);
    CHECK(fixture.bus.log().records().back().intid == vector.intid);
    const auto result = fixture.send(nic, vector.message);
    CHECK(result.outcome == DoorbellOutcome::delivered);
    CHECK(result.intid == vector.intid);
    CHECK(result.processor == vector.processor);
    fixture.driver.set_masked(nic.raw(), event, true);
    CHECK(fixture.send(nic, vector.message).outcome == DoorbellOutcome::pending);
  }
  CHECK(fixture.bus.its().command_errors() == 0);
}

TEST_CASE("set_affinity moves a vector, and masking follows it", "[software][its]") {
  ItsFixture fixture;
  fixture.driver.enable();
  fixture.driver.add_device(nic.raw(), 1);
  const auto vector = fixture.driver.map_vector(nic.raw(), 0, 0);
  fixture.driver.set_masked(nic.raw(), 0, false);
  CHECK(fixture.send(nic, vector.message).processor == 0);
  fixture.driver.set_affinity(nic.raw(), 0, 1);
  CHECK(fixture.send(nic, vector.message).processor == 1);
  fixture.driver.set_masked(nic.raw(), 0, true);
  fixture.driver.set_affinity(nic.raw(), 0, 0);
  CHECK(fixture.send(nic, vector.message).outcome == DoorbellOutcome::pending);
}

TEST_CASE("What is unmapped or removed delivers nothing and is free again", "[software][its]") {
  ItsFixture fixture;
  fixture.driver.enable();
  fixture.driver.add_device(nic.raw(), 2);
  const auto first = fixture.driver.map_vector(nic.raw(), 0, 0);
  const auto second = fixture.driver.map_vector(nic.raw(), 1, 0);
  fixture.driver.unmap_vector(nic.raw(), 0);
  CHECK(fixture.send(nic, first.message).rule == &rules::event_unmapped);
  CHECK(fixture.send(nic, second.message).outcome == DoorbellOutcome::pending);
  const std::size_t in_use = fixture.pages.pages_in_use();
  fixture.driver.remove_device(nic.raw());
  CHECK(fixture.pages.pages_in_use() == in_use - 1);
  CHECK(fixture.send(nic, second.message).rule == &rules::device_unmapped);
  fixture.driver.add_device(disk.raw(), 1);
  CHECK(fixture.driver.map_vector(disk.raw(), 0, 0).intid == first.intid);
  CHECK(fixture.bus.its().command_errors() == 0);
}

TEST_CASE("The driver copes with every form of tables that an ITS may have", "[software][its]") {
  gic::ItsConfig config;
  config.indirect_device_table = GENERATE(false, true);
  const int page = GENERATE(-1, 0, 1, 2);
  if (page >= 0) config.table_page = static_cast<gic::TablePage>(page);
  config.device_entry_size = GENERATE(8u, 32u);
  config.physical_targets = page == 1;
  config.translation_entry_size = 12;
  ItsFixture fixture{config};
  fixture.driver.enable();
  for (const std::uint16_t id : {std::uint16_t{0}, std::uint16_t{0x1FF}, std::uint16_t{0x7FFF}}) {
    CAPTURE(id, page);
    fixture.driver.add_device(id, 5);
    const auto vector = fixture.driver.map_vector(id, 4, 1);
    fixture.driver.set_masked(id, 4, false);
    CHECK(fixture.send(RequesterId{id}, vector.message).outcome == DoorbellOutcome::delivered);
  }
  CHECK(fixture.bus.its().command_errors() == 0);
}

TEST_CASE("The ITS driver says what cannot be done", "[software][its]") {
  ItsFixture fixture;
  fixture.driver.enable();
  fixture.driver.add_device(nic.raw(), 1);
  fixture.driver.map_vector(nic.raw(), 0, 0);
  CHECK_THROWS_AS(fixture.driver.add_device(nic.raw(), 1), software::DriverError);
  CHECK_THROWS_AS(fixture.driver.add_device(0x1'0000, 1), software::DriverError);
  CHECK_THROWS_AS(fixture.driver.add_device(disk.raw(), 0), software::DriverError);
  CHECK_THROWS_AS(fixture.driver.add_device(disk.raw(), 0x1'0001), software::DriverError);
  CHECK_THROWS_AS(fixture.driver.map_vector(nic.raw(), 0, 0), software::DriverError);
  CHECK_THROWS_AS(fixture.driver.map_vector(nic.raw(), 1, 0), software::DriverError);
  CHECK_THROWS_AS(fixture.driver.map_vector(disk.raw(), 0, 0), software::DriverError);
  CHECK_THROWS_AS(fixture.driver.set_affinity(nic.raw(), 0, 2), software::DriverError);
  CHECK_THROWS_AS(fixture.driver.unmap_vector(nic.raw(), 7), software::DriverError);
  CHECK_THROWS_AS(fixture.driver.remove_device(disk.raw()), software::DriverError);
}

TEST_CASE("The ITS driver refuses what is no ITS", "[software][its]") {
  MemoryBus bus{{PhysAddr{0x4000'0000}, PhysAddr{0x7FFF'FFFF}}};
  software::PageAllocator pages{bus, {PhysAddr{0x4000'0000}, PhysAddr{0x43FF'FFFF}}};
  CHECK_THROWS_AS((software::ItsDriver{bus, pages, at({}, {})}), software::DriverError);
}

namespace {

/// "MAPD DeviceID 0x10 Size 0x0 …": the number after `name`.
std::uint32_t number(const std::string& line, const std::string& name) {
  const auto found = line.find(" " + name + " ");
  REQUIRE(found != std::string::npos);
  return static_cast<std::uint32_t>(std::stoul(line.substr(found + name.size() + 2), nullptr, 0));
}

/// The driver asked to do what gave rise to the command.
void repeat(software::ItsDriver& driver, const std::string& line) {
  const std::string name = line.substr(0, line.find(' '));
  const std::uint32_t device = number(line, "DeviceID");
  if (name == "MAPD" && number(line, "V") == 0) return driver.remove_device(device);
  // Size 0 is one vector, Size 1 is three or four.
  if (name == "MAPD") return driver.add_device(device, number(line, "Size") == 0 ? 1 : 3);
  const std::uint32_t event = number(line, "EventID");
  if (name == "INV") return driver.set_masked(device, event, false);
  if (name == "DISCARD") return driver.unmap_vector(device, event);
  REQUIRE(name == "MAPTI");
  CHECK(driver.map_vector(device, event, number(line, "ICID")).intid == number(line, "pINTID"));
}

}  // namespace

namespace {

/// As the log has it, but without ITT_addr.
std::string describe(const std::vector<std::uint64_t>& words) {
  const auto device = fmt::format("DeviceID {:#x}", words[0] >> 32);
  const auto event = fmt::format("{} EventID {:#x}", device, words[1] & 0xFFFF'FFFF);
  const std::uint64_t collection = words[2] & 0xFFFF;
  switch (words[0] & 0xFF) {
    case 0x05: return "SYNC";
    case 0x08: return fmt::format("MAPD {} Size {:#x} V {}", device, words[1] & 0x1F, words[2] >> 63);
    case 0x09:
      return fmt::format("MAPC ICID {:#x} RDbase {:#x} V {}", collection, words[2] >> 16 & 0xFFFF, words[2] >> 63);
    case 0x0A: return fmt::format("MAPTI {} ICID {:#x} pINTID {:#x}", event, collection, words[1] >> 32);
    case 0x0C: return "INV " + event;
    case 0x0D: return "INVALL";
    case 0x0F: return "DISCARD " + event;
    default: return "?";
  }
}

std::string without_table(std::string line) {
  const auto table = line.find(" ITT_addr ");
  if (table != std::string::npos) line.erase(table, line.find(' ', table + 10) - table);
  // Of an unmapped device Linux repeats the size.
  const auto size = line.find(" Size 0x");
  if (size != std::string::npos && line.back() == '0') line.replace(size, 9, " Size 0x0");
  return line;
}

}  // namespace

TEST_CASE("Asked for what a captured Linux did, the driver gives the same commands", "[software][its]") {
  ItsFixture fixture;
  fixture.driver.enable();
  const PhysAddr queue{fixture.bus.its().read_register(0x80, 8) & 0x000F'FFFF'FFFF'F000};
  std::ifstream in{source_dir() + "/tests/data/captures/smmuv3-strict/its-commands.txt"};
  std::uint64_t commands = 0;
  for (std::string line; std::getline(in, line);) {
    CAPTURE(line);
    if (line.empty()) continue;
    if (line.find("DeviceID") != std::string::npos) repeat(fixture.driver, line);
    std::vector<std::uint64_t> words;
    for (std::uint64_t i = 0; i < 4; ++i)
      words.push_back(fixture.bus.load64(queue + commands * 32 + i * 8));
    CHECK(describe(words) == without_table(line));
    ++commands;
  }
  CHECK(commands == 106);
  CHECK(fixture.bus.its().commands() == 106);
  CHECK(fixture.bus.its().command_errors() == 0);
}
