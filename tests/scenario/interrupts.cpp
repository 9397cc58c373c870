// SPDX-License-Identifier: Apache-2.0
// Oracle: the messages that the bench platform programs (vector 0x41 to APIC 2 for nic0, 0x61 to APIC 1 for disk0), the
// format of x86 messages (Intel SDM volume 3, 11.11), statement ACS-037 of the reference sheet.
#include "pcie/capability_list.h"
#include "support/bench_interrupts.h"
#include "support/bench_platform.h"
#include "support/played_trace.h"

#include <fmt/format.h>

using namespace iommusim;
using namespace iommusim::tests;
using analysis::CollisionKind;

TEST_CASE("Programmed messages arrive, from an MSI-X table and from an MSI capability", "[replay][msi]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns nic0  msi 0
0ns disk0 msi 0
)");
  expect_programmed_interrupts(run);
  CHECK(run.platform().machine().local_apic().records().size() == 2);
}

TEST_CASE("A raw write to the interrupt window forges an interrupt", "[replay][msi]") {
  PlayedTrace run{bench_platform()};
  run.play("0ns nic0 raw-write 0xfee0_1000 0x99\n");
  CHECK(run.landing(0).kind == LandingKind::interrupt);
  CHECK(run.landing(0).vector == 0x99);
  CHECK(run.landing(0).destination == 1);
  CHECK(run.collisions(CollisionKind::interrupt_forged) == 1);
  CHECK(run.platform().machine().local_apic().delivered() == 1);
}

TEST_CASE("A raw write of the message that a driver programmed is no forgery, that of another device is",
          "[replay][msi]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns nic0  raw-write 0xfee0_2000 0x41
0ns disk0 raw-write 0xfee0_2000 0x41
)");
  CHECK(run.collisions(CollisionKind::interrupt_forged) == 1);
  CHECK(run.results().collisions_total == 1);
}

TEST_CASE("A write that is no aligned doubleword is no interrupt", "[replay][msi]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns nic0 write 0xfee0_0000 8
0ns nic0 raw-write 0xfee0_0002 0x41
0ns nic0 read 0xfee0_0000 4
)");
  for (const Landed& landed : run.landed())
    CHECK(landed.landing.kind != LandingKind::interrupt);
  // What arrives at the local APICs is the unit's own message: it recorded the malformed requests as faults.
  CHECK(run.results().interrupts.empty());
  for (const auto& record : run.platform().machine().local_apic().records())
    CHECK(record.interrupt.source != run.platform().id("nic0"));
}

