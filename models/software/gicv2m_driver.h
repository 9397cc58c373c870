// SPDX-License-Identifier: Apache-2.0
// What an operating system's driver does with a GICv2m frame: it gives SPIs to devices (Arm server base system
// architecture, appendix E).
#pragma once

#include "software/cpu_bus.h"
#include "software/spi_pool.h"

#include <cstdint>
#include <optional>

namespace iommusim::software {

class Gicv2mDriver {
 public:
  /// Reads MSI_TYPER. Throws DriverError when it names no SPIs.
  Gicv2mDriver(CpuBus& bus, PhysAddr base);

  std::uint32_t first_spi() const { return spis_.first; }
  std::uint32_t spis() const { return spis_.count; }

  SpiPool& pool() { return *pool_; }
  SpiVectors allocate(std::uint32_t count) { return pool_->allocate(count); }
  void release(const SpiVectors& vectors) { pool_->release(vectors); }

 private:
  gic::SpiRange spis_;
  std::optional<SpiPool> pool_;
};

}  // namespace iommusim::software
