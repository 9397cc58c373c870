// SPDX-License-Identifier: Apache-2.0
#include "timing/clock.h"

#include <algorithm>

namespace iommusim::timing {
namespace {

double gigabits_per_second(std::uint64_t bytes, Duration since, Duration end) {
  if (end <= since) return 0.0;
  return static_cast<double>(bytes) * 8.0 / (end - since).as_nanoseconds();
}

}  // namespace

void FunctionStatistics::count(Operation operation, std::uint64_t size, Duration start, Duration end) {
  const bool read = operation != Operation::write;
  (read ? reads : writes).add(end - start);
  (read ? read_bytes : written_bytes) += size;
  Duration& last = read ? last_read : last_write;
  last = std::max(last, end);
}

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

void Clock::reset_statistics() {
  since_ = latest_;
  for (FunctionStatistics& function : functions_)
    function.restart();
  for (ChannelCounters& channel : channels_)
    channel = {};
  host_.reset_counters();
}

}  // namespace iommusim::timing
