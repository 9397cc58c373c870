// SPDX-License-Identifier: Apache-2.0
// Offsets and fields: reference pcie-acs, sections 1.1, 1.2 and 2.1.
#include "conformance/fabric/slow_tree.h"

namespace iommusim::tests {
namespace {

using oracle::SlowFunction;
using platforms::FunctionDescription;
using platforms::FunctionKind;

/// All-ones: no function took the read.
constexpr std::uint64_t nobody_answers = 0xFFFF'FFFF;

/// Configuration cycles to one function. A function that none reaches keeps what it was last programmed with: its
/// registers are read where they are.
class Config {
 public:
  Config(const pcie::Topology& topology, const pcie::Node& node, RequesterId id)
      : topology_{topology}, node_{node}, id_{id}, reachable_{cycle(0x04, 4) != nobody_answers} {}

  std::uint64_t read(unsigned offset, unsigned width) const {
    return reachable_ ? cycle(offset, width) : node_.config.read(offset, width);
  }
  /// Offset of an extended capability; 0: absent.
  unsigned extended(unsigned wanted) const {
    for (unsigned at = 0x100; at != 0;) {
      const std::uint64_t header = read(at, 4);
      if ((header & 0xFFFF) == wanted) return at;
      at = static_cast<unsigned>(header >> 20);
    }
    return 0;
  }

 private:
  std::uint64_t cycle(unsigned offset, unsigned width) const {
    return topology_.config_read(node_.segment, id_, offset, width);
  }

