// SPDX-License-Identifier: Apache-2.0
// How long a read of memory takes: last-level cache, DRAM, the other socket.
#pragma once

#include "timing/calendar.h"
#include "timing/counters.h"
#include "timing/parameters.h"
#include "timing/tlp.h"

#include <cstdint>
#include <vector>

namespace iommusim::timing {

class Memory {
 public:
  explicit Memory(const MemoryParameters& parameters);

  /// Time from the request at the memory to the data, when `bytes` at `address` are read at `at`.
  Duration read(std::uint64_t address, std::uint64_t bytes, Duration at);
  /// A device writes: its lines lie in the cache afterwards (DDIO). Returns the wait for bandwidth.
  Duration write(std::uint64_t address, std::uint64_t bytes, Duration at) {
    ++counters_.writes;
    counters_.written_bytes += bytes;
    if (written_.empty()) written_.assign(written_lines, ~std::uint64_t{0});
    const std::uint64_t first = address / line_bytes;
    for (std::uint64_t line = first; line < first + lines_of(bytes); ++line)
      written_[line % written_lines] = line;
    return wait(bytes, at);
  }

  /// An IOMMU reads the line of a table entry, whose latency it knows. Returns the wait for bandwidth.
  Duration fetch(Duration at);

  const MemoryCounters& counters() const { return counters_; }
  void reset_counters() { counters_ = {}; }

 private:
  /// Lines that devices wrote last: about what DDIO's ways of the cache hold.
  static constexpr std::size_t written_lines = std::size_t{1} << 15;

  bool was_written(std::uint64_t line) const { return !written_.empty() && written_[line % written_lines] == line; }
  bool is_cached(std::uint64_t line) const;
  Duration wait(std::uint64_t bytes, Duration at) {
    return parameters_.bandwidth ? wait_for_channel(bytes, at) : Duration{};
  }
  Duration wait_for_channel(std::uint64_t bytes, Duration at);

  MemoryParameters parameters_;
  /// Of all lines, in 2^16ths, that the cache holds when it is warm.
  std::uint64_t resident_share_;
  /// The last line that was written, of those that share a place. Empty: none was.
  std::vector<std::uint64_t> written_;
  Calendar channel_;
  MemoryCounters counters_;
};

}  // namespace iommusim::timing
