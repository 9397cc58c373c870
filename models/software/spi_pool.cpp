// SPDX-License-Identifier: Apache-2.0
#include "software/spi_pool.h"

#include "base/quantity.h"
#include "software/driver_error.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace iommusim::software {
namespace {

/// Takes `count` free places; nullopt: there are none.
std::optional<std::uint32_t> take(std::vector<bool>& in_use, std::uint32_t count) {
  for (std::size_t first = 0; first + count <= in_use.size(); first += count) {
    const auto from = in_use.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = from + static_cast<std::ptrdiff_t>(count);
    if (std::find(from, end, true) != end) continue;
    std::fill(from, end, true);
    return static_cast<std::uint32_t>(first);
  }
  return std::nullopt;
}

}  // namespace

SpiPool::SpiPool(std::string owner, PhysAddr doorbell, const std::vector<gic::SpiRange>& ranges)
    : owner_{std::move(owner)}, doorbell_{doorbell} {
  for (const gic::SpiRange& range : ranges)
    parts_.push_back({range.first, std::vector<bool>(range.count)});
}

SpiVectors SpiPool::allocate(std::uint32_t count) {
  if (!is_power_of_two(count)) throw DriverError("messages are given in powers of two");
  for (Part& part : parts_) {
    const auto taken = take(part.in_use, count);
    if (!taken) continue;
    const std::uint32_t intid = part.first + *taken;
    return {{BusAddr{doorbell_.value()}, intid}, intid, count};
  }
  throw DriverError(owner_ + " has no " + std::to_string(count) + " SPIs left");
}

void SpiPool::release(const SpiVectors& vectors) {
  for (Part& part : parts_)
    for (std::uint32_t i = 0; i < vectors.count; ++i)
      if (vectors.intid + i >= part.first && vectors.intid + i - part.first < part.in_use.size())
        part.in_use[vectors.intid + i - part.first] = false;
}

}  // namespace iommusim::software
