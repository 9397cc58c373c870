// SPDX-License-Identifier: Apache-2.0
// Oracle: TLM-2.0's rules for direct memory interface pointers, and the bench platform's mappings and rights.
#include "base/endian.h"
#include "pcie/acs.h"
#include "software/pci_setup.h"
#include "support/bench_platform.h"
#include "support/plain_initiator.h"
#include "support/simulated_platform.h"
#include "support/vtd_unit.h"

#include <catch2/catch.hpp>

#include <array>
#include <cstring>
#include <optional>
#include <utility>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

/// Direct memory access as a device asks for it, and what is later withdrawn.
struct DirectBench {
  explicit DirectBench(platforms::Description description = bench_platform()) : platform{std::move(description)} {
    platform.endpoint("nic0").on_dmi_invalidated([this](std::uint64_t first, std::uint64_t last) {
      if (watched && first <= *watched && *watched <= last) ++withdrawn;
    });
    platform.start();
  }

  std::optional<tlm::tlm_dmi> ask(std::uint64_t address, tlm::tlm_command command = tlm::TLM_READ_COMMAND) {
    std::vector<unsigned char> data(1);
    PlainPayload payload{command, address, data};
    tlm::tlm_dmi dmi;
    const bool granted = platform.endpoint("nic0").upstream->get_direct_mem_ptr(payload, dmi);
    CHECK(payload.get_address() == address);
    CHECK(payload.get_extension<modules::DmaExtension>() == nullptr);
    CHECK(dmi.is_none_allowed() == !granted);
    return granted ? std::optional{dmi} : std::nullopt;
  }
  software::PciFunction function(const std::string& name) { return {platform.system().bus(), 0, platform.id(name)}; }

  SimulatedPlatform platform;
  std::optional<std::uint64_t> watched;
  unsigned withdrawn = 0;
};

/// A unit in scalable mode that caches nothing.
platforms::Description scalable_platform() {
  platforms::Description description = bench_platform();
  vtd::UnitConfig& config = description.iommus[0].vtd;
  config.queued_invalidation = config.scalable_mode = config.second_stage = true;
  config.second_stage_access_dirty = config.snooped_walks = true;
  config.context_cache_entries = config.pasid_cache_entries = config.iotlb_entries = 0;
  return description;
}

/// SSADE and PWSNP of the PASID entry of nic0's requests without PASID, which the driver leaves 0.
void set_accessed_dirty(SimulatedPlatform& platform) {
  memory::SparseMemory& memory = platform.machine().memory();
  const auto word_at = [&memory](std::uint64_t address) {
    std::array<std::uint8_t, 8> bytes{};
    REQUIRE(memory.read(PhysAddr{address}, bytes.data(), bytes.size()));
    return load_le<std::uint64_t>(bytes.data());
  };
  constexpr std::uint64_t pointer = 0x000F'FFFF'FFFF'F000;
  constexpr std::uint64_t rtaddr = 0x20, ssade = 1 << 9, pwsnp = 1 << 23;
  const std::uint64_t root = platform.machine().iommu(0).read_register(rtaddr, 8) & pointer;
  const RequesterId nic = platform.machine().topology()[platform.node("nic0")].requester;
  REQUIRE(nic.devfn() < 0x80);
  const std::uint64_t context = (word_at(root + nic.bus() * 16U) & pointer) + nic.devfn() * 32U;
  const std::uint64_t entry = word_at(word_at(context) & pointer) & pointer;
  for (const auto& [place, bits] : {std::pair{entry, ssade}, std::pair{entry + 8, pwsnp}}) {
    std::array<std::uint8_t, 8> bytes{};
    store_le(bytes.data(), word_at(place) | bits);
    REQUIRE(memory.write(PhysAddr{place}, bytes.data(), bytes.size()));
  }
}

struct NoObserver : modules::TlpObserver {
  void on_tlp(const Access&, const Landing&, const Path&) override {}
};

}  // namespace

TEST_CASE("A direct pointer covers one page in the device's addresses, whatever the size of the mapping",
          "[tlm][dmi]") {
  DirectBench bench;
  const auto dmi = bench.ask(bench::ring_iova + 0x5678);
  REQUIRE(dmi);
  CHECK(dmi->get_start_address() == bench::ring_iova + 0x5000);
  CHECK(dmi->get_end_address() == bench::ring_iova + 0x5FFF);
  CHECK(dmi->get_granted_access() == tlm::tlm_dmi::DMI_ACCESS_READ_WRITE);
}

