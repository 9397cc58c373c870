// SPDX-License-Identifier: Apache-2.0
// Oracle: TLM-2.0 (debug transport has no side effects), VT-d register offsets (FSTS 0x34), the bench platform's map.
#include "support/bench_platform.h"
#include "support/plain_initiator.h"
#include "support/simulated_platform.h"
#include "support/vtd_unit.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint64_t fault_status = 0x34;

struct DebugBench {
  DebugBench() { platform.start(); }

  unsigned debug(const std::string& device, tlm::tlm_command command, std::uint64_t address,
                 std::vector<unsigned char>& data) {
    PlainPayload payload{command, address, data};
    const unsigned done = platform.endpoint(device).upstream->transport_dbg(payload);
    CHECK(payload.get_address() == address);
    CHECK(payload.get_data_length() == data.size());
    CHECK(payload.get_extension<modules::DmaExtension>() == nullptr);
    return done;
  }

  SimulatedPlatform platform{bench_platform()};
};

bool same(const vtd::UnitStatistics& a, const vtd::UnitStatistics& b) {
  return a.requests == b.requests && a.iotlb_hits == b.iotlb_hits && a.iotlb_misses == b.iotlb_misses &&
         a.context_hits == b.context_hits && a.context_misses == b.context_misses && a.fetches == b.fetches &&
         a.faults == b.faults && a.faults_recorded == b.faults_recorded;
}

/// Keeps the last landing.
struct LastLanding : modules::TlpObserver {
  void on_tlp(const Access&, const Landing& landed_at, const Path&) override { landing = landed_at; }
  Landing landing;
};

}  // namespace

TEST_CASE("Debug transport reads and writes what the device would reach", "[tlm][debug]") {
  DebugBench bench;
  std::vector<unsigned char> written{0x11, 0x22, 0x33};
  CHECK(bench.debug("nic0", tlm::TLM_WRITE_COMMAND, bench::ring_iova + 0x10, written) == 3);
  std::vector<unsigned char> bytes(3);
  REQUIRE(bench.platform.machine().memory().read(PhysAddr{bench::ring + 0x10}, bytes.data(), 3));
  CHECK(bytes == written);
  std::vector<unsigned char> read(3);
  CHECK(bench.debug("nic0", tlm::TLM_READ_COMMAND, bench::ring_iova + 0x10, read) == 3);
  CHECK(read == written);
}

TEST_CASE("Debug transport follows the same way to a peer's BAR, directly and through the IOMMU", "[tlm][debug]") {
  DebugBench bench;
  std::vector<unsigned char> written{0xA5};
  CHECK(bench.debug("nic0", tlm::TLM_WRITE_COMMAND, bench::pool_iova + 7, written) == 1);
  unsigned char direct = 0;
  REQUIRE(bench.platform.bars("gpu0").read(2, 7, &direct, 1));
  CHECK(direct == 0xA5);

  CHECK(bench.debug("nic0", tlm::TLM_WRITE_COMMAND, bench::peer_iova + 9, written) == 1);
  unsigned char translated = 0;
  REQUIRE(bench.platform.bars("gpu0").read(0, 9, &translated, 1));
  CHECK(translated == 0xA5);
}

TEST_CASE("Debug transport fills no cache, counts nothing and records no fault", "[tlm][debug]") {
  DebugBench bench;
  const vtd::Unit& unit = vtd_unit(bench.platform.machine());
  const vtd::UnitStatistics before = unit.statistics();
  std::vector<unsigned char> data(4);
  CHECK(bench.debug("nic0", tlm::TLM_READ_COMMAND, bench::ring_iova, data) == 4);
  CHECK(bench.debug("nic0", tlm::TLM_READ_COMMAND, bench::unmapped_iova, data) == 0);
  CHECK(bench.debug("nic0", tlm::TLM_WRITE_COMMAND, bench::read_only_iova, data) == 0);
  CHECK(bench.debug("stray0", tlm::TLM_READ_COMMAND, 0x1000, data) == 0);
  CHECK(same(unit.statistics(), before));
  CHECK(unit.read_register(fault_status, 4) == 0);

  // Were the page cached, this first real access would hit.
  LastLanding last;
  modules::DmaRequest request;
  request.function = bench.platform.node("nic0");
  request.address = BusAddr{bench::ring_iova};
  request.size = 4;
  bench.platform.endpoint("nic0").transfer(request, Duration{}, bench.platform.simulation().clock(), last);
  CHECK(last.landing.kind == LandingKind::memory);
  CHECK_FALSE(last.landing.from_cache);
}

TEST_CASE("Debug transport rings no doorbell", "[tlm][debug]") {
  DebugBench bench;
  std::vector<unsigned char> message{0x41, 0, 0, 0};
  CHECK(bench.debug("nic0", tlm::TLM_WRITE_COMMAND, 0xFEE0'2000, message) == 0);
  CHECK(bench.platform.machine().local_apic().delivered() == 0);
}

TEST_CASE("Debug transport over a page's end answers the first page only", "[tlm][debug]") {
  DebugBench bench;
  const std::vector<unsigned char> secret(8, 0x5E);
  // Neighbours in physical memory; the second page is write-only for the device.
  REQUIRE(bench.platform.machine().memory().write(PhysAddr{bench::read_only + 0xFFC}, secret.data(), 8));
  std::vector<unsigned char> read(8);
  CHECK(bench.debug("nic0", tlm::TLM_READ_COMMAND, bench::read_only_iova + 0xFFC, read) == 4);
  CHECK(read == std::vector<unsigned char>{0x5E, 0x5E, 0x5E, 0x5E, 0, 0, 0, 0});
}

TEST_CASE("Debug transport writes no poisoned data, and logs no error", "[tlm][debug][poisoned]") {
  DebugBench bench;
  modules::DmaExtension extension;
  extension.requester = bench.platform.id("nic0");
  extension.poisoned = true;
  const auto debug = [&](std::uint64_t address) {
    std::vector<unsigned char> data{0xA5};
    PlainPayload payload{tlm::TLM_WRITE_COMMAND, address, data};
    payload.set_extension(&extension);
    const unsigned done = bench.platform.endpoint("nic0").upstream->transport_dbg(payload);
    payload.clear_extension(&extension);
    return done;
  };
  CHECK(debug(bench::ring_iova) == 0);
  CHECK(debug(bench::pool_iova) == 0);
  CHECK(debug(bench::peer_iova) == 0);
  unsigned char byte = 0;
  REQUIRE(bench.platform.machine().memory().read(PhysAddr{bench::ring}, &byte, 1));
  CHECK(byte == 0);
  REQUIRE(bench.platform.bars("gpu0").read(2, 0, &byte, 1));
  CHECK(byte == 0);
  REQUIRE(bench.platform.bars("gpu0").read(0, 0, &byte, 1));
  CHECK(byte == 0);
  for (const char* port : {"dp0", "rp0", "sw0"}) {
    const auto& node = bench.platform.machine().topology()[bench.platform.node(port)];
    CHECK(node.config.read(0x104, 4) == 0);
    CHECK((node.config.read(0x06, 2) & 0x8000) == 0);
  }
}
