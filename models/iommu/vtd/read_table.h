// SPDX-License-Identifier: Apache-2.0
// A whole paging table of 4 KiB at once.
#pragma once

#include "base/endian.h"
#include "memory/physical_bus.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace iommusim::vtd {

constexpr std::size_t entries_of_table = 512;

/// The entries of one table; those that are not in memory are nullopt.
template <class Entry>
std::array<std::optional<Entry>, entries_of_table> read_table(const memory::PhysicalBus& bus, PhysAddr address) {
  std::array<std::optional<Entry>, entries_of_table> entries;
  std::array<std::uint8_t, page_4k> bytes{};
  const bool whole = bus.read(address, bytes.data(), bytes.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::uint8_t* const at = &bytes[i * Entry::bytes];
    if (whole || bus.read(address + i * Entry::bytes, at, Entry::bytes)) entries[i] = Entry{load_le<std::uint64_t>(at)};
  }
  return entries;
}

}  // namespace iommusim::vtd
