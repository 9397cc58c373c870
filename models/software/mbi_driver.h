// SPDX-License-Identifier: Apache-2.0
// What an operating system's driver does with the message-based SPIs of a GICv3 distributor: it gives them to devices
// (GICv3 architecture, 4.1). Which SPIs those are, firmware says (DT mbi-ranges).
#pragma once

#include "interrupts/gic/config.h"
#include "software/cpu_bus.h"
#include "software/spi_pool.h"

#include <vector>

namespace iommusim::software {

class MbiDriver {
 public:
  /// Reads GICD_TYPER. Throws DriverError when the distributor takes no messages.
  MbiDriver(CpuBus& bus, PhysAddr base, const std::vector<gic::SpiRange>& ranges);

  SpiPool& pool() { return pool_; }

 private:
  SpiPool pool_;
};

}  // namespace iommusim::software
