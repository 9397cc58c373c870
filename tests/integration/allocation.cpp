// SPDX-License-Identifier: Apache-2.0
// Oracle: a counting operator new, and the rule that nothing is allocated per access.
#include "support/allocation_counter.h"
#include "support/bench_platform.h"
#include "support/simulated_platform.h"
#include "support/vtd_unit.h"

#include <catch2/catch.hpp>

#include <array>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr unsigned accesses = 10'000;
constexpr unsigned pages = 256;

struct CountLandings : modules::TlpObserver {
  void on_tlp(const Access&, const Landing& landed_at, const Path&) override {
    ++landed[static_cast<std::size_t>(landed_at.kind)];
  }
  std::uint64_t of(LandingKind kind) const { return landed[static_cast<std::size_t>(kind)]; }
  std::array<std::uint64_t, landing_kinds> landed{};
};

/// Reads and writes of nic0, going around in `pages` pages from `first`.
struct Traffic {
  Traffic() {
    platforms::Description description = bench_platform();
    // Fewer entries than pages, so that hits, misses and walks all take part.
    description.iommus[0].vtd.iotlb_entries = 64;
    description.iommus[0].vtd.pages_2m = description.iommus[0].vtd.pages_1g = false;
    platform.emplace(std::move(description));
    platform->start();
  }

  void send(std::uint64_t first, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      modules::DmaRequest request;
      request.function = platform->node("nic0");
      request.operation = i % 3 == 0 ? Operation::read : Operation::write;
      request.address = BusAddr{first + i / 2 * 5 % pages * page_4k + i % 64};
      request.size = 64;
      now += Duration::nanoseconds(100);
      request.data = data.data();
      platform->endpoint("nic0").transfer(request, now, platform->simulation().clock(), landings);
    }
  }
  std::size_t allocated_by(std::uint64_t first) {
    send(first, 8 * pages);
    const std::size_t before = allocations();
    send(first, accesses);
    return allocations() - before;
  }

  std::optional<SimulatedPlatform> platform;
  CountLandings landings;
  std::array<unsigned char, 64> data{};
  Duration now;
};

}  // namespace

TEST_CASE("The counter of allocations counts", "[allocation]") {
  const std::size_t before = allocations();
  const auto some = std::make_unique<int>(1);
  CHECK(allocations() == before + 1);
}

TEST_CASE("10,000 DMA accesses to memory allocate nothing", "[allocation]") {
  Traffic traffic;
  CHECK(traffic.allocated_by(bench::ring_iova) == 0);
  CHECK(traffic.landings.of(LandingKind::memory) == accesses + 8 * pages);
  const vtd::UnitStatistics& statistics = vtd_unit(traffic.platform->machine()).statistics();
  CHECK(statistics.iotlb_hits > 1000);
  CHECK(statistics.iotlb_misses > 1000);
  CHECK(traffic.platform->simulation().outstanding() == 0);
}

TEST_CASE("10,000 DMA accesses to a peer allocate nothing", "[allocation]") {
  Traffic traffic;
  CHECK(traffic.allocated_by(bench::pool_iova) == 0);
  CHECK(traffic.landings.of(LandingKind::peer) == accesses + 8 * pages);
  CHECK(traffic.platform->simulation().outstanding() == 0);
}
