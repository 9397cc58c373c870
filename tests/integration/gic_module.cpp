// SPDX-License-Identifier: Apache-2.0
// Message targets of a GIC at their sockets. Oracle: the TLM conventions of docs and headers; LPIs mapped here.
#include "tlm/gic_module.h"

#include "base/endian.h"
#include "interrupts/gic/gicv2m.h"
#include "interrupts/gic/rules.h"
#include "support/gic_bench.h"
#include "support/plain_initiator.h"
#include "tlm/dma_extension.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace iommusim;
using namespace iommusim::tests;
namespace rules = iommusim::gic::rules;

namespace {

constexpr RequesterId nic{0, 2, 0};
constexpr ComponentId its_id{11};

/// An ITS that knows `nic`, with a device and a processor at its sockets.
struct ItsModuleBench {
  ItsModuleBench() {
    gic.start();
    gic.map(nic.raw(), 1, {8192});
    device.socket.bind(module.doorbell);
    cpu.socket.bind(module.registers);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }

  /// A write of 4 bytes to `offset` of the frame; the landing is left in `extension`.
  tlm::tlm_response_status send(std::uint64_t offset, std::uint8_t event) {
    std::vector<unsigned char> data{event, 0, 0, 0};
    PlainPayload payload{tlm::TLM_WRITE_COMMAND, gic.its.base().value() + offset, data};
    payload.set_extension(&extension);
    const auto status = device.send(payload);
    payload.clear_extension(&extension);
    return status;
  }

  GicBench gic;
  modules::GicModule module{"its", its_id, gic.its, gic.log, sc_core::sc_time{100, sc_core::SC_NS}};
  PlainInitiator device{"device"};
  PlainInitiator cpu{"cpu"};
  modules::DmaExtension extension;
};

}  // namespace

TEST_CASE("A message lands at the interrupt that the ITS makes of it, at its time", "[tlm][gic]") {
  ItsModuleBench bench;
  bench.extension.requester = nic;
  CHECK(bench.send(gits_at::translater, 0) == tlm::TLM_OK_RESPONSE);
  const Landing& landing = bench.extension.landing;
  CHECK(landing.kind == LandingKind::interrupt);
  CHECK(landing.where == its_id);
  CHECK(landing.vector == 8192);
  CHECK(landing.destination == 0);
  CHECK(landing.rule == &rules::lpi_delivered);
  CHECK(bench.extension.path.size() == 1);
  REQUIRE(bench.gic.log.delivered() == 1);
  CHECK(bench.gic.log.records().back().time == Duration::nanoseconds(100));
}

TEST_CASE("A dropped message is accepted, and its landing says why it is lost", "[tlm][gic]") {
  ItsModuleBench bench;
  bench.extension.requester = RequesterId{0, 3, 0};
  CHECK(bench.send(gits_at::translater, 0) == tlm::TLM_OK_RESPONSE);
  CHECK(bench.extension.landing.kind == LandingKind::rejected);
  CHECK(bench.extension.landing.status == CompletionStatus::none);
  CHECK(bench.extension.landing.rule == &rules::device_unmapped);
  CHECK(bench.send(0, 0) == tlm::TLM_OK_RESPONSE);
  CHECK(bench.extension.landing.rule == &rules::not_a_doorbell);
  CHECK(bench.gic.read(gits_at::ctlr, 4) == 1);
}

TEST_CASE("GIC-015 A sender's own DeviceID goes before its requester ID", "[tlm][gic]") {
  ItsModuleBench bench;
  bench.extension.requester = RequesterId{0, 3, 0};
  bench.extension.device_id = nic.raw();
  bench.send(gits_at::translater, 0);
  CHECK(bench.extension.landing.kind == LandingKind::interrupt);
}

TEST_CASE("GIC-008 A device reads zeros from a doorbell, an atomic operation is an address error", "[tlm][gic]") {
  ItsModuleBench bench;
  std::vector<unsigned char> data(4, 0xAA);
  CHECK(bench.device.read(bench.gic.its.base().value() + gits_at::translater, data) == tlm::TLM_OK_RESPONSE);
  CHECK(data == std::vector<unsigned char>(4, 0));
  bench.extension.atomic = true;
  CHECK(bench.send(gits_at::translater, 0) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(bench.extension.landing.status == CompletionStatus::unsupported_request);
}

TEST_CASE("Software reaches the registers of an ITS by offset", "[tlm][gic]") {
  ItsModuleBench bench;
  std::vector<unsigned char> data(8);
  CHECK(bench.cpu.read(gits_at::typer, data) == tlm::TLM_OK_RESPONSE);
  CHECK(load_le<std::uint64_t>(data.data()) == bench.gic.read(gits_at::typer));
  CHECK(bench.cpu.write(gits_at::ctlr, {0, 0, 0, 0}) == tlm::TLM_OK_RESPONSE);
  CHECK(bench.gic.read(gits_at::ctlr, 4) == 0x8000'0000);
  CHECK(bench.cpu.write(gits_at::ctlr, {1, 0, 0}) == tlm::TLM_BURST_ERROR_RESPONSE);
}

TEST_CASE("GIC-012 A plain initiator raises an SPI of a GICv2m frame", "[tlm][gic]") {
  gic::DeliveryLog log;
  gic::Gicv2m frame{{}, log};
  modules::GicModule module{"frame", its_id, frame, log, sc_core::SC_ZERO_TIME};
  PlainInitiator device{"device"};
  device.socket.bind(module.doorbell);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(device.write(frame.base().value() + 0x40, {100, 0, 0, 0}) == tlm::TLM_OK_RESPONSE);
  CHECK(device.write(frame.base().value() + 0x40, {10, 0, 0, 0}) == tlm::TLM_OK_RESPONSE);
  REQUIRE(log.delivered() == 1);
  CHECK(log.records().back().intid == 100);
}
