// SPDX-License-Identifier: Apache-2.0
// A processor's view of a machine that has DRAM and nothing else.
#pragma once

#include "memory/sparse_memory.h"
#include "software/cpu_bus.h"

#include <cstring>

namespace iommusim::tests {

class MemoryBus : public software::CpuBus {
 public:
  explicit MemoryBus(const Range<PhysAddr>& dram) : memory_{{memory::Bank{ComponentId{0}, dram}}} {}

  memory::SparseMemory& memory() { return memory_; }

  void load(PhysAddr address, void* to, std::size_t size) override {
    if (!memory_.read(address, to, size)) std::memset(to, 0xFF, size);
  }
  void store(PhysAddr address, const void* from, std::size_t size) override { memory_.write(address, from, size); }
  std::uint32_t config_read(std::uint16_t, RequesterId, unsigned, unsigned width) override {
    return width == 1 ? 0xFF : width == 2 ? 0xFFFF : 0xFFFF'FFFF;
  }
  void config_write(std::uint16_t, RequesterId, unsigned, unsigned, std::uint32_t) override {}

 private:
  memory::SparseMemory memory_;
};

}  // namespace iommusim::tests
