// SPDX-License-Identifier: Apache-2.0
// GERROR and GERRORN (SMMUv3 architecture, 7.5).
// Oracle: the architecture's rules.
#include "support/smmuv3_bench.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace iommusim;
using namespace iommusim::tests::smmu;

namespace {

constexpr CommandWords illegal = command(0xFF);

long count(const Bench& bench, smmuv3::InterruptSource source) {
  return std::count(bench.wires.begin(), bench.wires.end(), source);
}
long errors_told(const Bench& bench) {
  return count(bench, smmuv3::InterruptSource::global_error);
}

/// With GERROR messages to `address`.
void start_with_message(Bench& bench, std::uint64_t address) {
  bench.write64(offset::gerror_irq_cfg0, address);
  bench.write32(offset::gerror_irq_cfg0 + offset::cfg1, 0x66);
  bench.start();
}

}  // namespace

TEST_CASE("SMMU-014 An error that is active is not raised again", "[smmuv3][errors]") {
  Bench bench;
  bench.start();
  bench.bus.fail_page(Bench::event_queue);
  bench.make_event();
  CHECK(bench.active_errors() == gerror::eventq_abt);
  CHECK(errors_told(bench) == 1);
  bench.make_event();
  bench.make_event();
  CHECK(bench.active_errors() == gerror::eventq_abt);
  CHECK(errors_told(bench) == 1);
  bench.acknowledge_errors();
  bench.make_event();
  CHECK(bench.active_errors() == gerror::eventq_abt);
  CHECK(bench.read32(offset::gerror) == 0);
  CHECK(errors_told(bench) == 2);
}

TEST_CASE("SMMU-015 GERRORN is software's alone, and equal bits end the error", "[smmuv3][errors]") {
  Bench bench;
  bench.start();
  bench.submit(illegal);
  CHECK(bench.read32(offset::gerror) == gerror::cmdq_err);
  CHECK(bench.read32(offset::gerrorn) == 0);
  bench.write32(offset::gerror, 0);
  CHECK(bench.read32(offset::gerror) == gerror::cmdq_err);
  bench.store64(Bench::command_queue, sync()[0]);
  bench.acknowledge_errors();
  CHECK(bench.active_errors() == 0);
  CHECK(bench.read32(offset::gerrorn) == gerror::cmdq_err);
  bench.submit(illegal);
  CHECK(bench.read32(offset::gerror) == 0);
  CHECK(bench.read32(offset::gerrorn) == gerror::cmdq_err);
}

TEST_CASE("SMMU-016 An error interrupts nobody while GERROR_IRQEN is 0, nor afterwards", "[smmuv3][errors]") {
  Bench bench;
  bench.start();
  bench.clear_bits(offset::irq_ctrl, irq_ctrl::gerror);
  bench.submit(illegal);
  CHECK(bench.active_errors() == gerror::cmdq_err);
  bench.set_bits(offset::irq_ctrl, irq_ctrl::gerror);
  CHECK(errors_told(bench) == 0);
}

TEST_CASE("SMMU-016 The lost message of an error is an error without interrupt", "[smmuv3][errors]") {
  Bench bench;
  start_with_message(bench, Bench::nowhere.value());
  bench.unit.on_message({});
  bench.submit(illegal);
  CHECK(bench.active_errors() == (gerror::cmdq_err | gerror::msi_gerror_abt));
  CHECK(errors_told(bench) == 1);
}

TEST_CASE("The message of an error goes to its doorbell", "[smmuv3][errors]") {
  Bench bench;
  start_with_message(bench, Bench::nowhere.value() + 0x40);
  bench.submit(illegal);
  REQUIRE(bench.messages.size() == 1);
  CHECK(bench.messages[0] == interrupts::MsiMessage{BusAddr{Bench::nowhere.value() + 0x40}, 0x66});
  CHECK(bench.active_errors() == gerror::cmdq_err);
}

TEST_CASE("A bit of GERRORN that answers no error makes one", "[smmuv3][errors]") {
  Bench bench;
  bench.start();
  bench.write32(offset::gerrorn, gerror::cmdq_err);
  CHECK(bench.active_errors() == gerror::cmdq_err);
  bench.submit(sync());
  CHECK(bench.consumed() == 0);
  bench.write32(offset::gerrorn, 0);
  CHECK(bench.consumed() == 1);
}
