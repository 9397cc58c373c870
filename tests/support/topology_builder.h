// SPDX-License-Identifier: Apache-2.0
// PCI Express topologies for tests: functions are added from the root down and programmed as firmware does
// it, by configuration writes. Buses are numbered depth first and bridge windows grow around the BARs below
// them.
#pragma once

#include "base/access.h"
#include "pcie/capability_list.h"
#include "pcie/function_builder.h"
#include "pcie/header.h"
#include "pcie/topology.h"
#include "pcie/virtual_function.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace iommusim::test {

using pcie::NodeIndex;

struct Bar {
  unsigned index = 0;
  std::uint64_t size = 0;
  BusAddr base;
  bool is_64bit = false;
};

struct FunctionOptions {
  std::vector<Bar> bars;
  /// Capability bits and the control that is written; nullopt: no ACS capability.
  std::optional<std::uint16_t> acs_capability;
  std::uint16_t acs_control = 0;
  /// Port numbers whose egress is controlled.
  std::vector<unsigned> egress_controlled;
  std::uint8_t port_number = 0;
  std::uint32_t class_code = 0;
  bool error_reporting = false;
  /// The DPC capability, and Poisoned TLP Egress Blocking Enable as it is written; nullopt: no capability.
  std::optional<bool> blocks_poisoned;
  bool bus_master = true;
  bool memory_space = true;
  std::optional<pcie::AriConfig> ari;
  std::optional<pcie::SriovConfig> sriov;
};

/// A port or function with all seven services of the first ACS generation and this control value.
inline FunctionOptions with_acs(std::uint16_t control, std::uint16_t capability = 0x087F) {
  FunctionOptions options;
  options.acs_capability = capability;
  options.acs_control = control;
  return options;
}

inline FunctionOptions with_bar(std::uint64_t base, std::uint64_t size) {
  FunctionOptions options;
  options.bars = {{0, size, BusAddr{base}}};
  return options;
}

class TopologyBuilder {
 public:
  /// On the root bus of a host bridge; host bridge n owns bus 64 n upwards, all in segment 0.
  NodeIndex root_port(const FunctionOptions& options = {}, std::uint8_t host_bridge = 0) {
    return add_port(pcie::PortType::root_port, NodeIndex::none, options, host_bridge);
  }
  NodeIndex upstream_port(NodeIndex parent, const FunctionOptions& options = {}) {
    return add_port(pcie::PortType::upstream_port, parent, options, topology_[parent].host_bridge);
  }
  NodeIndex downstream_port(NodeIndex parent, const FunctionOptions& options = {}) {
    return add_port(pcie::PortType::downstream_port, parent, options, topology_[parent].host_bridge);
  }
  NodeIndex endpoint(NodeIndex parent, const FunctionOptions& options = {}) {
    return add(pcie::PortType::endpoint, parent, options, topology_[parent].host_bridge);
  }
  /// A PCIe-to-PCI bridge, below a port or (none) on the root bus of host bridge 0, and a function on its bus.
  NodeIndex pci_bridge(NodeIndex parent, const FunctionOptions& options = {}) {
    return add_port(pcie::PortType::pci_bridge, parent, options,
                    parent == NodeIndex::none ? std::uint8_t{0} : topology_[parent].host_bridge);
  }
  NodeIndex conventional(NodeIndex bridge, const FunctionOptions& options = {}) {
    return add(pcie::PortType::conventional, bridge, options, topology_[bridge].host_bridge);
  }
  NodeIndex integrated_endpoint(const FunctionOptions& options = {}, std::uint8_t host_bridge = 0) {
    return add(pcie::PortType::root_complex_endpoint, NodeIndex::none, options, host_bridge);
  }

  /// A function of the one device below `parent`, whose lowest bus it is on.
  NodeIndex function(NodeIndex parent, std::uint8_t number, const FunctionOptions& options = {}) {
    const RequesterId id{static_cast<std::uint16_t>(topology_[parent].decoded.secondary_bus << 8 | number)};
    return add(pcie::PortType::endpoint, parent, options, topology_[parent].host_bridge, id);
  }
  /// Function `number` of the integrated device 5.
  NodeIndex integrated_function(std::uint8_t number, const FunctionOptions& options = {}) {
    return add(pcie::PortType::root_complex_endpoint, NodeIndex::none, options, 0, RequesterId{0, 5, number});
  }
  /// Virtual function `number` (from 1), not programmed: it may not be there.
  NodeIndex virtual_function(NodeIndex physical, std::uint16_t number, const FunctionOptions& options = {}) {
    pcie::FunctionConfig config;
    config.virtual_function = true;
    if (options.acs_capability) config.acs = pcie::AcsCapability{*options.acs_capability};
    const pcie::Node& above = topology_[physical];
    const unsigned sriov = *pcie::find_extended_capability(pcie::reader_of(above.config),
                                                           pcie::ExtendedCapabilityId::single_root_io_virtualization);
    pcie::Node node;
    node.parent = above.parent;
    node.host_bridge = above.host_bridge;
    node.physical_function = physical;
    node.vf_number = number;
    node.requester = pcie::virtual_function_id(above.requester,
                                               {static_cast<std::uint16_t>(above.config.read(sriov + 0x14, 2)),
                                                static_cast<std::uint16_t>(above.config.read(sriov + 0x16, 2))},
                                               number);
    node.config = pcie::build_config_space(config);
    return topology_.add(std::move(node));
  }

