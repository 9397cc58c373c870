// SPDX-License-Identifier: Apache-2.0
// How long an IOMMU takes for each request: what hit and what was fetched is decided before.
#pragma once

#include "base/requester_id.h"
#include "timing/calendar.h"
#include "timing/counters.h"
#include "timing/journey.h"
#include "timing/memory.h"
#include "timing/parameters.h"
#include "timing/series_columns.h"
#include "timing/shared_places.h"
#include "timing/time_series.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::timing {

/// Requests of one root-bus node leave in the order in which they came, reads and writes apart: who follows a miss
/// waits for it. Behind them look up and walk.
class Iommu {
 public:
  /// Walks read their tables from `memory`, which must outlive it.
  /// `interval`: of its time series; zero: it keeps none.
  Iommu(const IommuParameters& parameters, std::size_t sources, Memory& memory, Duration interval = {});

  enum class Lane : std::uint8_t { read, write };
  struct Request {
    const Step& step;
    /// Pages of different requesters are different pages, though a domain may join them: the careful side.
    RequesterId requester;
    /// Root-bus node.
    std::size_t source = 0;
    Lane lane = Lane::read;
  };
  /// When a request that arrives at `arrival` leaves translated.
  Duration translate(const Request& request, Duration arrival);
  /// Nothing of this lane leaves before `time`: what comes next had no room.
  void hold(std::size_t source, Lane lane, Duration time) {
    Duration& last = last_of(source, lane);
    last = std::max(last, time);
  }

  const IommuCounters& counters() const { return counters_; }
  const TimeSeries* series() const { return series_ ? &*series_ : nullptr; }
  void reset_counters();

 private:
  /// A walk whose result is not in the cache yet, or was put there at `ready`.
  struct Fill {
    std::uint64_t page = ~std::uint64_t{0};
    RequesterId requester;
    Duration ready;
  };
  static constexpr std::size_t fills = 1024;

  Duration& last_of(std::size_t source, Lane lane) { return last_[source * 2 + static_cast<std::size_t>(lane)]; }
  Fill& fill_of(std::uint64_t page) { return fills_[(page ^ page >> 10) % fills]; }
  void count(Duration at, std::size_t column, std::uint64_t amount) {
    if (series_) count_in_series(at, column, amount);
  }
  void count_in_series(Duration at, std::size_t column, std::uint64_t amount);
  Duration wait_for_lookup(Duration arrival);
  Duration walk(const Request& request, Duration arrival);
  /// Entries that have to be read: all, or the leaf when the table that holds it is known.
  std::uint64_t reads_of(const Request& request);
  Duration& region_free(std::uint64_t address);

  IommuParameters parameters_;
  Memory* memory_;
  Calendar lookup_;
  SharedSlots walkers_;
  /// With one walk for each region, walks are dispatched in order, whatever waits.
  Duration last_walk_start_;
  std::vector<Duration> last_;
  std::vector<Fill> fills_;
  struct Region {
    std::uint64_t number = ~std::uint64_t{0};
    Duration free;
  };
  std::vector<Region> regions_;
  /// The table of leaf entries that a page belongs to.
  struct Table {
    std::uint64_t number = 0;
    RequesterId requester;
    bool operator==(const Table& o) const { return number == o.number && requester == o.requester; }
  };
  /// Least recently used last.
  std::vector<Table> tables_;
  IommuCounters counters_;
  std::optional<TimeSeries> series_;
};

// Here, because most requests hit, and a hit is little work.
inline Duration Iommu::translate(const Request& request, Duration arrival) {
  ++counters_.lookups;
  count(arrival, iommu_series::lookups, 1);
  const Step& step = request.step;
  Duration ready = parameters_.lookup_interval == Duration{} ? arrival : wait_for_lookup(arrival);
  ready += parameters_.lookup;
  const std::uint64_t page = step.address >> step.page_shift;
  Fill& fill = fill_of(page);
  if (step.fetches != 0) {
    ready = walk(request, ready);
    fill = {page, request.requester, ready};
  } else {
    ++counters_.hits;
    count(arrival, iommu_series::hits, 1);
    if (fill.page == page && fill.requester == request.requester && ready < fill.ready) {
      ++counters_.merged;
      ready = fill.ready;
    }
  }
  Duration& last = last_of(request.source, request.lane);
  last = std::max(last, ready);
  return last;
}

}  // namespace iommusim::timing
