// SPDX-License-Identifier: Apache-2.0
// Offsets and fields: reference pcie-acs, sections 1.1, 1.2 and 2.1.
#include "conformance/fabric/slow_tree.h"

namespace iommusim::tests {
namespace {

using oracle::SlowFunction;
using platforms::FunctionKind;

/// All-ones: no function took the read.
constexpr std::uint64_t nobody_answers = 0xFFFF'FFFF;

/// Configuration cycles to one function.
class Config {
 public:
  Config(const pcie::Topology& topology, const pcie::Node& node) : topology_{topology}, node_{node} {}

  std::uint64_t read(unsigned offset, unsigned width) const {
    return topology_.config_read(node_.segment, node_.requester, offset, width);
  }
  /// Offset of an extended capability; 0: absent.
  unsigned extended(unsigned wanted) const {
    for (unsigned at = 0x100; at != 0;) {
      const std::uint64_t header = read(at, 4);
      if (header == nobody_answers) return 0;
      if ((header & 0xFFFF) == wanted) return at;
      at = static_cast<unsigned>(header >> 20);
    }
    return 0;
  }

 private:
  const pcie::Topology& topology_;
  const pcie::Node& node_;
};

oracle::SlowKind kind_of(FunctionKind kind) {
  switch (kind) {
    case FunctionKind::root_port: return oracle::SlowKind::root_port;
    case FunctionKind::upstream_port: return oracle::SlowKind::upstream_port;
    case FunctionKind::downstream_port: return oracle::SlowKind::downstream_port;
    case FunctionKind::root_complex_endpoint: return oracle::SlowKind::integrated_endpoint;
    default: return oracle::SlowKind::endpoint;
  }
}

bool is_port(const SlowFunction& function) {
  return function.kind != oracle::SlowKind::endpoint && function.kind != oracle::SlowKind::integrated_endpoint;
}

/// Bits 15:4 of base and limit are address bits 31:20; base above limit closes the window (ACS-001, ACS-002).
void add_window(SlowFunction& port, std::uint64_t base, std::uint64_t limit) {
  if (base <= limit) port.windows.push_back({base, limit | 0xF'FFFF});
}

void read_windows(const Config& config, SlowFunction& port) {
  port.secondary = static_cast<unsigned>(config.read(0x19, 1));
  port.subordinate = static_cast<unsigned>(config.read(0x1A, 1));
  add_window(port, (config.read(0x20, 2) & 0xFFF0) << 16, (config.read(0x22, 2) & 0xFFF0) << 16);
  add_window(port, config.read(0x28, 4) << 32 | (config.read(0x24, 2) & 0xFFF0) << 16,
             config.read(0x2C, 4) << 32 | (config.read(0x26, 2) & 0xFFF0) << 16);
}

/// A BAR of 0 was never placed.
void read_bars(const Config& config, const platforms::FunctionDescription& description, SlowFunction& function) {
  for (const platforms::BarDescription& bar : description.bars) {
    const unsigned offset = 0x10 + 4 * bar.index;
    std::uint64_t base = config.read(offset, 4) & ~std::uint64_t{0xF};
    if ((config.read(offset, 4) & 0x6) == 0x4) base |= config.read(offset + 4, 4) << 32;
    if (base != 0) function.bars.push_back({bar.index, {base, base + bar.size - 1}});
  }
}

void read_acs(const Config& config, SlowFunction& function) {
  const unsigned at = config.extended(0x000D);
  if (at == 0) return;
  const std::uint64_t capability = config.read(at + 4, 2);
  const std::uint64_t control = config.read(at + 6, 2);
  oracle::SlowAcs acs;
  acs.source_validation = (control & 0x0001) != 0;
  acs.translation_blocking = (control & 0x0002) != 0;
  acs.request_redirect = (control & 0x0004) != 0;
  acs.upstream_forwarding = (control & 0x0010) != 0;
  acs.egress_control = (control & 0x0020) != 0;
  acs.direct_translated = (control & 0x0040) != 0;
  acs.downstream_target = static_cast<unsigned>(control >> 8 & 3);
  acs.upstream_target = static_cast<unsigned>(control >> 10 & 3);
  acs.unclaimed_redirect = (control & 0x1000) != 0;
  acs.can_control_peers = (capability & 0x0024) != 0;
  const unsigned bits = capability >> 8 == 0 ? 256 : static_cast<unsigned>(capability >> 8);
  if ((capability & 0x0020) != 0)
    for (unsigned bit = 0; bit < bits; ++bit)
      if ((config.read(at + 8 + bit / 32 * 4, 4) >> bit % 32 & 1) != 0) acs.controlled_ports.push_back(bit);
  function.acs = acs;
}

SlowFunction read_function(const platforms::Machine& machine, pcie::NodeIndex index) {
  const pcie::Node& node = machine.topology()[index];
  const platforms::FunctionDescription& description = machine.describe(index);
  const Config config{machine.topology(), node};
  SlowFunction function;
  function.kind = kind_of(description.kind);
  if (node.parent != pcie::NodeIndex::none) function.parent = pcie::index_of(node.parent);
  function.bridge = node.host_bridge;
  function.port_number = description.port_number;
  function.memory_space = (config.read(0x04, 2) & 0x2) != 0;
  function.bus_master = (config.read(0x04, 2) & 0x4) != 0;
  if (is_port(function)) read_windows(config, function);
  read_bars(config, description, function);
  read_acs(config, function);
  return function;
}

oracle::SlowBridge bridge_of(const platforms::HostBridgeDescription& description, bool local_apic) {
  oracle::SlowBridge bridge;
  for (const pcie::OutboundWindow& window : description.outbound)
    bridge.outbound.push_back(
        {{window.cpu.first.value() - window.offset, window.cpu.last.value() - window.offset}, window.offset});
  for (const pcie::InboundWindow& window : description.inbound)
    bridge.inbound.push_back({{window.bus.first.value(), window.bus.last.value()}, window.offset});
  switch (description.peer_to_peer) {
    case pcie::PeerToPeer::allowed: bridge.policy = oracle::SlowPolicy::before_iommu; break;
    case pcie::PeerToPeer::denied: bridge.policy = oracle::SlowPolicy::none; break;
    default: bridge.policy = oracle::SlowPolicy::after_iommu; break;
  }
  bridge.segment = description.segment;
  bridge.interrupt_window = local_apic;
  return bridge;
}

}  // namespace

oracle::SlowTree slow_tree_of(const platforms::Machine& machine) {
  oracle::SlowTree tree;
  for (std::size_t i = 0; i < machine.topology().size(); ++i)
    tree.functions.push_back(read_function(machine, static_cast<pcie::NodeIndex>(i)));
  for (const platforms::HostBridgeDescription& bridge : machine.description().host_bridges)
    tree.bridges.push_back(bridge_of(bridge, machine.description().local_apic));
  return tree;
}

}  // namespace iommusim::tests
