// SPDX-License-Identifier: Apache-2.0
#include "conformance/fabric/configuration_changes.h"

#include <cstdint>
#include <optional>

namespace iommusim::tests {
namespace {

/// One function's configuration space.
class Target {
 public:
  Target(const pcie::Node& node, software::CpuBus& bus) : node_{node}, bus_{bus} {}

  std::uint32_t read(unsigned offset, unsigned width) const {
    return bus_.config_read(node_.segment, node_.requester, offset, width);
  }
  void write(unsigned offset, unsigned width, std::uint64_t value) const {
    bus_.config_write(node_.segment, node_.requester, offset, width, static_cast<std::uint32_t>(value));
  }
  /// Offset of an extended capability; 0: absent.
  unsigned extended(unsigned wanted) const {
    for (unsigned at = 0x100; at != 0;) {
      const std::uint32_t header = read(at, 4);
      if (header == 0xFFFF'FFFF) return 0;
      if ((header & 0xFFFF) == wanted) return at;
      at = header >> 20;
    }
    return 0;
  }

 private:
  const pcie::Node& node_;
  software::CpuBus& bus_;
};

/// Of a port with a device that has virtual functions below it.
std::optional<std::uint8_t> last_bus_of_virtual_functions(const pcie::Topology& topology, const pcie::Node& port) {
  std::optional<std::uint8_t> last;
  for (const pcie::NodeIndex child : port.children)
    if (topology[child].physical_function != pcie::NodeIndex::none) last = topology[child].requester.bus();
  return last;
}

}  // namespace

void change_configuration(Random& random, const pcie::Topology& topology, software::CpuBus& bus) {
  const pcie::Node& node = topology[static_cast<pcie::NodeIndex>(random.below(topology.size()))];
  const Target target{node, bus};
  const unsigned acs = target.extended(0x000D);
  const unsigned dpc = target.extended(0x001D);
  const unsigned sriov = target.extended(0x0010);
  const std::uint64_t draw = random.below(100);
  if (const auto last = last_bus_of_virtual_functions(topology, node); last && draw < 45) {
    // Those on a bus of their own become unreachable, or reachable again.
    target.write(0x1A, 1, random.pick({unsigned{node.decoded.secondary_bus}, unsigned{*last}}));
  } else if (sriov != 0 && draw < 50) {
    // VF Enable and VF Memory Space Enable; the ARI hierarchy stays as it is.
    target.write(sriov + 8, 2, (target.read(sriov + 8, 2) & 0xFFF6) | random.pick({9U, 9U, 9U, 1U, 8U}));
  } else if (acs != 0 && draw < 65) {
    target.write(acs + 6, 2, random.word() & (random.percent(70) ? 0xFFFD : 0xFFFF));
    target.write(acs + 8, 4, random.word());
  } else if (dpc != 0 && draw < 75) {
    // Poisoned TLP Egress Blocking Enable.
    target.write(dpc + 6, 2, random.pick({0x20U, 0x20U, 0U}));
  } else if (draw < 85) {
    target.write(0x04, 2, random.pick({6U, 6U, 6U, 6U, 6U, 2U, 4U, 0U}));
  } else if (node.type == pcie::PortType::downstream_port) {
    // Moves an end of the memory window by a megabyte.
    target.write(0x20, 2, target.read(0x20, 2) + (random.percent(80) ? 0x10U : 0xFFF0U));
  }
}

}  // namespace iommusim::tests
