// SPDX-License-Identifier: Apache-2.0
// What an operating system's driver does with a GICv2m frame: it gives SPIs to devices (Arm server base system
// architecture, appendix E).
#pragma once

#include "interrupts/msi.h"
#include "software/cpu_bus.h"

#include <cstdint>
#include <vector>

namespace iommusim::software {

/// The message of a device's first vector and its SPI; those that follow have data and INTID one higher each.
struct SpiVectors {
  /// At the physical address of MSI_SETSPI_NS; whoever maps the doorbell replaces it.
  interrupts::MsiMessage first;
  std::uint32_t intid = 0;
  std::uint32_t count = 0;
};

class Gicv2mDriver {
 public:
  /// Reads MSI_TYPER. Throws DriverError when it names no SPIs.
  Gicv2mDriver(CpuBus& bus, PhysAddr base);

  std::uint32_t first_spi() const { return first_spi_; }
  std::uint32_t spis() const { return static_cast<std::uint32_t>(in_use_.size()); }

  /// `count` SPIs that follow each other, the first at a multiple of `count` from the frame's first. `count` is a power
  /// of two. Throws DriverError when there are none.
  SpiVectors allocate(std::uint32_t count);
  void release(const SpiVectors& vectors);

 private:
  PhysAddr base_;
  std::uint32_t first_spi_ = 0;
  std::vector<bool> in_use_;
};

}  // namespace iommusim::software
