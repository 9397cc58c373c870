// SPDX-License-Identifier: Apache-2.0
// Everything that was counted, as a tree in which each figure has a name, a unit and a description.
#pragma once

#include "timing/clock.h"
#include "timing/network.h"

#include <string>
#include <variant>
#include <vector>

namespace iommusim::timing {

struct Statistic {
  /// "walk_reads".
  std::string name;
  /// "ns", "bytes", "Gb/s"; empty: a count or a share.
  std::string unit;
  std::string description;
  std::variant<std::uint64_t, double> value;
};

/// One figure for each interval of the run, from time 0 on.
struct StatisticSeries {
  std::string name;
  std::string unit;
  std::string description;
  Duration interval;
  std::vector<std::uint64_t> values;
};

struct StatisticGroup {
  /// "links", "nic0 up".
  std::string name;
  std::vector<Statistic> statistics;
  std::vector<StatisticGroup> groups;
  /// All of a tree have the same interval.
  std::vector<StatisticSeries> series = {};
};

/// `since`, `until`: the time that was counted. Functions and links that nothing used are left out.
StatisticGroup collect(const Network& network, const Clock& clock, Duration since, Duration until);

}  // namespace iommusim::timing
