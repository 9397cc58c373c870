// SPDX-License-Identifier: Apache-2.0
#include "timing/clock.h"

#include "timing/series_columns.h"

#include <algorithm>

namespace iommusim::timing {
namespace {

double gigabits_per_second(std::uint64_t bytes, Duration since, Duration end) {
  if (end <= since) return 0.0;
  return static_cast<double>(bytes) * 8.0 / (end - since).as_nanoseconds();
}

}  // namespace

void FunctionStatistics::restart() {
  const Duration end = std::max(last_read, last_write);
  *this = {};
  since = end;
}

double FunctionStatistics::read_gigabits_per_second() const {
  return gigabits_per_second(read_bytes, since, last_read);
}

double FunctionStatistics::write_gigabits_per_second() const {
  return gigabits_per_second(written_bytes, since, last_write);
}

Clock::Clock(const Network& network)
    : host_{network}, functions_(network.functions.size()), channels_(network.channels.size()) {
  if (network.interval == Duration{}) return;
  function_series_.assign(functions_.size(), TimeSeries{network.interval, function_series::columns});
  channel_series_.assign(channels_.size(), TimeSeries{network.interval, channel_series::columns});
}

void Clock::count_in_series(std::size_t function, Operation operation, std::uint64_t size, Duration end) {
  TimeSeries& series = function_series_[function];
  series.add(end, function_series::operations, 1);
  series.add(end, operation == Operation::write ? function_series::written_bytes : function_series::read_bytes, size);
}

void Clock::count_sent(TimeSeries& series, Duration at, std::uint64_t bytes, Duration busy) {
  series.add(at, channel_series::tlps, 1);
  series.add(at, channel_series::bytes, bytes);
  series.add(at, channel_series::busy, busy.picoseconds());
}

void Clock::reset_statistics() {
  since_ = latest_;
  for (FunctionStatistics& function : functions_)
    function.restart();
  for (ChannelCounters& channel : channels_)
    channel = {};
  for (TimeSeries& series : function_series_)
    series.restart();
  for (TimeSeries& series : channel_series_)
    series.restart();
  host_.reset_counters();
}

}  // namespace iommusim::timing
