// SPDX-License-Identifier: Apache-2.0
// A VT-d unit in scalable mode with one page mapped.
#pragma once

#include "support/scalable_bench.h"

#include <catch2/catch.hpp>

#include <cstdint>

namespace iommusim::tests {

constexpr std::uint64_t page = 0x1234'5000;
constexpr PhysAddr target{0x5'6789'A000};

/// Second-stage tables map `page` to `target` for PASID 0 and PASID 0x12345 of `device`. Nothing is cached.
struct MappedBench : ScalableBench {
  explicit MappedBench(const vtd::UnitConfig& config = cacheless()) : ScalableBench{config} {
    tables.map(domain, Iova{page}, target);
    use(ScalableTables::second_stage(domain));
    scalable.set_pasid(device, 0x12345, ScalableTables::second_stage(domain));
  }
  Domain domain = tables.new_domain(4);
};

/// Each of the bits `first` to `last` of the entry at `where` is reserved: set, it is fault `reason`.
template <class Entry>
void expect_reserved(ScalableBench& bench, PhysAddr where, unsigned first, unsigned last, std::uint16_t reason) {
  const auto valid = bench.tables.load<Entry>(where);
  for (unsigned bit = first; bit <= last; ++bit) {
    INFO("bit " << bit);
    bench.tables.store(where, with_bit(valid, bit));
    expect_fault(bench, read_of(page), reason);
  }
  bench.tables.store(where, valid);
}

}  // namespace iommusim::tests
