// SPDX-License-Identifier: Apache-2.0
// Oracle: the bench platform's vectors (0x41 to APIC 2 for nic0, 0x61 to APIC 1 for disk0) and the VT-d sheet, 2.9, 3.2
// and 8: entries are written by hand in the traces.
#include "analysis/explain_report.h"
#include "platforms/walk.h"
#include "support/bench_interrupts.h"
#include "support/bench_platform.h"
#include "support/played_trace.h"
#include "support/vtd_unit.h"

using namespace iommusim;
using namespace iommusim::tests;
using analysis::CollisionKind;

namespace {

platforms::Description remapping_platform() {
  platforms::Description description = bench_platform();
  description.iommus[0].vtd.interrupt_remapping = true;
  return description;
}

/// nic0's vectors 0 and 1 go to a virtual processor on APIC 3, vector 1 is urgent.
platforms::Description posting_platform(bool suppressed = false) {
  platforms::Description description = remapping_platform();
  description.iommus[0].vtd.posted_interrupts = true;
  description.virtual_processors.push_back({"vcpu0", PhysAddr{0x1800'0000}, 0xF2, 3, suppressed});
  description.interrupts[0] = {"nic0", 0, 0x51, 0, 0, "vcpu0", false};
  description.interrupts.push_back({"nic0", 1, 0x52, 0, 0, "vcpu0", true});
  return description;
}

std::vector<unsigned> vectors_at_processors(PlayedTrace& run) {
  std::vector<unsigned> vectors;
  for (const auto& record : run.platform().machine().local_apic().records())
    vectors.push_back(record.interrupt.vector);
  return vectors;
}

}  // namespace

TEST_CASE("Behind a unit that remaps, programmed messages arrive through their entries",
          "[replay][interrupt-remapping]") {
  PlayedTrace run{remapping_platform()};
  run.play("0ns nic0 msi 0\n1us disk0 msi 0\n2us nic0 msi 0\n");
  expect_programmed_interrupts(run);
  const auto& records = run.platform().machine().local_apic().records();
  CHECK(records.size() == 3);
  // The device sent the remappable format; the processor got what the entry says.
  CHECK((run.landed()[0].access.address.value() & 0x10) != 0);
  CHECK((records[0].message.address.value() & 0x10) == 0);
  const vtd::UnitStatistics& unit = vtd_unit(run.platform().machine()).statistics();
  CHECK(unit.interrupt_entry_misses == 2);
  CHECK(unit.interrupt_entry_hits == 1);
}

TEST_CASE("A plain MSI's vectors are entries one after another", "[replay][interrupt-remapping]") {
  platforms::Description description = remapping_platform();
  auto& disk = description.host_bridges[0].functions[0].children[0].children[2].children[0];
  disk.msi->vectors = 4;
  description.interrupts.push_back({"disk0", 1, 0x91, 7});
  PlayedTrace run{std::move(description)};
  run.play("0ns disk0 msi 0\n1us disk0 msi 1\n");
  CHECK(vectors_at_processors(run) == std::vector<unsigned>{0x61, 0x91});
  CHECK(run.results().collisions_total == 0);
}

TEST_CASE("A forged message is blocked and recorded, and is no collision: nobody meant it to arrive",
          "[replay][interrupt-remapping]") {
  PlayedTrace run{remapping_platform()};
  // In compatibility format, for disk0's entry, for an entry that nobody wrote, for one beyond the table.
  run.play(R"(
0ns nic0 raw-write 0xfee0_1000 0x99
1us nic0 raw-write 0xfee0_0030 0x61
2us nic0 raw-write 0xfee0_0050 0
3us nic0 raw-write 0xfee8_0010 0
)");
  const std::vector<unsigned> reasons{0x25, 0x26, 0x22, 0x21};
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    CHECK(run.landing(i).kind == LandingKind::iommu_fault);
    CHECK(run.landing(i).fault_reason == reasons[i]);
  }
  CHECK(run.results().collisions_total == 0);
  CHECK(run.results().interrupts.empty());
}

TEST_CASE("The message that a driver programmed is no forgery when it is written by hand",
          "[replay][interrupt-remapping]") {
  PlayedTrace run{remapping_platform()};
  run.play("0ns nic0 raw-write 0xfee0_0018 0\n");
  CHECK(vectors_at_processors(run) == std::vector<unsigned>{0x41});
  CHECK(run.results().collisions_total == 0);
}

TEST_CASE("An interrupt whose entry is gone is lost, and the remedy names the entry", "[replay][interrupt-remapping]") {
  PlayedTrace run{remapping_platform()};
  run.play("0ns nic0 irte 0 0 0\n1us nic0 msi 0\n");
  CHECK(run.collisions(CollisionKind::doorbell_lost) == 1);
  CHECK(run.landing(0).fault_reason == 0x22);
  CHECK(run.results().collisions[0].remedies[0].action == "program-entry");
}

TEST_CASE("VTD-067 An entry that is changed without an invalidation interrupts where it did before",
          "[replay][interrupt-remapping]") {
  PlayedTrace run{remapping_platform()};
  // Entry 0 of nic0 (03:00.0): vector 0x77 to APIC 5.
  const std::string entry = "nic0 irte 0 0x500_0077_0001 0x4_0300";
  run.play("0ns nic0 msi 0\n1us " + entry + " no-invalidate\n2us nic0 raw-write 0xfee0_0010 0\n3us " + entry +
           "\n4us nic0 raw-write 0xfee0_0010 0\n");
  CHECK(vectors_at_processors(run) == std::vector<unsigned>{0x41, 0x41, 0x77});
  CHECK(run.collisions(CollisionKind::doorbell_lost) == 1);
  CHECK(run.results().collisions[0].remedies[0].action == "invalidate");
}

TEST_CASE("With remapping switched off messages pass as they are, and forging is possible again",
          "[replay][interrupt-remapping]") {
  PlayedTrace run{remapping_platform()};
  run.play(
      "0ns nic0 set interrupt-remapping off\n1us nic0 raw-write 0xfee0_1000 0x99\n"
      "2us nic0 set interrupt-remapping on\n3us nic0 raw-write 0xfee0_1000 0x99\n");
  // The second message at the processors is the unit's own: it recorded the fault of the second forgery.
  CHECK(vectors_at_processors(run) == std::vector<unsigned>{0x99, 0xF0});
  CHECK(run.collisions(CollisionKind::interrupt_forged) == 1);
  CHECK(run.results().collisions[0].remedies[0].action == "interrupt-remapping");
  CHECK(run.landing(1).fault_reason == 0x25);
}

TEST_CASE("Extended interrupt mode reaches APIC IDs above 255", "[replay][interrupt-remapping]") {
  platforms::Description description = remapping_platform();
  description.iommus[0].vtd.extended_interrupt_mode = true;
  description.interrupts[0].apic_id = 0x1'2345;
  PlayedTrace run{std::move(description)};
  run.play("0ns nic0 msi 0\n");
  const auto& records = run.platform().machine().local_apic().records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].interrupt.destination == 0x1'2345);
  CHECK(run.results().collisions_total == 0);
}

TEST_CASE("VTD-069 A posted interrupt lands in the descriptor with its vector, and the processor is notified once",
          "[replay][posted-interrupts]") {
  PlayedTrace run{posting_platform()};
  run.play("0ns nic0 msi 0\n1us nic0 msi 0\n2us nic0 msi 1\n");
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(run.landing(i).kind == LandingKind::interrupt);
    CHECK(run.landing(i).rule->id == "vtd.interrupt-posted");
    CHECK(run.landing(i).destination == 3);
  }
  CHECK(run.landing(0).vector == 0x51);
  CHECK(run.landing(2).vector == 0x52);
  CHECK(run.results().collisions_total == 0);
  CHECK(vectors_at_processors(run) == std::vector<unsigned>{0xF2});
  // Bits 0x51 and 0x52 of PIR; ON.
  CHECK(run.memory(0x1800'0000 + 0x51 / 8, 1) == std::vector<unsigned char>{0b110});
  CHECK(run.memory(0x1800'0020, 1) == std::vector<unsigned char>{1});
}

TEST_CASE("VTD-070 A virtual processor that does not run is notified of urgent interrupts only",
          "[replay][posted-interrupts]") {
  PlayedTrace run{posting_platform(true)};
  run.play("0ns nic0 msi 0\n1us nic0 msi 1\n2us nic0 msi 1\n");
  CHECK(vectors_at_processors(run) == std::vector<unsigned>{0xF2});
  CHECK(run.memory(0x1800'0020, 1) == std::vector<unsigned char>{3});
}

TEST_CASE("A poisoned message is discarded and not taken down", "[replay][posted-interrupts]") {
  PlayedTrace run{posting_platform()};
  run.play("0ns nic0 msi 0 poisoned\n");
  CHECK(run.landing(0).kind == LandingKind::rejected);
  CHECK(run.memory(0x1800'0000 + 0x51 / 8, 1) == std::vector<unsigned char>{0});
  CHECK(run.platform().machine().local_apic().delivered() == 0);
}

TEST_CASE("A posted interrupt and its static walk agree, and asking posts nothing", "[replay][posted-interrupts]") {
  PlayedTrace run{posting_platform()};
  run.play("0ns nic0 msi 0\n");
  Access access;
  access.operation = Operation::write;
  access.address = run.landed()[0].access.address;
  access.size = 4;
  iommu::FetchLog fetches;
  const platforms::Walk walk = platforms::walk(run.platform().machine(), run.platform().node("nic0"), access, fetches);
  CHECK(walk.landing.kind == run.landing(0).kind);
  CHECK(walk.landing.vector == run.landing(0).vector);
  CHECK(walk.landing.destination == run.landing(0).destination);
  CHECK(walk.landing.where == run.landing(0).where);
  CHECK(vtd_unit(run.platform().machine()).statistics().posted_interrupts == 1);
}
