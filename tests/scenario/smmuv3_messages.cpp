// SPDX-License-Identifier: Apache-2.0
// Interrupts of an SMMUv3 as messages, on a platform with a GIC. Oracle: SMMUv3 architecture 3.18 and 6.3.19, offsets
// and bits retyped; the Arm platform's map; Linux's order of the unit's vectors: events, errors, page requests.
#include "analysis/json_report.h"
#include "analysis/text_report.h"
#include "interrupts/gic/rules.h"
#include "support/arm_platform.h"
#include "support/played_trace.h"

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr PhysAddr smmu{0x905'0000};
constexpr std::uint64_t irq_ctrl = 0x50, gerror = 0x60, gerrorn = 0x64, gerror_irq_cfg0 = 0x68, eventq_irq_cfg0 = 0xB0;
constexpr std::uint32_t msi_eventq_abt = 0x20, msi_gerror_abt = 0x80;
constexpr std::uint64_t nowhere = 0x7'0000'0000;

const std::string faulting = "0ns nic0 write 0x9000_0000 64\n";
const std::vector<std::string> by_its = {"iommus.smmu0.msi=true", "iommus.smmu0.doorbell=its",
                                         "iommus.smmu0.device_id=0x1_0000", "gic.its.device_bits=17"};

struct MessagesRun : PlayedTrace {
  explicit MessagesRun(const std::vector<std::string>& settings) : PlayedTrace{test::arm_description(settings)} {}

  const std::vector<platforms::UnitMessage>& sent() { return platform().machine().messages_of(0).all(); }
  std::uint64_t read(std::uint64_t offset, unsigned width = 4) {
    return platform().machine().iommu(0).read_register(offset, width);
  }
  std::uint32_t active_errors() { return static_cast<std::uint32_t>(read(gerror) ^ read(gerrorn)); }
  /// A driver that gives a source another address, as the guards of IRQ_CTRL want it.
  void redirect(std::uint64_t config, std::uint64_t address) {
    auto& bus = platform().system().bus();
    const std::uint32_t enabled = bus.load32(smmu + irq_ctrl);
    bus.store32(smmu + irq_ctrl, 0);
    bus.store64(smmu + config, address);
    bus.store32(smmu + irq_ctrl, enabled);
  }
};

}  // namespace

