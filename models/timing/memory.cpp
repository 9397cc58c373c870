// SPDX-License-Identifier: Apache-2.0
#include "timing/memory.h"

namespace iommusim::timing {
namespace {

constexpr std::uint64_t whole = 1 << 16;
/// Knuth's multiplier: spreads line numbers.
constexpr std::uint64_t spread = 2654435761;

std::uint64_t share_of(std::uint64_t cache, std::uint64_t footprint) {
  if (footprint <= cache) return whole;
  return static_cast<std::uint64_t>(static_cast<double>(cache) / static_cast<double>(footprint) * whole);
}

}  // namespace

Memory::Memory(const MemoryParameters& parameters)
    : parameters_{parameters},
      resident_share_{parameters.state == CacheState::cold ? 0 : share_of(parameters.cache, parameters.footprint)} {}

bool Memory::is_cached(std::uint64_t line) const {
  return was_written(line) || (line * spread >> 8) % whole < resident_share_;
}

Duration Memory::wait_for_channel(std::uint64_t bytes, Duration at) {
  const auto busy = Duration{static_cast<std::uint64_t>(static_cast<double>(bytes) / *parameters_.bandwidth * 1e12)};
  return channel_.reserve(at, busy) - at;
}

Duration Memory::read(std::uint64_t address, std::uint64_t bytes, Duration at) {
  const std::uint64_t line = address / line_bytes;
  Duration latency = wait(bytes, at) + parameters_.latency;
  ++counters_.reads;
  counters_.read_bytes += bytes;
  if (is_cached(line)) {
    // What another device wrote lies in this socket's cache, wherever its home is.
    if (was_written(line)) return latency;
    return latency + parameters_.remote;
  }
  ++counters_.cache_misses;
  return latency + parameters_.dram + parameters_.remote;
}

Duration Memory::fetch(Duration at) {
  ++counters_.table_reads;
  return wait(line_bytes, at);
}

}  // namespace iommusim::timing
