// SPDX-License-Identifier: Apache-2.0
// A processor's view of a machine with DRAM and one SMMUv3. Keeps what is stored to the unit's registers.
#pragma once

#include "base/endian.h"
#include "iommu/smmuv3/unit.h"
#include "support/memory_bus.h"

#include <cstdint>
#include <vector>

namespace iommusim::tests::smmu {

/// A store to a register of the unit.
struct RegisterWrite {
  std::uint64_t offset;
  unsigned width;
  std::uint64_t value;
};

class UnitBus final : public MemoryBus {
 public:
  UnitBus(const smmuv3::UnitConfig& config, const Range<PhysAddr>& dram)
      : MemoryBus{dram}, base_{config.register_base}, unit_{config, memory()} {}

  smmuv3::Unit& unit() { return unit_; }
  const std::vector<RegisterWrite>& writes() const { return writes_; }
  void forget_writes() { writes_.clear(); }

  void load(PhysAddr address, void* to, std::size_t size) override {
    if (!is_register(address))
      MemoryBus::load(address, to, size);
    else if (size == 4)
      store_le(to, static_cast<std::uint32_t>(unit_.read_register(address - base_, 4)));
    else
      store_le(to, unit_.read_register(address - base_, 8));
  }

  void store(PhysAddr address, const void* from, std::size_t size) override {
    if (!is_register(address)) {
      MemoryBus::store(address, from, size);
      return;
    }
    const std::uint64_t value = size == 4 ? load_le<std::uint32_t>(from) : load_le<std::uint64_t>(from);
    writes_.push_back({address - base_, static_cast<unsigned>(size), value});
    unit_.write_register(address - base_, static_cast<unsigned>(size), value);
  }

 private:
  bool is_register(PhysAddr address) const { return address >= base_ && address - base_ < unit_.register_block_size(); }

  PhysAddr base_;
  smmuv3::Unit unit_;
  std::vector<RegisterWrite> writes_;
};

}  // namespace iommusim::tests::smmu