  const pcie::Topology& topology_;
  const pcie::Node& node_;
  RequesterId id_;
  bool reachable_;
};

oracle::SlowKind kind_of(FunctionKind kind) {
  switch (kind) {
    case FunctionKind::root_port: return oracle::SlowKind::root_port;
    case FunctionKind::upstream_port: return oracle::SlowKind::upstream_port;
    case FunctionKind::downstream_port: return oracle::SlowKind::downstream_port;
    case FunctionKind::root_complex_endpoint: return oracle::SlowKind::integrated_endpoint;
    case FunctionKind::pcie_pci_bridge: return oracle::SlowKind::pci_bridge;
    case FunctionKind::pci_device: return oracle::SlowKind::conventional;
    default: return oracle::SlowKind::endpoint;
  }
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

std::uint64_t read_base(const Config& config, unsigned offset) {
  const std::uint64_t low = config.read(offset, 4);
  const std::uint64_t high = (low & 0x6) == 0x4 ? config.read(offset + 4, 4) : 0;
  return high << 32 | (low & 0xFFFF'FFF0);
}

/// A BAR of 0 was never placed.
void read_bars(const Config& config, const platforms::FunctionDescription& description, SlowFunction& function) {
  for (const platforms::BarDescription& bar : description.bars)
    if (const std::uint64_t base = read_base(config, 0x10 + 4 * bar.index); base != 0)
      function.bars.push_back({bar.index, {base, base + bar.size - 1}});
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
      if ((config.read(at + 8 + bit / 32 * 4, 4) >> bit % 32 & 1) != 0) acs.controlled.push_back(bit);
  function.acs = acs;
}

oracle::SlowPolicy policy_of(pcie::PeerToPeer policy) {
  switch (policy) {
    case pcie::PeerToPeer::allowed: return oracle::SlowPolicy::before_iommu;
    case pcie::PeerToPeer::denied: return oracle::SlowPolicy::none;
    case pcie::PeerToPeer::through_iommu: break;
  }
  return oracle::SlowPolicy::after_iommu;
}

class Reader {
 public:
  explicit Reader(const platforms::Machine& machine) : machine_{machine} {}

  SlowFunction function(pcie::NodeIndex index) const {
    SlowFunction function = place(index);
    const FunctionDescription& description = machine_.describe(index);
    const bool is_virtual = description.kind == FunctionKind::virtual_function;
    if (is_virtual) become_virtual(index, function);
    const Config config = config_at(index, function.requester);
    if (!is_virtual) function.memory_space = (config.read(0x04, 2) & 0x2) != 0;
    function.bus_master = (config.read(0x04, 2) & 0x4) != 0;
    if (is_port(description.kind)) read_windows(config, function);
    // Programming interface 01h of class 0604h.
    function.subtractive = description.kind == FunctionKind::pcie_pci_bridge && config.read(0x09, 1) == 0x01;
    if (!is_virtual) read_bars(config, description, function);
    read_acs(config, function);
    // Bit 6 of DPC Capability, bit 5 of DPC Control.
    if (const unsigned at = config.extended(0x001D); at != 0)
      function.blocks_poisoned = (config.read(at + 4, 2) & 0x40) != 0 && (config.read(at + 6, 2) & 0x20) != 0;
    return function;
  }

  /// Needs all functions: function 0 says whether a device's egress control vectors mean function groups.
  void number_for_egress(std::vector<SlowFunction>& functions) const {
    for (std::size_t i = 0; i < functions.size(); ++i) {
      const auto index = static_cast<pcie::NodeIndex>(i);
      const FunctionDescription& description = machine_.describe(index);
      if (is_port(description.kind))
        functions[i].egress_number = description.port_number;
      else if (uses_groups(functions, functions[i]))
        functions[i].egress_number = group_of(config_at(index, functions[i].requester));
      else
        functions[i].egress_number = functions[i].requester & (functions[i].parent ? 0xFF : 0x7);
    }
  }

  oracle::SlowBridge bridge(const platforms::HostBridgeDescription& description) const {
    oracle::SlowBridge bridge;
    for (const pcie::OutboundWindow& window : description.outbound)
      bridge.outbound.push_back(
          {{window.cpu.first.value() - window.offset, window.cpu.last.value() - window.offset}, window.offset});
    for (const pcie::InboundWindow& window : description.inbound)
      bridge.inbound.push_back({{window.bus.first.value(), window.bus.last.value()}, window.offset});
    for (const platforms::PeerPairDescription& pair : description.peer_pairs)
      bridge.pairs.push_back({pcie::index_of(machine_.find_function(pair.from)),
                              pcie::index_of(machine_.find_function(pair.to)), policy_of(pair.policy)});
    bridge.policy = policy_of(description.peer_to_peer);
    bridge.refused_reads_succeed = description.refused_reads == pcie::RefusedReads::all_ones;
    bridge.drops_u_turns = description.drops_u_turns;
    bridge.segment = description.segment;
    bridge.interrupt_window = machine_.description().local_apic;
    return bridge;
  }

 private:
  Config config_at(pcie::NodeIndex index, unsigned requester) const {
    return {machine_.topology(), machine_.topology()[index], RequesterId{static_cast<std::uint16_t>(requester)}};
  }

  SlowFunction place(pcie::NodeIndex index) const {
    const pcie::Node& node = machine_.topology()[index];
    SlowFunction function;
    function.kind = kind_of(machine_.describe(index).kind);
    if (node.parent != pcie::NodeIndex::none) function.parent = pcie::index_of(node.parent);
    function.bridge = node.host_bridge;
    function.requester = machine_.describe(index).id.raw();
    return function;
  }

  /// ACS-035 and the SR-IOV capability of the physical function (2.4).
  void become_virtual(pcie::NodeIndex index, SlowFunction& function) const {
    const pcie::Node& node = machine_.topology()[index];
    const FunctionDescription& physical = machine_.describe(node.physical_function);
    const Config config = config_at(node.physical_function, physical.id.raw());
    const unsigned at = config.extended(0x0010);
    const unsigned before = node.vf_number - 1U;
    function.requester =
        static_cast<unsigned>(physical.id.raw() + config.read(at + 0x14, 2) + before * config.read(at + 0x16, 2)) &
        0xFFFF;
    function.present = (config.read(at + 8, 2) & 0x1) != 0 && before < config.read(at + 0x10, 2);
    function.memory_space = (config.read(at + 8, 2) & 0x8) != 0;
    for (const platforms::BarDescription& bar : physical.sriov->vf_bars)
      if (const std::uint64_t base = read_base(config, at + 0x24 + 4 * bar.index); base != 0)
        function.bars.push_back({bar.index, {base + before * bar.size, base + (before + 1) * bar.size - 1}});
  }

  /// ARI capability and control, bit 1 of both, in function 0.
  bool uses_groups(const std::vector<SlowFunction>& functions, const SlowFunction& member) const {
    for (std::size_t i = 0; i < functions.size(); ++i) {
      if (functions[i].parent != member.parent || !member.parent || (functions[i].requester & 0xFF) != 0) continue;
      const Config config = config_at(static_cast<pcie::NodeIndex>(i), functions[i].requester);
      const unsigned at = config.extended(0x000E);
      return at != 0 && (config.read(at + 4, 2) & config.read(at + 6, 2) & 0x2) != 0;
    }
    return false;
  }
  static unsigned group_of(const Config& config) {
    const unsigned at = config.extended(0x000E);
    return at == 0 ? 0 : static_cast<unsigned>(config.read(at + 6, 2) >> 4 & 0x7);
  }

  const platforms::Machine& machine_;
};

}  // namespace

oracle::SlowTree slow_tree_of(const platforms::Machine& machine) {
  const Reader reader{machine};
  oracle::SlowTree tree;
  for (std::size_t i = 0; i < machine.topology().size(); ++i)
    tree.functions.push_back(reader.function(static_cast<pcie::NodeIndex>(i)));
  reader.number_for_egress(tree.functions);
  for (const platforms::HostBridgeDescription& bridge : machine.description().host_bridges)
    tree.bridges.push_back(reader.bridge(bridge));
  return tree;
}

}  // namespace iommusim::tests
