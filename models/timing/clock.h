// SPDX-License-Identifier: Apache-2.0
// Spends the time of DMA operations whose ways are decided. There are two: LooseClock reserves as it goes, EventClock
// lets TLPs queue. What an operation did is the same under both; only when differs.
#pragma once

#include "base/access.h"
#include "timing/counters.h"
#include "timing/host.h"
#include "timing/latency_histogram.h"
#include "timing/time_series.h"
#include "timing/tlp.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace iommusim::timing {

/// One DMA or message of a device, and the requests that it became.
struct DmaOperation {
  std::size_t engine = 0;
  std::size_t function = 0;
  Operation operation = Operation::read;
  /// An interrupt message does not pass the DMA engine.
  bool message = false;
  Duration start;
  std::uint64_t size = 0;
  TlpList tlps{nullptr, 0};
};

/// Of one function. An operation is over when the last byte of a write is on the link, or that of a read was moved.
struct FunctionStatistics {
  LatencyHistogram reads;
  LatencyHistogram writes;
  /// Translation requests of a function with ATS, until their answers are there.
  LatencyHistogram translations;
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  /// When counting began, and when the last operation that counts ended.
  Duration since;
  Duration last_read;
  Duration last_write;

  void count(Operation operation, std::uint64_t size, Duration start, Duration end) {
    const bool read = operation != Operation::write;
    (read ? reads : writes).add(end - start);
    (read ? read_bytes : written_bytes) += size;
    Duration& last = read ? last_read : last_write;
    last = std::max(last, end);
  }
  /// Counts what ends after the last operation that has ended.
  void restart();
  /// Payload of reads or writes; 0 while nothing ended.
  double read_gigabits_per_second() const;
  double write_gigabits_per_second() const;
};

class Clock {
 public:
  virtual ~Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  /// Operations come in order of `start`.
  virtual void submit(const DmaOperation& operation) = 0;
  /// Waits until fewer than `window` operations are under way; returns the time at which that is so.
  virtual Duration wait_for_slot(unsigned window) = 0;
  /// Lets everything end; returns the time at which the last operation did. Writes are performed.
  virtual Duration finish() = 0;

  /// Counts from now on.
  void reset_statistics();
  /// When counting began.
  Duration counted_since() const { return since_; }
  const FunctionStatistics& function(std::size_t index) const { return functions_[index]; }
  const ChannelCounters& channel(std::size_t index) const { return channels_[index]; }
  const Host& host() const { return host_; }
  /// nullptr: the network wants none.
  const TimeSeries* function_series(std::size_t index) const {
    return function_series_.empty() ? nullptr : &function_series_[index];
  }
  const TimeSeries* channel_series(std::size_t index) const {
    return channel_series_.empty() ? nullptr : &channel_series_[index];
  }

 protected:
  explicit Clock(const Network& network);

  Host::Answer ask_host(const Host::Request& request) { return host_.serve(request); }
  ChannelCounters& counters_of(std::size_t channel) { return channels_[channel]; }
  /// An operation of `function` began and ended.
  void count(std::size_t function, Operation operation, std::uint64_t size, Duration start, Duration end) {
    functions_[function].count(operation, size, start, end);
    if (!function_series_.empty()) count_in_series(function, operation, size, end);
  }
  void count_translation(std::size_t function, Duration start, Duration end) {
    functions_[function].translations.add(end - start);
  }
  /// A TLP that keeps the channel `busy` from `at` on.
  static void count_sent(TimeSeries& series, Duration at, std::uint64_t bytes, Duration busy);
  /// nullptr: the network wants none.
  TimeSeries* series_of(std::size_t channel) { return channel_series_.empty() ? nullptr : &channel_series_[channel]; }
  /// The latest end of anything so far.
  Duration latest() const { return latest_; }
  void reached(Duration time) { latest_ = std::max(latest_, time); }

 private:
  void count_in_series(std::size_t function, Operation operation, std::uint64_t size, Duration end);

  Host host_;
  std::vector<FunctionStatistics> functions_;
  std::vector<ChannelCounters> channels_;
  std::vector<TimeSeries> function_series_;
  std::vector<TimeSeries> channel_series_;
  Duration latest_;
  Duration since_;
};

}  // namespace iommusim::timing
