// SPDX-License-Identifier: Apache-2.0
// Interrupts of the queues: wires, messages and their registers (SMMUv3 architecture, 3.18).
// Oracle: the architecture's rules.
#include "support/smmuv3_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests::smmu;

namespace {

constexpr std::uint64_t doorbell = Bench::nowhere.value() + 0x40;

void program(Bench& bench, std::uint64_t cfg0, std::uint64_t address, std::uint32_t data) {
  bench.write64(cfg0, address);
  bench.write32(cfg0 + offset::cfg1, data);
  bench.write32(cfg0 + offset::cfg2, 1);
}

}  // namespace

TEST_CASE("SMMU-017 A source keeps its message while it is enabled", "[smmuv3][interrupts]") {
  struct Source {
    std::uint64_t cfg0;
    std::uint32_t enable;
  };
  const auto [cfg0, enable] =
      GENERATE(Source{offset::gerror_irq_cfg0, irq_ctrl::gerror}, Source{offset::eventq_irq_cfg0, irq_ctrl::eventq},
               Source{offset::priq_irq_cfg0, irq_ctrl::priq});
  Bench bench;
  program(bench, cfg0, 0x1'0000'0040, 7);
  bench.write32(offset::irq_ctrl, enable);
  bench.write64(cfg0, 0x2000);
  bench.write32(cfg0, 0x2000);
  bench.write32(cfg0 + offset::cfg1, 9);
  bench.write32(cfg0 + offset::cfg2, 0);
  CHECK(bench.read64(cfg0) == 0x1'0000'0040);
  CHECK(bench.read32(cfg0 + offset::cfg1) == 7);
  CHECK(bench.read32(cfg0 + offset::cfg2) == 1);
  bench.write32(offset::irq_ctrl, 7U & ~enable);
  program(bench, cfg0, 0x2000, 9);
  CHECK(bench.read64(cfg0) == 0x2000);
  CHECK(bench.read32(cfg0 + offset::cfg1) == 9);
}

TEST_CASE("SMMU-088 The record is there when its interrupt comes", "[smmuv3][interrupts]") {
  Bench bench;
  bench.start();
  unsigned pulses = 0;
  bench.unit.on_wire([&](smmuv3::InterruptSource source) {
    ++pulses;
    CHECK(source == smmuv3::InterruptSource::event_queue);
    CHECK(bench.read32(offset::eventq_prod) == 1);
    CHECK((bench.load64(Bench::event_queue) & 0xFF) == 0x02);
  });
  bench.make_event();
  CHECK(pulses == 1);
}

TEST_CASE("SMMU-088 The page request is there when its interrupt comes", "[smmuv3][interrupts]") {
  Bench bench;
  program(bench, offset::priq_irq_cfg0, doorbell, 0x21);
  bench.start();
  unsigned sent = 0;
  bench.unit.on_message([&](const interrupts::MsiMessage& message) {
    ++sent;
    CHECK(message == interrupts::MsiMessage{BusAddr{doorbell}, 0x21});
    CHECK(bench.read32(offset::priq_prod) == 1);
    CHECK((bench.load64(Bench::page_request_queue) & 0xFFFF'FFFF) == 5);
  });
  iommu::PageRequest request;
  request.requester = RequesterId{5};
  request.read = true;
  bench.unit.request_page(request);
  CHECK(sent == 1);
}

TEST_CASE("A queue interrupts when it stops being empty, and only then", "[smmuv3][interrupts]") {
  Bench bench;
  program(bench, offset::eventq_irq_cfg0, doorbell, 0x20);
  bench.start();
  bench.make_event();
  bench.make_event();
  CHECK(bench.messages.size() == 1);
  CHECK(bench.wires.size() == 1);
  bench.take_event();
  bench.make_event();
  CHECK(bench.messages.size() == 1);
  while (bench.take_event()) {
  }
  bench.make_event();
  CHECK(bench.messages.size() == 2);
  CHECK(bench.messages[1] == interrupts::MsiMessage{BusAddr{doorbell}, 0x20});
}

TEST_CASE("A source without address sends no message but has its wire", "[smmuv3][interrupts]") {
  Bench bench;
  bench.start();
  bench.make_event();
  CHECK(bench.messages.empty());
  CHECK(bench.wires == std::vector{smmuv3::InterruptSource::event_queue});
}

TEST_CASE("A source that is disabled stays silent about what happened", "[smmuv3][interrupts]") {
  Bench bench;
  bench.start();
  bench.clear_bits(offset::irq_ctrl, irq_ctrl::eventq);
  bench.make_event();
  bench.set_bits(offset::irq_ctrl, irq_ctrl::eventq);
  CHECK(bench.wires.empty());
  CHECK(bench.events_waiting() == 1);
}

TEST_CASE("A message that nobody takes is an error of its source", "[smmuv3][interrupts]") {
  Bench bench;
  program(bench, offset::eventq_irq_cfg0, doorbell, 0x20);
  program(bench, offset::priq_irq_cfg0, doorbell, 0x21);
  bench.start();
  bench.unit.on_message([&](const interrupts::MsiMessage&) { bench.unit.refuse_message(); });
  bench.make_event();
  CHECK(bench.active_errors() == gerror::msi_eventq_abt);
  CHECK(bench.events_waiting() == 1);
  iommu::PageRequest request;
  request.read = true;
  bench.unit.request_page(request);
  CHECK(bench.active_errors() == (gerror::msi_eventq_abt | gerror::msi_priq_abt));
  bench.submit(sync_with_irq(doorbell, 1));
  CHECK(bench.active_errors() == (gerror::msi_eventq_abt | gerror::msi_priq_abt | gerror::msi_cmdq_abt));
  CHECK(bench.consumed() == 1);
}

TEST_CASE("A message may go to memory, where software polls", "[smmuv3][interrupts]") {
  Bench bench;
  program(bench, offset::eventq_irq_cfg0, 0x9000, 0x1234'5678);
  bench.start();
  bench.make_event();
  CHECK(bench.load64(PhysAddr{0x9000}) == 0x1234'5678);
  CHECK(bench.messages.empty());
  CHECK(bench.active_errors() == 0);
}

TEST_CASE("A unit without MSI has wires only", "[smmuv3][interrupts]") {
  smmuv3::UnitConfig config = full_config();
  config.msi = false;
  Bench bench{config};
  bench.start();
  bench.submit(sync_with_irq(0x9000, 5));
  CHECK(bench.load64(PhysAddr{0x9000}) == 0);
  CHECK(bench.wires == std::vector{smmuv3::InterruptSource::command_sync});
}