  const pcie::Topology& topology() const { return topology_; }
  pcie::Topology& topology() { return topology_; }
  RequesterId id(NodeIndex node) const { return topology_[node].requester; }

  std::uint32_t read(NodeIndex node, unsigned offset, unsigned width) const {
    return topology_.config_read(0, id(node), offset, width);
  }
  void write(NodeIndex node, unsigned offset, unsigned width, std::uint32_t value) {
    topology_.config_write(0, id(node), offset, width, value);
  }

  void set_acs_control(NodeIndex node, std::uint16_t control) {
    write(node, acs_of(node) + pcie::acs::control, 2, control);
  }
  void set_poisoned_egress_blocking(NodeIndex node, bool on) {
    const auto dpc = pcie::find_extended_capability(pcie::reader_of(topology_[node].config),
                                                    pcie::ExtendedCapabilityId::downstream_port_containment);
    write(node, *dpc + 0x06, 2, on ? 0x20 : 0);
  }
  void set_link_disable(NodeIndex port, bool on) {
    const auto express =
        pcie::find_capability(pcie::reader_of(topology_[port].config), pcie::CapabilityId::pci_express);
    write(port, *express + 0x10, 2, on ? 0x10 : 0);
  }
  void set_command(NodeIndex node, bool memory_space, bool bus_master) {
    write(node, pcie::header::command, 2, (memory_space ? 0x2U : 0U) | (bus_master ? 0x4U : 0U));
  }
  /// The port's memory window, in 1 MiB units of [first, last]; first above last closes it.
  void set_window(NodeIndex port, std::uint32_t first, std::uint32_t last) {
    write(port, pcie::header::memory_base, 2, first >> 16 & 0xFFF0);
    write(port, pcie::header::memory_limit, 2, last >> 16 & 0xFFF0);
  }

 private:
  static constexpr std::uint8_t buses_per_bridge = 64;

  NodeIndex add(pcie::PortType type, NodeIndex parent, const FunctionOptions& options, std::uint8_t bridge,
                std::optional<RequesterId> id = std::nullopt) {
    pcie::FunctionConfig config;
    config.type = type;
    config.vendor_id = 0x1234;
    config.port_number = options.port_number;
    config.class_code = options.class_code;
    config.error_reporting = options.error_reporting;
    config.poisoned_egress_blocking = options.blocks_poisoned.has_value();
    if (options.acs_capability) config.acs = pcie::AcsCapability{*options.acs_capability};
    config.ari = options.ari;
    config.sriov = options.sriov;
    for (const Bar& bar : options.bars)
      config.bars.push_back({bar.index, bar.size, bar.is_64bit, false});

    pcie::Node node;
    node.type = type;
    node.host_bridge = bridge;
    node.port_number = options.port_number;
    node.parent = parent;
    node.requester = id.value_or(next_id(parent, bridge));
    node.config = pcie::build_config_space(config);
    const NodeIndex index = topology_.add(std::move(node));
    program(index, options);
    return index;
  }

  NodeIndex add_port(pcie::PortType type, NodeIndex parent, const FunctionOptions& options, std::uint8_t bridge) {
    const NodeIndex port = add(type, parent, options, bridge);
    if (last_bus_.size() <= bridge) last_bus_.resize(bridge + std::size_t{1});
    const auto bus = static_cast<std::uint8_t>(buses_per_bridge * bridge + ++last_bus_[bridge]);
    write(port, pcie::header::primary_bus, 1, id(port).bus());
    write(port, pcie::header::secondary_bus, 1, bus);
    for (NodeIndex above = port; above != NodeIndex::none; above = topology_[above].parent)
      write(above, pcie::header::subordinate_bus, 1, bus);
    return port;
  }

  RequesterId next_id(NodeIndex parent, std::uint8_t bridge) const {
    const bool on_root_bus = parent == NodeIndex::none;
    const auto& siblings = on_root_bus ? topology_.root_bus(bridge) : topology_[parent].children;
    const unsigned bus = on_root_bus ? buses_per_bridge * bridge : topology_[parent].decoded.secondary_bus;
    return {static_cast<std::uint8_t>(bus), static_cast<std::uint8_t>(siblings.size()), 0};
  }

