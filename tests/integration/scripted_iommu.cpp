// SPDX-License-Identifier: Apache-2.0
// Oracle: the outcomes of iommu::Outcome, and what a requester sees of each.
#include "base/component.h"
#include "memory/sparse_memory.h"
#include "platforms/timing_network.h"
#include "support/bench_platform.h"
#include "support/plain_initiator.h"
#include "support/scripted_unit.h"
#include "timing/loose_clock.h"
#include "tlm/iommu_module.h"
#include "tlm/local_apic_module.h"
#include "tlm/memory_module.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
using iommu::Outcome;

namespace {

/// A scripted unit in front of the bench platform's memory.
struct ScriptedBench {
  ScriptedBench() {
    iommu.memory_out.bind(memory.port);
    iommu.interrupt_out.bind(apic.doorbell);
    cpu.socket.bind(iommu.registers);
    device.socket.bind(iommu.dma_in);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }

  static modules::IommuConfig with(std::function<void()> on_stall) {
    modules::IommuConfig config;
    config.on_stall = std::move(on_stall);
    return config;
  }

  /// The landing of one access of four bytes.
  Landing send(tlm::tlm_command command, tlm::tlm_response_status expected) {
    modules::DmaExtension extension;
    PlainPayload payload{command, bench::ring_iova, data};
    payload.set_extension(&extension);
    CHECK(device.send(payload) == expected);
    payload.clear_extension(&extension);
    return extension.landing;
  }

  platforms::Description description = bench_platform();
  platforms::Machine machine{description};
  platforms::TimingNetwork network{machine};
  timing::LooseClock clock{network.network()};
  ScriptedUnit unit;
  std::vector<unsigned char> data = std::vector<unsigned char>(4, 0xAB);
  modules::MemoryModule memory{"memory", machine.memory(), sc_core::SC_ZERO_TIME};
  modules::LocalApicModule apic{"apic", machine.local_apic_id(), machine.local_apic(), sc_core::SC_ZERO_TIME};
  modules::IommuModule iommu{"iommu", machine.iommu_id(0), unit, clock,
                             with([this] { unit.verdict = iommu::StallVerdict::retry; })};
  PlainInitiator cpu{"cpu"};
  PlainInitiator device{"device"};
};

}  // namespace

TEST_CASE("A read that an IOMMU ignores gives zeros, a write goes nowhere, and both complete", "[tlm]") {
  ScriptedBench bench;
  bench.unit.answers = {scripted(Outcome::ignored, PhysAddr{bench::ring})};
  CHECK(bench.send(tlm::TLM_WRITE_COMMAND, tlm::TLM_OK_RESPONSE).status == CompletionStatus::none);
  CHECK(bench.send(tlm::TLM_READ_COMMAND, tlm::TLM_OK_RESPONSE).status == CompletionStatus::successful);
  CHECK(bench.data == std::vector<unsigned char>(4));
  std::vector<unsigned char> in_memory(4);
  REQUIRE(bench.machine.memory().read(PhysAddr{bench::ring}, in_memory.data(), in_memory.size()));
  CHECK(in_memory == std::vector<unsigned char>(4));
}

TEST_CASE("Software looks at a stall while the request is held, and a retry goes through", "[tlm]") {
  ScriptedBench bench;
  bench.unit.answers = {scripted_stall(1), scripted(Outcome::translated, PhysAddr{bench::ring})};
  CHECK(bench.send(tlm::TLM_WRITE_COMMAND, tlm::TLM_OK_RESPONSE).kind == LandingKind::memory);
  CHECK(bench.unit.asked_tags == std::vector<std::uint32_t>{1});
}

TEST_CASE("A request that stalls for ever lands as rejected by completion time-out", "[tlm]") {
  ScriptedBench bench;
  bench.unit.answers = {scripted_stall(1)};
  const Landing landing = bench.send(tlm::TLM_READ_COMMAND, tlm::TLM_GENERIC_ERROR_RESPONSE);
  CHECK(landing.kind == LandingKind::rejected);
  CHECK(landing.status == CompletionStatus::timeout);
  CHECK(landing.rule->id == "iommu.stall-unanswered");
}

TEST_CASE("No pointer leads past a table word that the request would change", "[tlm]") {
  ScriptedBench bench;
  bench.unit.answers = {scripted(Outcome::translated, PhysAddr{bench::ring})};
  const auto is_granted = [&bench](const iommu::Fetch& fetch) {
    bench.unit.fetched = {fetch};
    PlainPayload payload{tlm::TLM_WRITE_COMMAND, bench::ring_iova, bench.data};
    tlm::tlm_dmi dmi;
    return bench.device.socket->get_direct_mem_ptr(payload, dmi);
  };
  iommu::Fetch fetch;
  CHECK(is_granted(fetch));
  fetch.sets = 1;
  CHECK_FALSE(is_granted(fetch));
  fetch.sets = 0;
  fetch.clears = 1;
  CHECK_FALSE(is_granted(fetch));
}
