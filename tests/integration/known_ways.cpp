// SPDX-License-Identifier: Apache-2.0
// Oracle: what the same requests would find if each were sent through every module: the unit's counters, the landings,
// and the bytes in memory.
#include "pcie/header.h"
#include "software/pci_setup.h"
#include "support/bench_platform.h"
#include "support/simulated_platform.h"
#include "support/vtd_unit.h"

#include <catch2/catch.hpp>

#include <array>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr unsigned enough = 16;

/// nic0 sends 64 bytes at a time.
class Traffic : private modules::TlpObserver {
 public:
  explicit Traffic(platforms::Description description = bench_platform()) : platform{std::move(description)} {
    platform.start();
  }

  Landing send(std::uint64_t address, Operation operation = Operation::write) {
    modules::DmaRequest request;
    request.function = platform.node("nic0");
    request.operation = operation;
    request.address = BusAddr{address};
    request.size = data.size();
    request.data = data.data();
    platform.endpoint("nic0").transfer(request, Duration{}, platform.simulation().clock(), *this);
    return landing_;
  }
  /// All over the page of `address`.
  void learn(std::uint64_t address, Operation operation = Operation::write) {
    for (unsigned i = 0; i < enough; ++i)
      REQUIRE(send(address + i * data.size(), operation).kind == LandingKind::memory);
    REQUIRE(repeated() != 0);
  }
  std::uint64_t repeated() { return platform.endpoint("nic0").repeated(); }
  const vtd::UnitStatistics& unit() { return vtd_unit(platform.machine()).statistics(); }
  void unmap(std::uint64_t iova, software::Invalidate invalidate) {
    const auto range = Range<Iova>::from_size(Iova{iova}, bench::ring_size);
    platform.system().unmap(platform.node("nic0"), *range, invalidate, Duration{});
  }

  SimulatedPlatform platform;
  std::array<unsigned char, 64> data{};

 private:
  void on_tlp(const Access&, const Landing& landing, const Path&) override { landing_ = landing; }

  Landing landing_;
};

}  // namespace

TEST_CASE("Requests that go a known way land and count as the others do", "[tlm][known-ways]") {
  Traffic traffic;
  const Landing first = traffic.send(bench::ring_iova);
  for (unsigned i = 1; i < enough; ++i) {
    traffic.data.fill(static_cast<unsigned char>(i));
    const Landing landing = traffic.send(bench::ring_iova + i * 64);
    CHECK(landing.kind == LandingKind::memory);
    CHECK(landing.address == first.address + i * 64);
    CHECK(landing.where == first.where);
    CHECK(landing.status == first.status);
    CHECK(landing.from_cache);
    std::array<unsigned char, 64> written{};
    traffic.platform.machine().memory().read(PhysAddr{landing.address}, written.data(), written.size());
    CHECK(written == traffic.data);
  }
  CHECK(traffic.repeated() >= enough - 6);
  CHECK(traffic.unit().requests == enough);
  CHECK(traffic.unit().iotlb_hits == enough - 1);
  CHECK(traffic.unit().context_hits == enough - 1);
}

TEST_CASE("Reads that go a known way bring what is in memory", "[tlm][known-ways]") {
  Traffic traffic;
  traffic.learn(bench::ring_iova, Operation::read);
  const Landing landing = traffic.send(bench::ring_iova + 0x800, Operation::read);
  const std::array<unsigned char, 4> there{1, 2, 3, 4};
  traffic.platform.machine().memory().write(PhysAddr{landing.address}, there.data(), there.size());
  traffic.send(bench::ring_iova + 0x800, Operation::read);
  CHECK(std::equal(there.begin(), there.end(), traffic.data.begin()));
}

TEST_CASE("A known way ends with the mapping", "[tlm][known-ways]") {
  Traffic traffic;
  traffic.learn(bench::ring_iova);
  traffic.unmap(bench::ring_iova, software::Invalidate::yes);
  CHECK(traffic.send(bench::ring_iova).kind == LandingKind::iommu_fault);
}

TEST_CASE("A known way goes on as long as the unit serves a stale translation", "[tlm][known-ways]") {
  Traffic traffic;
  traffic.learn(bench::ring_iova);
  traffic.unmap(bench::ring_iova, software::Invalidate::no);
  const Landing landing = traffic.send(bench::ring_iova);
  CHECK(landing.kind == LandingKind::memory);
  CHECK(landing.from_cache);
}

TEST_CASE("A known way ends when the unit needs its line for another page", "[tlm][known-ways]") {
  platforms::Description description = bench_platform();
  description.iommus[0].vtd.iotlb_entries = description.iommus[0].vtd.iotlb_ways = 1;
  Traffic traffic{std::move(description)};
  traffic.learn(bench::ring_iova);
  traffic.send(bench::read_only_iova, Operation::read);
  const std::uint64_t misses = traffic.unit().iotlb_misses;
  traffic.send(bench::ring_iova);
  CHECK(traffic.unit().iotlb_misses == misses + 1);
}

TEST_CASE("A known way is one of reads or of writes", "[tlm][known-ways]") {
  Traffic traffic;
  traffic.learn(bench::read_only_iova, Operation::read);
  CHECK(traffic.send(bench::read_only_iova).kind == LandingKind::iommu_fault);
}

TEST_CASE("A known way ends when software reconfigures a function on it", "[tlm][known-ways]") {
  Traffic traffic;
  traffic.learn(bench::ring_iova);
  traffic.platform.system().bus().config_write(0, traffic.platform.id("rp0"), pcie::header::command, 2, 2);
  CHECK(traffic.send(bench::ring_iova).kind == LandingKind::rejected);
}