TEST_CASE("An event of an SMMUv3 is an LPI of its own DeviceID", "[replay][smmuv3]") {
  MessagesRun run{by_its};
  CHECK(run.read(eventq_irq_cfg0, 8) == 0x809'0040);
  run.play(faulting);
  REQUIRE(run.sent().size() == 1);
  const platforms::UnitMessage& sent = run.sent().front();
  CHECK(sent.count == 1);
  CHECK(sent.message == interrupts::MsiMessage{BusAddr{0x809'0040}, 0});
  CHECK(sent.landing.kind == LandingKind::interrupt);
  CHECK(run.name(sent.landing.where) == "its");
  CHECK(sent.landing.vector >= 8192);
  REQUIRE(run.platform().machine().gic_log().delivered() == 1);
  CHECK(run.platform().machine().gic_log().records().back().intid == sent.landing.vector);
  CHECK(run.active_errors() == 0);
}

TEST_CASE("Results tell of the messages that an SMMUv3 sent", "[replay][smmuv3]") {
  MessagesRun run{by_its};
  run.play(faulting);
  const platforms::Machine& machine = run.platform().machine();
  const auto json = analysis::to_json(run.results(), {}, machine);
  const auto& messages = json["iommus"]["smmu0"]["messages"];
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["count"] == 1);
  CHECK(messages[0]["address"] == "0x8090040");
  CHECK(messages[0]["landed"]["kind"] == "interrupt");
  CHECK(messages[0]["landed"]["intid"] == run.sent().front().landing.vector);
  const std::string text = analysis::to_text(run.results(), {}, machine, analysis::TextForm::grouped);
  CHECK(text.find("smmu0 sent 1 message of its own: LPI ") != std::string::npos);
}

TEST_CASE("A GICv2m frame takes the messages of an SMMUv3 by INTID", "[replay][smmuv3]") {
  MessagesRun run{{"iommus.smmu0.msi=true", "iommus.smmu0.doorbell=gicv2m"}};
  run.play(faulting);
  REQUIRE(run.sent().size() == 1);
  CHECK(run.sent().front().message == interrupts::MsiMessage{BusAddr{0x802'0040}, 80});
  CHECK(run.sent().front().landing.vector == 80);
  CHECK(run.name(run.sent().front().landing.where) == "gicv2m");
}

TEST_CASE("A distributor takes the messages of an SMMUv3 and of devices by INTID", "[replay][smmuv3][gic]") {
  MessagesRun run{{"gic.mbi={registers: 0x800_0000, spis: [{first: 97, count: 1}, {first: 128, count: 32}]}",
                   "host_bridges.pcie0.doorbell=mbi", "software.interrupts.0={device: nic0, index: 2}",
                   "iommus.smmu0.msi=true", "iommus.smmu0.doorbell=mbi"}};
  run.play(faulting + "1us disk0 msi 1\n");
  REQUIRE(run.sent().size() == 1);
  CHECK(run.sent().front().message == interrupts::MsiMessage{BusAddr{0x800'0040}, 97});
  CHECK(run.sent().front().landing.vector == 97);
  CHECK(run.name(run.sent().front().landing.where) == "mbi");
  CHECK(run.landing(1).kind == LandingKind::interrupt);
  CHECK(run.landing(1).vector >= 128);
  CHECK(run.collisions(analysis::CollisionKind::doorbell_lost) == 0);
}

TEST_CASE("A message that nobody takes is MSI_EVENTQ_ABT_ERR, of which the unit's error tells", "[replay][smmuv3]") {
  MessagesRun run{by_its};
  run.redirect(eventq_irq_cfg0, nowhere);
  run.play(faulting);
  CHECK(run.active_errors() == msi_eventq_abt);
  REQUIRE(run.sent().size() == 2);
  std::uint64_t lost = 0;
  std::uint64_t delivered = 0;
  for (const platforms::UnitMessage& sent : run.sent()) {
    lost += sent.landing.kind == LandingKind::rejected ? sent.count : 0;
    delivered += sent.landing.kind == LandingKind::interrupt ? sent.count : 0;
  }
  CHECK(lost == 1);
  CHECK(delivered == 1);
}

TEST_CASE("Without a message for errors that can be sent, GERROR says both", "[replay][smmuv3]") {
  MessagesRun run{by_its};
  run.redirect(eventq_irq_cfg0, nowhere);
  run.redirect(gerror_irq_cfg0, nowhere + 0x1000);
  run.play(faulting);
  CHECK(run.active_errors() == (msi_eventq_abt | msi_gerror_abt));
}

TEST_CASE("A message that the ITS drops was accepted", "[replay][smmuv3]") {
  MessagesRun run{by_its};
  // GITS_TRANSLATER takes it; the page's other registers are no doorbells.
  run.redirect(eventq_irq_cfg0, 0x809'0044);
  run.play(faulting);
  CHECK(run.active_errors() == 0);
  REQUIRE(run.sent().size() == 1);
  CHECK(run.sent().front().landing.rule == &gic::rules::not_a_doorbell);
}

TEST_CASE("Without a doorbell the interrupts of an SMMUv3 stay on their wires", "[replay][smmuv3]") {
  MessagesRun run{{"iommus.smmu0.msi=true"}};
  CHECK(run.read(eventq_irq_cfg0, 8) == 0);
  run.play(faulting);
  CHECK(run.sent().empty());
  CHECK(run.platform().machine().interrupts_delivered() == 1);
}
