// SPDX-License-Identifier: Apache-2.0
// What firmware finds below a host bridge when the machine powers on.
#pragma once

#include "pcie/configuration_tree.h"
#include "platforms/description.h"
#include "software/cpu_bus.h"

#include <vector>

namespace iommusim::platforms {

/// The hardware of one host bridge before anybody has configured it, and the processor's configuration cycles to it.
/// Of the description, only device and function numbers and what functions are made of counts. Ports forward ARI where
/// the description says so: a setting of the board, which the enumeration finds.
class PowerOnBus final : public software::CpuBus {
 public:
  explicit PowerOnBus(const HostBridgeDescription& bridge);

  const pcie::ConfigurationTree& tree() const { return tree_; }

  /// There is nothing but configuration space.
  void load(PhysAddr address, void* to, std::size_t size) override;
  void store(PhysAddr address, const void* from, std::size_t size) override;
  std::uint32_t config_read(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width) override;
  void config_write(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width,
                    std::uint32_t value) override;

 private:
  /// Nodes are in the order of the file: each function before what is below it.
  void add(const std::vector<FunctionDescription>& functions, pcie::NodeIndex parent);

  std::uint16_t segment_;
  pcie::ConfigurationTree tree_;
};

}  // namespace iommusim::platforms
