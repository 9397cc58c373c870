// SPDX-License-Identifier: Apache-2.0
// What every timed component counts. timing/statistics.h gives each counter its name, unit and description.
#pragma once

#include "base/quantity.h"

#include <cstdint>

namespace iommusim::timing {

struct IommuCounters {
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  /// Hits on a page whose walk was still under way.
  std::uint64_t merged = 0;
  std::uint64_t walks = 0;
  std::uint64_t walk_reads = 0;
  /// Of all walkers together.
  Duration walker_busy;
};

struct MemoryCounters {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t cache_misses = 0;
  /// Lines that walks of IOMMUs read.
  std::uint64_t table_reads = 0;
};

struct ChannelCounters {
  std::uint64_t posted = 0;
  std::uint64_t non_posted = 0;
  std::uint64_t completions = 0;
  /// Everything on the wire: headers, framing, payload.
  std::uint64_t bytes = 0;
  Duration busy;
  /// TLPs that were sent again because their LCRC was bad.
  std::uint64_t replays = 0;
  /// The most TLPs that waited at once (approximate timing).
  std::uint64_t queue_max = 0;
};

struct RootComplexCounters {
  std::uint64_t requests = 0;
  /// Peer-to-peer requests that it sent down again, and their payload.
  std::uint64_t reflected = 0;
  std::uint64_t reflected_bytes = 0;
};

}  // namespace iommusim::timing
