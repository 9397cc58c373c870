// SPDX-License-Identifier: Apache-2.0
// A processor's view of PCI functions at power-on, where configuration requests are routed by bus numbers.
#pragma once

#include "pcie/configuration_tree.h"
#include "pcie/function_builder.h"
#include "support/memory_bus.h"

#include <utility>

namespace iommusim::tests {

class TreeBus final : public MemoryBus {
 public:
  explicit TreeBus(std::uint8_t root_bus = 0) : MemoryBus{{PhysAddr{0}, PhysAddr{0xFFF}}}, tree_{root_bus} {}

  pcie::NodeIndex add(pcie::NodeIndex parent, std::uint8_t devfn, pcie::FunctionConfig config) {
    config.vendor_id = 0x1234;
    return tree_.add(config.type, parent, devfn, pcie::build_config_space(config));
  }
  /// A port with these BARs.
  pcie::NodeIndex port(pcie::PortType type, pcie::NodeIndex parent, std::uint8_t devfn = 0,
                       std::vector<pcie::BarConfig> bars = {}) {
    pcie::FunctionConfig config;
    config.type = type;
    config.bars = std::move(bars);
    return add(parent, devfn, std::move(config));
  }
  pcie::NodeIndex root_port(std::uint8_t device) {
    return port(pcie::PortType::root_port, pcie::NodeIndex::none, static_cast<std::uint8_t>(device << 3));
  }
  pcie::NodeIndex endpoint(pcie::NodeIndex parent, std::vector<pcie::BarConfig> bars = {}) {
    pcie::FunctionConfig config;
    config.bars = std::move(bars);
    return add(parent, 0, std::move(config));
  }
  pcie::ConfigurationTree& tree() { return tree_; }

  std::uint32_t config_read(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width) override {
    if (segment != 0) return MemoryBus::config_read(segment, function, offset, width);
    return tree_.read(function, offset, width);
  }
  void config_write(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width,
                    std::uint32_t value) override {
    if (segment == 0) tree_.write(function, offset, width, value);
  }

 private:
  pcie::ConfigurationTree tree_;
};

}  // namespace iommusim::tests
