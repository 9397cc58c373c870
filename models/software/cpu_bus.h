// SPDX-License-Identifier: Apache-2.0
// All that an operating system has of hardware: loads and stores to physical addresses, and configuration cycles.
// Driver models see nothing else.
#pragma once

#include "base/address.h"
#include "base/requester_id.h"

#include <cstddef>
#include <cstdint>

namespace iommusim::software {

class CpuBus {
 public:
  virtual ~CpuBus() = default;

  /// Loads and stores to registers and DRAM. Where nothing answers, loads return all-ones and stores are lost,
  /// as on a PC.
  virtual void load(PhysAddr address, void* to, std::size_t size) = 0;
  virtual void store(PhysAddr address, const void* from, std::size_t size) = 0;

  /// Configuration cycles (ECAM); width 1, 2 or 4 bytes. An absent function reads all-ones.
  virtual std::uint32_t config_read(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width) = 0;
  virtual void config_write(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width,
                            std::uint32_t value) = 0;

  std::uint32_t load32(PhysAddr address);
  std::uint64_t load64(PhysAddr address);
  void store32(PhysAddr address, std::uint32_t value);
  void store64(PhysAddr address, std::uint64_t value);
};

}  // namespace iommusim::software