TEST_CASE("Through a direct pointer and through transport the same bytes are seen", "[tlm][dmi]") {
  DirectBench bench;
  const auto dmi = bench.ask(bench::ring_iova + 0x1000);
  REQUIRE(dmi);
  std::memcpy(dmi->get_dmi_ptr() + 0x20, "direct", 6);
  std::array<unsigned char, 6> data{};
  modules::DmaRequest request;
  request.function = bench.platform.node("nic0");
  request.address = BusAddr{bench::ring_iova + 0x1020};
  request.size = data.size();
  request.data = data.data();
  NoObserver nobody;
  bench.platform.endpoint("nic0").transfer(request, Duration{}, bench.platform.simulation().clock(), nobody);
  CHECK(std::memcmp(data.data(), "direct", 6) == 0);

  std::memcpy(data.data(), "posted", 6);
  request.operation = Operation::write;
  bench.platform.endpoint("nic0").transfer(request, Duration{}, bench.platform.simulation().clock(), nobody);
  CHECK(std::memcmp(dmi->get_dmi_ptr() + 0x20, "posted", 6) == 0);
}

TEST_CASE("A direct pointer has the rights of the page", "[tlm][dmi]") {
  DirectBench bench;
  const auto readable = bench.ask(bench::read_only_iova, tlm::TLM_READ_COMMAND);
  REQUIRE(readable);
  CHECK(readable->get_granted_access() == tlm::tlm_dmi::DMI_ACCESS_READ);
  CHECK_FALSE(bench.ask(bench::read_only_iova, tlm::TLM_WRITE_COMMAND));
  const auto writable = bench.ask(bench::write_only_iova, tlm::TLM_WRITE_COMMAND);
  REQUIRE(writable);
  CHECK(writable->get_granted_access() == tlm::tlm_dmi::DMI_ACCESS_WRITE);
  CHECK_FALSE(bench.ask(bench::write_only_iova, tlm::TLM_READ_COMMAND));
}

