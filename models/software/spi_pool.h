// SPDX-License-Identifier: Apache-2.0
// The SPIs that writes to one register raise, and who has them: GICv2m frames and message-based SPIs of a GICv3
// distributor work alike for those who send messages.
#pragma once

#include "base/address.h"
#include "interrupts/gic/config.h"
#include "interrupts/msi.h"

#include <cstdint>
#include <string>
#include <vector>

namespace iommusim::software {

/// The message of a device's first vector and its SPI; those that follow have data and INTID one higher each.
struct SpiVectors {
  /// At the physical address of the register; whoever maps the doorbell replaces it.
  interrupts::MsiMessage first;
  std::uint32_t intid = 0;
  std::uint32_t count = 0;
};

class SpiPool {
 public:
  /// `owner` names it in errors: "the GICv2m frame at 0x8020000". `doorbell`: the register that takes INTIDs.
  SpiPool(std::string owner, PhysAddr doorbell, const std::vector<gic::SpiRange>& ranges);

  /// `count` SPIs that follow each other, the first at a multiple of `count` from its range's first. `count` is a power
  /// of two. Throws DriverError when there are none.
  SpiVectors allocate(std::uint32_t count);
  void release(const SpiVectors& vectors);

 private:
  struct Part {
    std::uint32_t first = 0;
    std::vector<bool> in_use;
  };

  std::string owner_;
  PhysAddr doorbell_;
  std::vector<Part> parts_;
};

}  // namespace iommusim::software
