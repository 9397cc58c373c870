// SPDX-License-Identifier: Apache-2.0
// A processor's view of a machine with DRAM and one VT-d unit. Keeps what is stored to the unit's registers.
#pragma once

#include "base/endian.h"
#include "iommu/vtd/unit.h"
#include "support/memory_bus.h"

#include <cstdint>
#include <vector>

namespace iommusim::tests {

/// A store to a register of the unit.
struct RegisterWrite {
  std::uint64_t offset;
  unsigned width;
  std::uint64_t value;

  friend bool operator==(const RegisterWrite& a, const RegisterWrite& b) {
    return a.offset == b.offset && a.width == b.width && a.value == b.value;
  }
};

class UnitBus : public MemoryBus {
 public:
  UnitBus(const vtd::UnitConfig& config, const Range<PhysAddr>& dram) : MemoryBus{dram}, unit_{config, memory()} {}

  vtd::Unit& unit() { return unit_; }
  const std::vector<RegisterWrite>& writes() const { return writes_; }
  void forget_writes() { writes_.clear(); }

  void load(PhysAddr address, void* to, std::size_t size) override {
    if (!is_register(address)) {
      MemoryBus::load(address, to, size);
    } else if (size == 4) {
      store_le(to, static_cast<std::uint32_t>(unit_.read_register(offset(address), 4)));
    } else {
      store_le(to, unit_.read_register(offset(address), 8));
    }
  }

  void store(PhysAddr address, const void* from, std::size_t size) override {
    if (!is_register(address)) {
      MemoryBus::store(address, from, size);
      return;
    }
    const std::uint64_t value = size == 4 ? load_le<std::uint32_t>(from) : load_le<std::uint64_t>(from);
    writes_.push_back({offset(address), static_cast<unsigned>(size), value});
    unit_.write_register(offset(address), static_cast<unsigned>(size), value);
  }

 private:
  std::uint64_t offset(PhysAddr address) const { return address - unit_.config().register_base; }
  bool is_register(PhysAddr address) const {
    return address >= unit_.config().register_base && offset(address) < unit_.register_block_size();
  }

  vtd::Unit unit_;
  std::vector<RegisterWrite> writes_;
};

}  // namespace iommusim::tests
