// SPDX-License-Identifier: Apache-2.0
#include "timing/statistics.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace iommusim::timing {
namespace {

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

double share(Duration part, Duration whole) {
  return share(part.picoseconds(), whole.picoseconds());
}

StatisticGroup latencies(std::string name, const LatencyHistogram& latency) {
  StatisticGroup group{std::move(name), {}, {}};
  const auto add = [&group](std::string label, std::string text, double nanoseconds) {
    group.statistics.push_back({std::move(label), "ns", std::move(text), nanoseconds});
  };
  group.statistics.push_back({"count", "", "operations", latency.count()});
  add("mean", "mean time of an operation", latency.mean_nanoseconds());
  add("min", "shortest", latency.min().as_nanoseconds());
  constexpr std::array<std::pair<const char*, double>, 4> percentiles{
      {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99_9", 0.999}}};
  for (const auto& [label, of] : percentiles)
    add(label, "not exceeded by this share of the operations", latency.percentile(of).as_nanoseconds());
  add("max", "longest", latency.max().as_nanoseconds());
  return group;
}

StatisticGroup function_group(const std::string& name, const FunctionStatistics& function) {
  StatisticGroup group{name, {}, {}};
  group.statistics.push_back({"read_bytes", "bytes", "payload of finished reads", function.read_bytes});
  group.statistics.push_back({"written_bytes", "bytes", "payload of finished writes", function.written_bytes});
  group.statistics.push_back(
      {"read_bandwidth", "Gb/s", "payload of reads over the counted time", function.read_gigabits_per_second()});
  group.statistics.push_back(
      {"write_bandwidth", "Gb/s", "payload of writes over the counted time", function.write_gigabits_per_second()});
  if (function.reads.count() != 0) group.groups.push_back(latencies("read_latency", function.reads));
  if (function.writes.count() != 0) group.groups.push_back(latencies("write_latency", function.writes));
  if (function.translations.count() != 0)
    group.groups.push_back(latencies("translation_latency", function.translations));
  return group;
}

StatisticGroup channel_group(const std::string& name, const ChannelCounters& channel, Duration counted) {
  return {name,
          {{"posted", "", "posted requests sent", channel.posted},
           {"non_posted", "", "requests sent that are answered", channel.non_posted},
           {"completions", "", "completions sent", channel.completions},
           {"bytes", "bytes", "sent, with headers and framing", channel.bytes},
           {"utilisation", "", "share of the time in which it sent", share(channel.busy, counted)},
           {"replays", "", "TLPs sent again because of a bad LCRC", channel.replays},
           {"queue_max", "", "most TLPs that waited for it at once (approximate timing)", channel.queue_max}},
          {}};
}

StatisticGroup iommu_group(const std::string& name, const IommuCounters& unit, unsigned walkers, Duration counted) {
  return {name,
          {{"lookups", "", "requests looked up", unit.lookups},
           {"hits", "", "requests that needed no walk", unit.hits},
           {"hit_rate", "", "share of the lookups", share(unit.hits, unit.lookups)},
           {"merged", "", "hits that waited for a walk under way", unit.merged},
           {"walks", "", "walks of the tables", unit.walks},
           {"walk_reads", "", "table entries that walks read from memory", unit.walk_reads},
           {"walk_reads_per_access", "", "over all lookups", share(unit.walk_reads, unit.lookups)},
           {"walker_utilisation", "", "share of the time in which walkers were busy",
            share(unit.walker_busy, counted * walkers)}},
          {}};
}

StatisticGroup memory_group(const MemoryCounters& memory) {
  return {"memory",
          {{"reads", "", "reads of devices", memory.reads},
           {"writes", "", "writes of devices", memory.writes},
           {"read_bytes", "bytes", "read by devices", memory.read_bytes},
           {"written_bytes", "bytes", "written by devices", memory.written_bytes},
           {"cache_misses", "", "reads that the last-level cache did not answer", memory.cache_misses},
           {"table_reads", "", "lines that walks of IOMMUs read", memory.table_reads}},
          {}};
}

StatisticGroup root_complex_group(const RootComplexCounters& root_complex) {
  return {"root_complex",
          {{"requests", "", "requests that came in", root_complex.requests},
           {"reflected", "", "requests sent down again, to a peer", root_complex.reflected},
           {"reflected_bytes", "bytes", "their payload", root_complex.reflected_bytes}},
          {}};
}

/// The longest interval that a series of the run needed.
Duration common_interval(const Network& network, const Clock& clock) {
  Duration interval = network.interval;
  const auto widen = [&interval](const TimeSeries* series) {
    if (series != nullptr) interval = std::max(interval, series->interval());
  };
  for (std::size_t i = 0; i < network.functions.size(); ++i)
    widen(clock.function_series(i));
  for (std::size_t i = 0; i < network.channels.size(); ++i)
    widen(clock.channel_series(i));
  for (std::size_t i = 0; i < network.iommus.size(); ++i)
    widen(clock.host().iommu(i).series());
  return interval;
}

StatisticGroup with_series(StatisticGroup group, const TimeSeries* series, Duration interval) {
  if (series == nullptr) return group;
  TimeSeries widened = *series;
  widened.widen_to(interval);
  for (std::size_t i = 0; i < widened.column_count(); ++i) {
    const SeriesColumn& column = widened.column(i);
    std::vector<std::uint64_t> values = widened.values(i);
    if (std::string_view{column.unit} == "ns")
      for (std::uint64_t& value : values)
        value /= 1000;
    group.series.push_back({column.name, column.unit, column.description, interval, std::move(values)});
  }
  return group;
}

}  // namespace

StatisticGroup collect(const Network& network, const Clock& clock, Duration since, Duration until) {
  const Duration counted = until > since ? until - since : Duration{};
  const Duration interval = common_interval(network, clock);
  StatisticGroup devices{"devices", {}, {}};
  for (std::size_t i = 0; i < network.functions.size(); ++i) {
    const FunctionStatistics& function = clock.function(i);
    if (function.reads.count() + function.writes.count() != 0)
      devices.groups.push_back(
          with_series(function_group(network.functions[i], function), clock.function_series(i), interval));
  }
  StatisticGroup links{"links", {}, {}};
  for (std::size_t i = 0; i < network.channels.size(); ++i)
    if (clock.channel(i).bytes != 0)
      links.groups.push_back(with_series(channel_group(network.channels[i].name, clock.channel(i), counted),
                                         clock.channel_series(i), interval));
  StatisticGroup iommus{"iommus", {}, {}};
  for (std::size_t i = 0; i < network.iommus.size(); ++i) {
    const Iommu& unit = clock.host().iommu(i);
    iommus.groups.push_back(with_series(
        iommu_group(network.iommus[i], unit.counters(), network.host.iommu.walkers, counted), unit.series(), interval));
  }
  const Host& host = clock.host();
  return {"statistics",
          {{"counted", "ns", "simulated time after the warm-up", counted.as_nanoseconds()}},
          {std::move(devices), std::move(links), root_complex_group(host.counters()), std::move(iommus),
           memory_group(host.memory().counters())}};
}

}  // namespace iommusim::timing