TEST_CASE("No direct pointer leads to a peer, a fault, a rejection or the interrupt window", "[tlm][dmi]") {
  DirectBench bench;
  CHECK_FALSE(bench.ask(bench::pool_iova));
  CHECK_FALSE(bench.ask(bench::peer_iova));
  CHECK_FALSE(bench.ask(bench::unmapped_iova));
  CHECK_FALSE(bench.ask(bench::nic_bar0));
  CHECK_FALSE(bench.ask(0xFEE0'0000, tlm::TLM_WRITE_COMMAND));
  CHECK(vtd_unit(bench.platform.machine()).statistics().faults == 0);
}

TEST_CASE("No direct pointer covers a page of which a port's own BAR takes a part", "[tlm][dmi]") {
  platforms::Description description = bench_platform();
  // Windows that end below the port's BAR: the rest of its page goes up and is translated.
  platforms::FunctionDescription& root_port = description.host_bridges[0].functions[0];
  root_port.window->last = root_port.children[0].window->last = BusAddr{0x91FF'FFFF};
  DirectBench bench{std::move(description)};
  CHECK_FALSE(bench.ask(bench::shared_page_iova));
  CHECK_FALSE(bench.ask(bench::port_bar));

  software::program_bar(bench.function("dp0"), 0, BusAddr{0});
  CHECK(bench.ask(bench::shared_page_iova));
}

TEST_CASE("No direct pointer covers a page that an inbound window shifts by a part of a page", "[tlm][dmi]") {
  platforms::Description description = bench_platform();
  description.host_bridges[0].inbound = {{{BusAddr{0}, BusAddr{0xFFFF'FFFF}}, 0x800}};
  DirectBench bench{std::move(description)};
  CHECK_FALSE(bench.ask(bench::ring_iova));
}

TEST_CASE("A direct pointer through an inbound window shows the page that transport reaches", "[tlm][dmi]") {
  platforms::Description description = bench_platform();
  description.host_bridges[0].inbound = {
      {{BusAddr{0x1'0000'0000}, BusAddr{0x1'FFFF'FFFF}}, std::uint64_t{0} - 0x1'0000'0000}};
  DirectBench bench{std::move(description)};
  const auto dmi = bench.ask(0x1'0000'0000 + bench::ring_iova + 0x2004);
  REQUIRE(dmi);
  CHECK(dmi->get_start_address() == 0x1'0000'0000 + bench::ring_iova + 0x2000);
  const unsigned char mark = 0x3C;
  REQUIRE(bench.platform.machine().memory().write(PhysAddr{bench::ring + 0x2004}, &mark, 1));
  CHECK(dmi->get_dmi_ptr()[4] == mark);
}

TEST_CASE("Direct pointers are withdrawn when the driver invalidates the IOTLB", "[tlm][dmi]") {
  DirectBench bench;
  REQUIRE(bench.ask(bench::ring_iova));
  bench.watched = bench::ring_iova;
  const auto ring = Range<Iova>::from_size(Iova{bench::ring_iova}, bench::ring_size);
  bench.platform.system().unmap(bench.platform.node("nic0"), *ring, software::Invalidate::yes, Duration{});
  CHECK(bench.withdrawn >= 1);
  CHECK_FALSE(bench.ask(bench::ring_iova));
}

TEST_CASE("Direct pointers outlive an unmap that tells the IOMMU nothing, until the invalidation", "[tlm][dmi]") {
  DirectBench bench;
  REQUIRE(bench.ask(bench::ring_iova));
  bench.watched = bench::ring_iova;
  const auto ring = Range<Iova>::from_size(Iova{bench::ring_iova}, bench::ring_size);
  bench.platform.system().unmap(bench.platform.node("nic0"), *ring, software::Invalidate::no, Duration{});
  CHECK(bench.withdrawn == 0);
  bench.platform.system().invalidate(bench.platform.node("nic0"), *ring);
  CHECK(bench.withdrawn >= 1);
}

TEST_CASE("Direct pointers are withdrawn when software changes an ACS control, and granted by the new one",
          "[tlm][dmi]") {
  DirectBench bench;
  CHECK_FALSE(bench.ask(bench::pool_iova));
  bench.watched = bench::pool_iova;
  software::set_acs_control(bench.function("dp0"), pcie::AcsControl{pcie::AcsControl::P2pRequestRedirect::mask});
  CHECK(bench.withdrawn >= 1);
  software::set_acs_control(bench.function("rp0"), pcie::AcsControl{pcie::AcsControl::UpstreamForwarding::mask});

  const auto dmi = bench.ask(bench::pool_iova);
  REQUIRE(dmi);
  const unsigned char mark = 0x99;
  REQUIRE(bench.platform.machine().memory().write(PhysAddr{bench::pool + 3}, &mark, 1));
  CHECK(dmi->get_dmi_ptr()[3] == mark);
}

TEST_CASE("A poisoned write gets no direct pointer", "[tlm][dmi][poisoned]") {
  DirectBench bench;
  std::vector<unsigned char> data(1);
  PlainPayload payload{tlm::TLM_WRITE_COMMAND, bench::ring_iova, data};
  modules::DmaExtension extension;
  extension.requester = bench.platform.id("nic0");
  payload.set_extension(&extension);
  tlm::tlm_dmi dmi;
  CHECK(bench.platform.endpoint("nic0").upstream->get_direct_mem_ptr(payload, dmi));
  extension.poisoned = true;
  CHECK_FALSE(bench.platform.endpoint("nic0").upstream->get_direct_mem_ptr(payload, dmi));
  CHECK(dmi.is_none_allowed());
  payload.clear_extension(&extension);
}

TEST_CASE("A poisoned write to memory that can be reached directly does not say so", "[tlm][dmi][poisoned]") {
  DirectBench bench;
  std::vector<unsigned char> data(1);
  PlainPayload payload{tlm::TLM_WRITE_COMMAND, bench::ring_iova, data};
  modules::DmaExtension extension;
  extension.requester = bench.platform.id("nic0");
  extension.poisoned = true;
  payload.set_extension(&extension);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  bench.platform.endpoint("nic0").upstream->b_transport(payload, delay);
  CHECK_FALSE(payload.is_dmi_allowed());
  CHECK(payload.is_response_error());
  payload.clear_extension(&extension);
}

TEST_CASE("No direct pointer goes past accessed and dirty bits that are to be set", "[tlm][dmi]") {
  DirectBench bench{scalable_platform()};
  REQUIRE(bench.ask(bench::ring_iova));
  set_accessed_dirty(bench.platform);
  CHECK_FALSE(bench.ask(bench::ring_iova, tlm::TLM_READ_COMMAND));
  std::array<unsigned char, 4> data{};
  modules::DmaRequest request;
  request.function = bench.platform.node("nic0");
  request.address = BusAddr{bench::ring_iova};
  request.size = data.size();
  request.data = data.data();
  NoObserver nobody;
  bench.platform.endpoint("nic0").transfer(request, Duration{}, bench.platform.simulation().clock(), nobody);
  const auto read_once = bench.ask(bench::ring_iova, tlm::TLM_READ_COMMAND);
  REQUIRE(read_once);
  CHECK(read_once->get_granted_access() == tlm::tlm_dmi::DMI_ACCESS_READ);
  CHECK_FALSE(bench.ask(bench::ring_iova, tlm::TLM_WRITE_COMMAND));
  request.operation = Operation::write;
  bench.platform.endpoint("nic0").transfer(request, Duration{}, bench.platform.simulation().clock(), nobody);
  CHECK(bench.ask(bench::ring_iova, tlm::TLM_WRITE_COMMAND));
}
