// SPDX-License-Identifier: Apache-2.0
// Oracle: sums by hand.
#include "timing/time_series.h"

#include "support/small_network.h"
#include "timing/event_clock.h"
#include "timing/loose_clock.h"
#include "timing/statistics.h"

#include <catch2/catch.hpp>

#include <numeric>

using namespace iommusim;
using namespace iommusim::tests;
using namespace iommusim::timing;

namespace {

constexpr std::array<SeriesColumn, 2> columns{{{"sum", "", ""}, {"peak", "", "", true}}};
using Values = std::vector<std::uint64_t>;

constexpr Duration ns(std::uint64_t value) {
  return Duration::nanoseconds(value);
}

const StatisticSeries& find(const StatisticGroup& tree, const std::string& kind, const std::string& who,
                            const std::string& name) {
  for (const StatisticGroup& group : tree.groups)
    for (const StatisticGroup& below : group.groups)
      for (const StatisticSeries& series : below.series)
        if (group.name == kind && below.name == who && series.name == name) return series;
  throw std::runtime_error{kind + " " + who + " " + name};
}

std::uint64_t sum(const StatisticSeries& series) {
  return std::accumulate(series.values.begin(), series.values.end(), std::uint64_t{0});
}

}  // namespace

TEST_CASE("Amounts add up within their interval, and peaks are its largest", "[timing]") {
  TimeSeries series{ns(10), columns};
  series.add(ns(25), 0, 1);
  series.add(ns(0), 0, 2);
  series.add(ns(29), 0, 4);
  series.add(ns(21), 1, 5);
  series.add(ns(22), 1, 3);
  CHECK(series.values(0) == Values{2, 0, 5});
  CHECK(series.values(1) == Values{0, 0, 5});
}

TEST_CASE("A series that grows too long joins neighbours", "[timing]") {
  TimeSeries series{ns(1), columns};
  for (std::uint64_t i = 0; i < 4096; ++i) {
    series.add(ns(i), 0, 1);
    series.add(ns(i), 1, i);
  }
  CHECK(series.interval() == ns(1));
  series.add(ns(4096), 0, 1);
  CHECK(series.interval() == ns(2));
  const Values sums = series.values(0);
  REQUIRE(sums.size() == 2049);
  CHECK(sums.front() == 2);
  CHECK(sums[2047] == 2);
  CHECK(sums.back() == 1);
  CHECK(series.values(1)[7] == 15);
  // At once, by a factor of 1024.
  series.add(ns(2'097'152), 0, 1);
  CHECK(series.interval() == ns(1024));
  CHECK(series.values(0).size() == 2049);
  CHECK(series.values(0)[0] == 1024);
}

TEST_CASE("An odd interval at the end stays as it is", "[timing]") {
  TimeSeries series{ns(1), columns};
  for (std::uint64_t i = 0; i < 3; ++i)
    series.add(ns(i), 0, i + 1);
  series.widen_to(ns(2));
  CHECK(series.values(0) == Values{3, 3});
}

TEST_CASE("The series of a run add up to its counters, in both timings", "[timing]") {
  Network network = small_network(2);
  network.interval = ns(100);
  EventClock events{network};
  LooseClock loose{network};
  for (Clock* clock : {static_cast<Clock*>(&events), static_cast<Clock*>(&loose)}) {
    for (std::uint64_t i = 0; i < 100; ++i) {
      const Operation operation = i % 3 == 0 ? Operation::read : Operation::write;
      const std::vector<Tlp> tlps{to_memory(operation, i % 2, true, i % 4 == 0 ? 2 : 0)};
      clock->submit({i % 2, i % 2, operation, false, ns(50 * i), 64, tlps});
    }
    const Duration end = clock->finish();
    const StatisticGroup tree = collect(network, *clock, Duration{}, end);
    CHECK(sum(find(tree, "links", "switch up", "bytes")) == clock->channel(uplink).bytes);
    CHECK(sum(find(tree, "links", "switch up", "tlps")) == 100);
    CHECK(sum(find(tree, "devices", "device0", "operations")) == 50);
    CHECK(sum(find(tree, "devices", "device1", "read_bytes")) == clock->function(1).read_bytes);
    CHECK(sum(find(tree, "iommus", "iommu", "hits")) == 75);
    CHECK(sum(find(tree, "iommus", "iommu", "walk_reads")) == 50);
    CHECK(find(tree, "links", "switch up", "bytes").values.size() > 40);
    CHECK(find(tree, "links", "switch up", "bytes").interval == ns(100));
  }
}

TEST_CASE("All series of a run have the interval that the longest of them needs", "[timing]") {
  Network network = small_network(1);
  network.interval = ns(1);
  EventClock clock{network};
  const std::vector<Tlp> tlps{to_memory(Operation::write, 0)};
  clock.submit({0, 0, Operation::write, false, ns(3000), 64, tlps});
  const Duration end = clock.finish();
  const StatisticGroup tree = collect(network, clock, Duration{}, end);
  CHECK(find(tree, "devices", "device0", "operations").interval == ns(1));
  clock.submit({0, 0, Operation::read, false, ns(9000), 64, std::vector<Tlp>{to_memory(Operation::read, 0)}});
  const StatisticGroup longer = collect(network, clock, Duration{}, clock.finish());
  for (const char* name : {"bytes", "tlps"})
    CHECK(find(longer, "links", "device0 up", name).interval == ns(4));
  CHECK(find(longer, "iommus", "iommu", "lookups").interval == ns(4));
}

TEST_CASE("Without an interval there are no series", "[timing]") {
  const Network network = small_network(1);
  LooseClock clock{network};
  const std::vector<Tlp> tlps{to_memory(Operation::write, 0)};
  clock.submit({0, 0, Operation::write, false, ns(0), 64, tlps});
  const StatisticGroup tree = collect(network, clock, Duration{}, clock.finish());
  for (const StatisticGroup& group : tree.groups)
    for (const StatisticGroup& below : group.groups)
      CHECK(below.series.empty());
}
