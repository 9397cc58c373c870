// SPDX-License-Identifier: Apache-2.0
// A processor's view of some PCI functions, with DRAM where their BARs are.
#pragma once

#include "pcie/function_builder.h"
#include "support/memory_bus.h"

#include <map>

namespace iommusim::tests {

class ConfigBus : public MemoryBus {
 public:
  /// DRAM stands for the memory behind all BARs.
  ConfigBus() : MemoryBus{{PhysAddr{0xC000'0000}, PhysAddr{0xC0FF'FFFF}}} {}

  void add(RequesterId id, const pcie::FunctionConfig& config) {
    functions_.insert_or_assign(id, pcie::build_config_space(config));
  }
  const pcie::ConfigSpace& config(RequesterId id) const { return functions_.at(id); }

  std::uint32_t config_read(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width) override {
    const auto found = functions_.find(function);
    if (segment != 0 || found == functions_.end()) return MemoryBus::config_read(segment, function, offset, width);
    return found->second.read(offset, width);
  }
  void config_write(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width,
                    std::uint32_t value) override {
    const auto found = functions_.find(function);
    if (segment == 0 && found != functions_.end()) found->second.write(offset, width, value);
  }

 private:
  std::map<RequesterId, pcie::ConfigSpace> functions_;
};

}  // namespace iommusim::tests
