// SPDX-License-Identifier: Apache-2.0
// What a function's interrupt logic uses of it: its MSI-X table and pending bits.
#pragma once

#include "interrupts/msi_source.h"
#include "platforms/machine.h"

namespace iommusim::traces {

class InterruptLogic final : public interrupts::FunctionAccess {
 public:
  /// The machine must outlive it; `node` is a function that sends requests.
  InterruptLogic(platforms::Machine& machine, pcie::NodeIndex node)
      : bars_{*machine.device_at(node)->bars}, topology_{machine.topology()}, node_{node} {}
  bool read_bar(std::uint8_t bar, std::uint64_t offset, void* to, std::size_t size) const override {
    return bars_.read(bar, offset, to, size);
  }
  bool write_bar(std::uint8_t bar, std::uint64_t offset, const void* from, std::size_t size) override {
    return bars_.write(bar, offset, from, size);
  }
  void record(unsigned offset, std::uint32_t value) override { topology_.record(node_, offset, 4, value); }

 private:
  pcie::BarMemory& bars_;
  pcie::Topology& topology_;
  pcie::NodeIndex node_;
};

}  // namespace iommusim::traces
