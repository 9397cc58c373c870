// SPDX-License-Identifier: Apache-2.0
// Oracle: the behaviour that Neugebauer et al., SIGCOMM 2018, and docs/timing.md describe: walkers, merged misses,
// order.
#include "timing/iommu.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using timing::Iommu;
using timing::IommuParameters;
using timing::Step;
using timing::StepKind;

namespace {

constexpr Duration ns(std::uint64_t value) {
  return Duration::nanoseconds(value);
}

Step miss(std::uint64_t page, std::uint16_t fetches = 4) {
  return {StepKind::translation, 12, 0, fetches, page * page_4k};
}
Step hit(std::uint64_t page) {
  return miss(page, 0);
}

IommuParameters two_walkers() {
  IommuParameters parameters;
  parameters.lookup = ns(2);
  parameters.walk = ns(100);
  parameters.walk_read = ns(10);
  parameters.walkers = 2;
  return parameters;
}

}  // namespace

TEST_CASE("A hit takes the lookup, a miss the walk with every entry that it reads", "[timing]") {
  timing::Memory memory{{}};
  Iommu iommu{two_walkers(), 1, memory};
  CHECK(iommu.translate({hit(1), RequesterId{}, 0, Iommu::Lane::read}, ns(0)) == ns(2));
  CHECK(iommu.translate({miss(2), RequesterId{}, 0, Iommu::Lane::read}, ns(10)) == ns(10 + 2 + 100 + 40));
  CHECK(iommu.counters().walks == 1);
  CHECK(iommu.counters().walk_reads == 4);
  CHECK(iommu.counters().hits == 1);
}

TEST_CASE("As many walks as there are walkers go on at once", "[timing]") {
  timing::Memory memory{{}};
  Iommu iommu{two_walkers(), 4, memory};
  CHECK(iommu.translate({miss(1), RequesterId{}, 0, Iommu::Lane::read}, ns(0)) == ns(142));
  CHECK(iommu.translate({miss(2), RequesterId{}, 1, Iommu::Lane::read}, ns(0)) == ns(142));
  CHECK(iommu.translate({miss(3), RequesterId{}, 2, Iommu::Lane::read}, ns(0)) == ns(142 + 140));
}

TEST_CASE("A hit on a page whose walk is under way waits for it", "[timing]") {
  timing::Memory memory{{}};
  Iommu iommu{two_walkers(), 2, memory};
  iommu.translate({miss(1), RequesterId{}, 0, Iommu::Lane::read}, ns(0));
  CHECK(iommu.translate({hit(1), RequesterId{}, 1, Iommu::Lane::read}, ns(20)) == ns(142));
  CHECK(iommu.counters().merged == 1);
  CHECK(iommu.translate({hit(1), RequesterId{}, 1, Iommu::Lane::read}, ns(200)) == ns(202));
}

TEST_CASE("Reads leave in order, and writes need not wait for them", "[timing]") {
  timing::Memory memory{{}};
  Iommu iommu{two_walkers(), 1, memory};
  iommu.translate({miss(1), RequesterId{}, 0, Iommu::Lane::read}, ns(0));
  CHECK(iommu.translate({hit(2), RequesterId{}, 0, Iommu::Lane::read}, ns(10)) == ns(142));
  CHECK(iommu.translate({hit(2), RequesterId{}, 0, Iommu::Lane::write}, ns(10)) == ns(12));
}

TEST_CASE("With one walk at a time in a region others wait, whatever walkers are free", "[timing]") {
  IommuParameters parameters = two_walkers();
  parameters.one_walk_per_region = true;
  timing::Memory memory{{}};
  Iommu iommu{parameters, 3, memory};
  CHECK(iommu.translate({miss(1), RequesterId{}, 0, Iommu::Lane::read}, ns(0)) == ns(142));
  CHECK(iommu.translate({miss(2), RequesterId{}, 1, Iommu::Lane::read}, ns(0)) == ns(282));
  // 512 pages of 4 KiB further is another region; walks are dispatched in order.
  CHECK(iommu.translate({miss(600), RequesterId{}, 2, Iommu::Lane::read}, ns(0)) == ns(282));
}

TEST_CASE("A walk below a known table reads one entry", "[timing]") {
  IommuParameters parameters = two_walkers();
  parameters.structure_cache = 1;
  timing::Memory memory{{}};
  Iommu iommu{parameters, 1, memory};
  CHECK(iommu.translate({miss(1), RequesterId{}, 0, Iommu::Lane::read}, ns(0)) == ns(142));
  CHECK(iommu.translate({miss(2), RequesterId{}, 0, Iommu::Lane::read}, ns(1000)) == ns(1112));
  iommu.translate({miss(600), RequesterId{}, 0, Iommu::Lane::read}, ns(2000));
  CHECK(iommu.translate({miss(3), RequesterId{}, 0, Iommu::Lane::read}, ns(3000)) == ns(3142));
}

TEST_CASE("A walker rests after a walk as its kind of request asks", "[timing]") {
  IommuParameters parameters = two_walkers();
  parameters.walkers = 1;
  parameters.recovery_read = ns(40);
  timing::Memory memory{{}};
  Iommu iommu{parameters, 2, memory};
  CHECK(iommu.translate({miss(1), RequesterId{}, 0, Iommu::Lane::read}, ns(0)) == ns(142));
  CHECK(iommu.translate({miss(2), RequesterId{}, 1, Iommu::Lane::write}, ns(0)) == ns(142 + 40 + 140));
}

TEST_CASE("Pages of different requesters are different pages", "[timing]") {
  timing::Memory memory{{}};
  Iommu iommu{two_walkers(), 2, memory};
  iommu.translate({miss(1), RequesterId{1}, 0, Iommu::Lane::read}, ns(0));
  CHECK(iommu.translate({hit(1), RequesterId{2}, 1, Iommu::Lane::read}, ns(20)) == ns(22));
}

TEST_CASE("Walks share the bandwidth of memory with DMA", "[timing]") {
  timing::MemoryParameters slow;
  // 64 bytes in 64 ns.
  slow.bandwidth = 1e9;
  timing::Memory memory{slow};
  Iommu iommu{two_walkers(), 2, memory};
  memory.read(0, 6400, ns(0));
  const Duration alone = ns(2 + 100 + 40);
  CHECK(iommu.translate({miss(1), RequesterId{}, 0, Iommu::Lane::read}, ns(0)) > alone + ns(6400 - 142));
  CHECK(memory.counters().table_reads == 4);
}

TEST_CASE("Without a limit of bandwidth walks wait for nothing", "[timing]") {
  timing::Memory memory{{}};
  Iommu iommu{two_walkers(), 1, memory};
  memory.read(0, 1 << 20, ns(0));
  CHECK(iommu.translate({miss(1), RequesterId{}, 0, Iommu::Lane::read}, ns(0)) == ns(142));
}
