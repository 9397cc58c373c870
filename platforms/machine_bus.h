// SPDX-License-Identifier: Apache-2.0
// The processors' view of a machine without a clock: software boots on it, and tests and `explain` use it.
#pragma once

#include "platforms/machine.h"
#include "software/cpu_bus.h"

namespace iommusim::platforms {

class MachineBus final : public software::CpuBus {
 public:
  /// `machine` must outlive the bus.
  explicit MachineBus(Machine& machine) : machine_{machine} {}

  void load(PhysAddr address, void* to, std::size_t size) override;
  void store(PhysAddr address, const void* from, std::size_t size) override;
  std::uint32_t config_read(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width) override;
  void config_write(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width,
                    std::uint32_t value) override;

 private:
  /// The function's BAR behind a physical address in an outbound window; {nullptr, ...} when nobody answers.
  struct BarPlace {
    pcie::BarMemory* bars = nullptr;
    std::uint8_t bar = 0;
    std::uint64_t offset = 0;
    /// A BAR holds the address. Ports keep no data behind theirs, so `bars` may be nullptr all the same.
    bool claimed = false;
  };
  BarPlace find_bar(Operation operation, PhysAddr address, std::size_t size);

  Machine& machine_;
};

}  // namespace iommusim::platforms
