// SPDX-License-Identifier: Apache-2.0
// How long a read of memory takes: last-level cache, DRAM, the other socket.
#pragma once

#include "timing/calendar.h"
#include "timing/counters.h"
#include "timing/parameters.h"

#include <cstdint>
#include <vector>

namespace iommusim::timing {

class Memory {
 public:
  explicit Memory(const MemoryParameters& parameters);

  /// Time from the request at the memory to the data, when `bytes` at `address` are read at `at`.
  Duration read(std::uint64_t address, std::uint64_t bytes, Duration at);
  /// A device writes: its lines lie in the cache afterwards (DDIO). Returns the wait for bandwidth.
  Duration write(std::uint64_t address, std::uint64_t bytes, Duration at);

  /// An IOMMU reads the line of a table entry, whose latency it knows. Returns the wait for bandwidth.
  Duration fetch(Duration at);

  const MemoryCounters& counters() const { return counters_; }
  void reset_counters() { counters_ = {}; }

 private:
  bool was_written(std::uint64_t line) const;
  bool is_cached(std::uint64_t line) const;
  Duration wait(std::uint64_t bytes, Duration at);

  MemoryParameters parameters_;
  /// Of all lines, in 2^16ths, that the cache holds when it is warm.
  std::uint64_t resident_share_;
  /// The last line that was written, of those that share a place. Empty: none was.
  std::vector<std::uint64_t> written_;
  Calendar channel_;
  MemoryCounters counters_;
};

}  // namespace iommusim::timing
