// SPDX-License-Identifier: Apache-2.0
// Functions below a host bridge as they power on: none has a bus number yet. Configuration requests find their way by
// the bus number registers of ports alone (PCIe base specification, 7.3.3), so that firmware can give out the numbers.
// A Topology is made when they are known.
#pragma once

#include "base/requester_id.h"
#include "pcie/config_space.h"
#include "pcie/decoded.h"
#include "pcie/pci_express_capability.h"
#include "pcie/topology.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace iommusim::pcie {

class ConfigurationTree {
 public:
  struct Function {
    PortType type = PortType::endpoint;
    /// Device and function number on its bus.
    std::uint8_t devfn = 0;
    NodeIndex parent = NodeIndex::none;
    ConfigSpace config;
    Decoded decoded;
    std::vector<NodeIndex> children;
  };

  explicit ConfigurationTree(std::uint8_t root_bus) : root_bus_{root_bus} {}

  /// Appends a function below `parent`, a port that was added before (none: on the root bus). Of two functions with the
  /// same `devfn` on a bus the first answers. Throws std::invalid_argument for more functions than an index counts.
  NodeIndex add(PortType type, NodeIndex parent, std::uint8_t devfn, ConfigSpace config);

  const Function& operator[](NodeIndex function) const { return functions_[index_of(function)]; }
  std::size_t size() const { return functions_.size(); }

  /// The function that a configuration request for `id` reaches with the bus numbers of now, or none. There are no
  /// virtual functions: firmware enables none.
  NodeIndex find(RequesterId id) const;

  /// Configuration cycles; reads that reach nobody give all-ones.
  std::uint32_t read(RequesterId id, unsigned offset, unsigned width) const;
  void write(RequesterId id, unsigned offset, unsigned width, std::uint32_t value);

 private:
  NodeIndex with_devfn(const std::vector<NodeIndex>& bus, std::uint8_t devfn) const;
  NodeIndex port_towards(const std::vector<NodeIndex>& bus, std::uint8_t wanted) const;

  std::uint8_t root_bus_;
  std::vector<Function> functions_;
  std::vector<NodeIndex> on_root_bus_;
};

}  // namespace iommusim::pcie
