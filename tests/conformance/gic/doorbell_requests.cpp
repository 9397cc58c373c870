// SPDX-License-Identifier: Apache-2.0
// Requests of devices as they reach the frame of an ITS: whose DeviceID they have, and which of them are messages
// (GICv3 architecture, GITS_TRANSLATER; IORT ID mappings).
// Oracle: the register description; mappings computed here.
#include "interrupts/gic/rules.h"
#include "pcie/rules.h"
#include "support/doorbell_message.h"
#include "support/gic_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
namespace rules = iommusim::gic::rules;
using gic::DoorbellOutcome;

namespace {

constexpr RequesterId nic{0, 2, 0};

gic::DoorbellRequest message(const gic::Its& its, RequesterId requester, std::uint32_t event) {
  return doorbell_message(BusAddr{its.base().value() + gits_at::translater}, event, requester);
}

const Rule* ring(GicBench& bench, const gic::DoorbellRequest& request) {
  return ring_as_foreseen(bench.its, request).rule;
}

}  // namespace

TEST_CASE("GIC-014 Without a mapping a message has its requester ID as DeviceID, and no unit in between counts",
          "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(nic.raw(), 1, {8192});
  CHECK(ring(bench, message(bench.its, nic, 0)) == &rules::lpi_delivered);
  CHECK(ring(bench, message(bench.its, RequesterId{0, 2, 1}, 0)) == &rules::device_unmapped);
}

TEST_CASE("GIC-014 A DeviceID mapping counts from its first requester ID", "[gic][its]") {
  gic::ItsConfig config;
  config.device_bits = 20;
  config.devices = {{RequesterId{0x100}, 0x100, 0x2'0000}, {RequesterId{0x10}, 1, 0x5}};
  GicBench bench{config};
  CHECK(bench.its.device_of(RequesterId{0x100}) == 0x2'0000u);
  CHECK(bench.its.device_of(RequesterId{0x1FF}) == 0x2'00FFu);
  CHECK(bench.its.device_of(RequesterId{0x10}) == 5u);
  CHECK_FALSE(bench.its.device_of(RequesterId{0x200}));
  CHECK_FALSE(bench.its.device_of(RequesterId{0x0F}));
  CHECK_FALSE(bench.its.device_of(RequesterId{0x11}));
  bench.start();
  CHECK(ring(bench, message(bench.its, RequesterId{0x200}, 0)) == &rules::no_device_id);
}

TEST_CASE("GIC-014 Requester ID bits that the mapping masks do not count", "[gic][its]") {
  gic::ItsConfig config;
  config.requester_mask = 0xFF00;
  config.devices = {{RequesterId{0x100}, 0x100, 0x40}};
  GicBench bench{config};
  CHECK(bench.its.device_of(RequesterId{0x100}) == 0x40u);
  CHECK(bench.its.device_of(RequesterId{0x1FF}) == 0x40u);
}

TEST_CASE("GIC-015 A sender that is no PCI requester, such as an SMMU, sends with a DeviceID of its own",
          "[gic][its]") {
  gic::ItsConfig config;
  config.device_bits = 20;
  config.devices = {{RequesterId{0}, 0x1'0000, 0}};
  GicBench bench{config};
  bench.start();
  bench.write(gits_at::ctlr, 0, 4);
  bench.write(gits_at::baser0, valid_bit | GicBench::device_table.value() | 2 << 8 | 127);
  bench.write(gits_at::ctlr, 1, 4);
  bench.map(0x1'0000, 1, {8200});
  auto request = message(bench.its, RequesterId{}, 0);
  CHECK(ring(bench, request) == &rules::device_unmapped);
  request.device = 0x1'0000;
  CHECK(ring(bench, request) == &rules::lpi_delivered);
  CHECK(bench.delivered() == std::vector<std::uint32_t>{8200});
}

TEST_CASE("GIC-001 A 16-bit message has bits 15:0 of the EventID; other sizes are no messages", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(nic.raw(), 2, {8192, 8193});
  auto request = message(bench.its, nic, 0xABCD'0001);
  request.access.size = 2;
  CHECK(ring(bench, request) == &rules::lpi_delivered);
  CHECK(bench.delivered() == std::vector<std::uint32_t>{8193});
  for (const std::uint32_t size : {0u, 1u, 3u, 8u, 64u}) {
    request.access.size = size;
    CHECK(ring(bench, request) == &rules::message_size);
  }
}

TEST_CASE("GIC-002 Writes beside GITS_TRANSLATER, even to the control page, do nothing", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(nic.raw(), 1, {8192});
  for (const std::uint64_t offset : {0x0u, 0x40u, 0x1'0000u, 0x1'003Cu, 0x1'0042u, 0x1'0044u, 0x1'FFFCu}) {
    CAPTURE(offset);
    auto request = message(bench.its, nic, 0);
    request.access.address = BusAddr{bench.its.base().value() + offset};
    CHECK(ring(bench, request) == &rules::not_a_doorbell);
  }
  CHECK(bench.read(gits_at::ctlr, 4) == 1);
}

TEST_CASE("GIC-008 Reads end well, AtomicOps are unsupported, poisoned messages are discarded", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(nic.raw(), 1, {8192});
  auto request = message(bench.its, nic, 0);
  request.access.operation = Operation::read;
  CHECK(ring(bench, request) == &rules::doorbell_read);
  CHECK(bench.its.ring(request).status == CompletionStatus::successful);
  request.access.operation = Operation::atomic;
  CHECK(ring(bench, request) == &rules::doorbell_atomic);
  CHECK(bench.its.ring(request).status == CompletionStatus::unsupported_request);
  request.access.operation = Operation::write;
  request.access.poisoned = true;
  CHECK(ring(bench, request) == &pcie::rules::root_complex_poisoned);
  CHECK(bench.its.ring(request).outcome == DoorbellOutcome::refused);
  CHECK(bench.log.delivered() == 0);
}

TEST_CASE("GIC-002 A dropped message lands rejected, though its write was accepted; a taken one at its interrupt",
          "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(nic.raw(), 1, {8192});
  const ComponentId its{7};
  auto request = message(bench.its, nic, 0);
  Landing landing = landing_of(bench.its.ring(request), request.access, its);
  CHECK(landing.kind == LandingKind::interrupt);
  CHECK(landing.vector == 8192);
  CHECK(landing.destination == 0);
  CHECK(landing.where == its);
  CHECK(landing.status == CompletionStatus::none);
  CHECK(landing.address == bench.its.base().value() + gits_at::translater);
  request.data = 1;
  landing = landing_of(bench.its.ring(request), request.access, its);
  CHECK(landing.kind == LandingKind::rejected);
  CHECK(landing.status == CompletionStatus::none);
  CHECK(landing.rule == &rules::event_unmapped);
  CHECK(landing.decided_by == its);
}