TEST_CASE("ACS-037 An MSI whose doorbell address lies in a peer's window below a switch without ACS lands in a BAR",
          "[replay][msi]") {
  platforms::Description description = bench_platform();
  // gpu0's BAR 0 of 16 MiB moves around the doorbell, and its port's window with it.
  platforms::FunctionDescription& port = description.host_bridges[0].functions[0].children[0].children[1];
  port.window = Range<BusAddr>{BusAddr{0xFE00'0000}, BusAddr{0xFEFF'FFFF}};
  port.children[0].bars[0].base = BusAddr{0xFE00'0000};
  PlayedTrace run{std::move(description)};
  run.play("0ns nic0 msi 0\n");

  CHECK(run.landing(0).kind == LandingKind::peer);
  CHECK(run.name(run.landing(0).where) == "gpu0");
  CHECK(run.landing(0).bar == 0);
  // 0xfee0_2000, the message for APIC 2, from the BAR's base on.
  CHECK(run.landing(0).bar_offset == 0xE0'2000);
  CHECK(run.bar("gpu0", 0, 0xE0'2000, 4) == std::vector<unsigned char>{0x41, 0, 0, 0});
  CHECK(run.collisions(CollisionKind::doorbell_lost) == 1);
  CHECK(run.platform().machine().local_apic().delivered() == 0);
}

TEST_CASE("A function whose MSI is off sends nothing, and the replay goes on", "[replay][msi]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns disk0 set msi off
0ns disk0 msi 0
0ns disk0 set msi on
0ns disk0 msi 0
)");
  CHECK(run.landing(0).kind == LandingKind::rejected);
  CHECK(run.landing(0).rule->id == "msi.disabled");
  CHECK(run.name(run.landing(0).where) == "disk0");
  CHECK(run.landing(1).kind == LandingKind::interrupt);
  CHECK(run.platform().machine().local_apic().delivered() == 1);
  CHECK(run.collisions(CollisionKind::doorbell_lost) == 1);
  CHECK(run.results().collisions[0].remedies[0].action == "enable-interrupts");
}

TEST_CASE("A vector that no driver enabled is lost, not a hole in the windows", "[replay][msi]") {
  platforms::Description description = bench_platform();
  description.interrupts.clear();
  PlayedTrace run{std::move(description)};
  run.play("0ns disk0 msi 0\n");
  CHECK(run.collisions(CollisionKind::doorbell_lost) == 1);
}

TEST_CASE("A vector that stays masked sets its pending bit and sends nothing", "[replay][msi]") {
  PlayedTrace run{bench_platform()};
  // Vector control of entry 0 is the last doubleword of its 16 bytes (PCIe base specification, 7.7.2.8).
  run.play(R"(
0ns cpu  write 0x9100_800c 4 1
2us nic0 msi 0
3us nic0 msi 0
4us nic0 read 0xffe0_0000 64
)");
  // Once for the vector, when it is certain that nobody unmasks it.
  REQUIRE(run.landed().size() == 2);
  CHECK(run.landing(0).kind == LandingKind::memory);
  CHECK(run.landing(1).kind == LandingKind::rejected);
  CHECK(run.landing(1).rule->id == "msi.masked");
  CHECK(run.results().collisions[0].first == Duration::nanoseconds(2000));
  CHECK(run.results().collisions[0].remedies[0].action == "unmask-vector");
  CHECK(run.platform().machine().local_apic().delivered() == 0);
  CHECK(run.collisions(CollisionKind::doorbell_lost) == 1);
  const platforms::Machine& machine = run.platform().machine();
  const platforms::Device& nic = *machine.find_device("nic0");
  const pcie::ConfigSpace& config = machine.topology()[nic.node].config;
  const auto msix = pcie::find_capability(pcie::reader_of(config), pcie::CapabilityId::msix);
  REQUIRE(msix);
  std::uint8_t pending = 0;
  REQUIRE(nic.bars->read(0, config.read(*msix + 8, 4) & ~7U, &pending, 1));
  CHECK(pending == 1);
}

TEST_CASE("A vector that was signalled while masked sends one message when its table entry is unmasked",
          "[replay][msi]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns cpu  write 0x9100_800c 4 1
1us nic0 msi 0
2us nic0 msi 0
3us cpu  write 0x9100_800c 4 1
5us cpu  write 0x9100_800c 4 0
6us cpu  write 0x9100_800c 4 1
7us cpu  write 0x9100_800c 4 0
8us nic0 msi 0
)");
  REQUIRE(run.landed().size() == 2);
  const auto& records = run.platform().machine().local_apic().records();
  REQUIRE(records.size() == 2);
  CHECK(records[0].interrupt.vector == 0x41);
  CHECK(records[0].interrupt.destination == 2);
  CHECK(run.results().collisions_total == 0);
  REQUIRE(run.results().interrupts.size() == 1);
  CHECK(run.results().interrupts[0].count == 2);
  // The message follows the write that unmasks it.
  CHECK(run.results().interrupts[0].first > Duration::nanoseconds(5000));
  CHECK(run.results().interrupts[0].first < Duration::nanoseconds(6000));
  CHECK(run.bar("nic0", 0, 0x8040, 1) == std::vector<unsigned char>{0});
}

TEST_CASE("A function mask holds back all vectors, and clearing it sends those that are pending and not masked",
          "[replay][msi]") {
  platforms::Description description = bench_platform();
  description.interrupts.push_back({"nic0", 1, 0x42, 2});
  description.interrupts.push_back({"nic0", 2, 0x43, 2});
  PlayedTrace run{std::move(description)};
  const pcie::ConfigSpace& config = run.platform().machine().topology()[run.platform().node("nic0")].config;
  const auto msix = pcie::find_capability(pcie::reader_of(config), pcie::CapabilityId::msix);
  REQUIRE(msix);
  // Message Control of 03:00.0 in configuration space at 0xb000_0000 (PCIe base specification, 7.2.2 and 7.7.2.2).
  const std::string control = fmt::format("cpu write {:#x} 2 ", 0xB030'0000 + *msix + 2);
  run.play("0ns " + control + "0xc000\n0ns nic0 msi 2\n0ns nic0 msi 0\n0ns nic0 msi 1\n" +
           "0ns cpu write 0x9100_801c 4 1\n0ns " + control + "0x8000\n");
  const auto& records = run.platform().machine().local_apic().records();
  REQUIRE(records.size() == 2);
  CHECK(records[0].interrupt.vector == 0x43);
  CHECK(records[1].interrupt.vector == 0x41);
  CHECK(run.bar("nic0", 0, 0x8040, 1) == std::vector<unsigned char>{0b010});
  CHECK(run.collisions(CollisionKind::doorbell_lost) == 1);
  CHECK(run.results().collisions_total == 1);
}

TEST_CASE("A maskable MSI sends a pending vector when its mask bit is cleared", "[replay][msi]") {
  platforms::Description description = bench_platform();
  // disk0, 05:00.0, below the third downstream port.
  description.host_bridges[0].functions[0].children[0].children[2].children[0].msi->maskable = true;
  PlayedTrace run{std::move(description)};
  const pcie::ConfigSpace& config = run.platform().machine().topology()[run.platform().node("disk0")].config;
  const auto msi = pcie::find_capability(pcie::reader_of(config), pcie::CapabilityId::msi);
  REQUIRE(msi);
  // With 64-bit addresses the mask bits are at 10h and the pending bits at 14h (7.7.1.7 and 7.7.1.8).
  const std::string mask = fmt::format("cpu write {:#x} 4 ", 0xB050'0000 + *msi + 0x10);
  run.play("0ns " + mask + "1\n0ns disk0 msi 0\n1us nic0 msi 0\n2us disk0 set bus-master on\n3us " + mask + "0\n");
  const auto& records = run.platform().machine().local_apic().records();
  REQUIRE(records.size() == 2);
  CHECK(records[0].interrupt.vector == 0x41);
  CHECK(records[1].interrupt.vector == 0x61);
  CHECK(config.read(*msi + 0x14, 4) == 0);
  CHECK(run.results().collisions_total == 0);
}

TEST_CASE("A device that writes into another one's vector table unmasks its vector, too", "[replay][msi]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns cpu   write 0x9100_800c 4 1
0ns nic0  msi 0
0ns disk0 write 0x9100_800c 4 data=00000000
)");
  CHECK(run.landing(0).kind == LandingKind::peer);
  CHECK(run.landing(1).kind == LandingKind::interrupt);
  CHECK(run.platform().machine().local_apic().delivered() == 1);
  CHECK(run.collisions(CollisionKind::doorbell_lost) == 0);
}

TEST_CASE("A vector that is unmasked while MSI-X is off waits until it is on", "[replay][msi]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns cpu  write 0x9100_800c 4 1
0ns nic0 msi 0
0ns nic0 set msi off
0ns cpu  write 0x9100_800c 4 0
1us nic0 read 0xffe0_0000 64
2us nic0 set msi on
)");
  CHECK(run.landing(0).kind == LandingKind::memory);
  CHECK(run.landing(1).kind == LandingKind::interrupt);
  CHECK(run.results().collisions_total == 0);
}