  unsigned acs_of(NodeIndex node) const {
    return *pcie::find_extended_capability(pcie::reader_of(topology_[node].config),
                                           pcie::ExtendedCapabilityId::access_control_services);
  }

  void program(NodeIndex node, const FunctionOptions& options) {
    for (const Bar& bar : options.bars) {
      write(node, pcie::header::bar(bar.index), 4, static_cast<std::uint32_t>(bar.base.value()));
      if (bar.is_64bit)
        write(node, pcie::header::bar(bar.index + 1), 4, static_cast<std::uint32_t>(bar.base.value() >> 32));
      for (NodeIndex above = topology_[node].parent; above != NodeIndex::none; above = topology_[above].parent)
        grow_window(above, bar);
    }
    if (options.acs_capability) set_acs_control(node, options.acs_control);
    for (const unsigned target : options.egress_controlled) {
      const unsigned offset = acs_of(node) + pcie::acs::egress_control_vector + target / 32 * 4;
      write(node, offset, 4, read(node, offset, 4) | 1U << target % 32);
    }
    if (options.blocks_poisoned) set_poisoned_egress_blocking(node, *options.blocks_poisoned);
    set_command(node, options.memory_space, options.bus_master);
  }

  /// BARs above 4 GiB go to the prefetchable window, the others to the memory window.
  void grow_window(NodeIndex port, const Bar& bar) {
    const bool high = bar.base.value() >> 32 != 0;
    std::uint64_t first = bar.base.value();
    std::uint64_t last = first + bar.size - 1;
    if (const auto& open = topology_[port].decoded.windows[high ? 1 : 0]) {
      first = std::min(first, open->first.value());
      last = std::max(last, open->last.value());
    }
    if (!high) return set_window(port, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last));
    write(port, pcie::header::prefetchable_base, 2, static_cast<std::uint32_t>(first >> 16) & 0xFFF0);
    write(port, pcie::header::prefetchable_base_upper, 4, static_cast<std::uint32_t>(first >> 32));
    write(port, pcie::header::prefetchable_limit, 2, static_cast<std::uint32_t>(last >> 16) & 0xFFF0);
    write(port, pcie::header::prefetchable_limit_upper, 4, static_cast<std::uint32_t>(last >> 32));
  }

  pcie::Topology topology_;
  std::vector<unsigned> last_bus_;
};

/// Root port 00:00.0, a switch below it (upstream port 01:00.0, downstream ports 02:00.0 and 02:01.0), and an
/// endpoint with a 1 MiB BAR below each downstream port: 03:00.0 at 0xE000'0000 and 04:00.0 at 0xE010'0000.
struct SwitchBench {
  explicit SwitchBench(const FunctionOptions& left_options = {}, const FunctionOptions& right_options = {},
                       const FunctionOptions& root_options = {}, const FunctionOptions& switch_options = {})
      : root{builder.root_port(root_options)},
        upstream{builder.upstream_port(root, switch_options)},
        left{builder.downstream_port(upstream, left_options)},
        device_a{builder.endpoint(left, with_bar(bar_a, 0x10'0000))},
        right{builder.downstream_port(upstream, right_options)},
        device_b{builder.endpoint(right, with_bar(bar_b, 0x10'0000))} {}

  static constexpr std::uint64_t bar_a = 0xE000'0000;
  static constexpr std::uint64_t bar_b = 0xE010'0000;

  const pcie::Topology& topology() const { return builder.topology(); }
  RequesterId id_a() const { return builder.id(device_a); }
  RequesterId id_b() const { return builder.id(device_b); }

  TopologyBuilder builder;
  NodeIndex root;
  NodeIndex upstream;
  NodeIndex left;
  NodeIndex device_a;
  NodeIndex right;
  NodeIndex device_b;
};

inline Access request(Operation operation, RequesterId requester, std::uint64_t address, std::uint32_t size = 64,
                      AddressType type = AddressType::untranslated) {
  Access access;
  access.operation = operation;
  access.address_type = type;
  access.requester = requester;
  access.address = BusAddr{address};
  access.size = size;
  return access;
}
inline Access write_request(RequesterId requester, std::uint64_t address, std::uint32_t size = 64) {
  return request(Operation::write, requester, address, size);
}
inline Access read_request(RequesterId requester, std::uint64_t address, std::uint32_t size = 64) {
  return request(Operation::read, requester, address, size);
}

inline Access poisoned(Access access) {
  access.poisoned = true;
  return access;
}

}  // namespace iommusim::test
