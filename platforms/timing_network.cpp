// SPDX-License-Identifier: Apache-2.0
#include "platforms/timing_network.h"

#include "pcie/device_routing.h"
#include "pcie/flow_control.h"
#include "timing/tlp.h"

namespace iommusim::platforms {

using pcie::NodeIndex;
using pcie::PortType;
using timing::ChannelIndex;

namespace {

constexpr unsigned credits_per_line = timing::line_bytes / pcie::bytes_per_data_credit;

pcie::LinkTiming link_of(const FunctionDescription& function) {
  if (function.kind == FunctionKind::pci_device) return pcie::LinkTiming::conventional_bus();
  return {function.link.generation, function.link.width, function.link.propagation, function.link.overhead};
}

/// A root port takes posted lines and read requests as the root complex has room for them.
timing::CreditParameters root_port_credits(const timing::RootComplexParameters& root_complex) {
  timing::CreditParameters credits;
  const unsigned posted = root_complex.posted_lines;
  credits.advertised.posted = {posted, posted * credits_per_line};
  credits.advertised.non_posted = {root_complex.read_requests, root_complex.read_requests};
  return credits;
}

/// A device has room for what it asked for, and for what it offers.
timing::CreditParameters device_credits() {
  timing::CreditParameters credits;
  credits.advertised = {};
  return credits;
}

/// An earlier function of the same device: they share a link.
std::optional<NodeIndex> earlier_function(const pcie::Topology& topology, NodeIndex function) {
  const NodeIndex parent = topology[function].parent;
  if (parent == NodeIndex::none) return std::nullopt;
  const NodeIndex first = topology[parent].children.front();
  if (topology[parent].type != PortType::pci_bridge && topology[parent].type != PortType::upstream_port)
    return first == function ? std::nullopt : std::optional{first};
  for (const NodeIndex other : topology[parent].children) {
    if (other == function) return std::nullopt;
    if (pcie::same_device(topology, function, other)) return other;
  }
  return std::nullopt;
}

}  // namespace

TimingNetwork::TimingNetwork(const Machine& machine)
    : up_(machine.topology().size()), engine_of_(machine.topology().size()) {
  network_.host = machine.description().timing.host;
  network_.seed = machine.description().timing.seed;
  network_.interval = machine.description().statistics.interval;
  network_.root_nodes = 0;
  for (std::size_t i = 0; i < machine.topology().size(); ++i) {
    const auto node = static_cast<NodeIndex>(i);
    network_.functions.push_back(machine.describe(node).name);
    if (machine.topology()[node].parent == NodeIndex::none)
      ++network_.root_nodes;
    else
      add_link(machine, node);
    if (machine.device_at(node) != nullptr) add_engine(machine, node);
  }
  for (const IommuDescription& iommu : machine.description().iommus)
    network_.iommus.push_back(iommu.name);
}

std::optional<ChannelIndex> TimingNetwork::down(NodeIndex function) const {
  const auto channel = up(function);
  if (!channel) return std::nullopt;
  return static_cast<ChannelIndex>(*channel ^ 1U);
}

void TimingNetwork::add_link(const Machine& machine, NodeIndex function) {
  const pcie::Topology& topology = machine.topology();
  // Between the ports of a switch there is no link.
  if (topology[topology[function].parent].type == PortType::upstream_port) return;
  auto& up = up_[pcie::index_of(function)];
  // The functions of a device share a link, all devices on a conventional bus the bus.
  const NodeIndex first = topology[topology[function].parent].children.front();
  if (first != function) {
    up = up_[pcie::index_of(first)];
    return;
  }
  up = static_cast<ChannelIndex>(network_.channels.size());
  const FunctionDescription& description = machine.describe(function);
  const timing::PortParameters forwarding = machine.description().timing.switch_port;
  timing::Channel channel;
  channel.link = link_of(description);
  channel.virtual_channels = description.link.virtual_channels;
  channel.weight = description.link.weight;
  channel.bit_error_rate = description.link.bit_error_rate;
  channel.nak_latency = description.link.nak_latency;
  channel.name = description.name + " up";
  if (is_port(description.kind)) channel.entry = forwarding;
  const bool below_root_port = topology[topology[function].parent].type == PortType::root_port;
  if (below_root_port) channel.credits = root_port_credits(network_.host.root_complex);
  network_.channels.push_back(channel);
  channel.name = description.name + " down";
  channel.entry = below_root_port ? timing::PortParameters{Duration{}, false} : forwarding;
  channel.credits = is_port(description.kind) ? timing::CreditParameters{} : device_credits();
  network_.channels.push_back(channel);
}

void TimingNetwork::add_engine(const Machine& machine, NodeIndex function) {
  std::size_t& engine = engine_of_[pcie::index_of(function)];
  if (const auto first = earlier_function(machine.topology(), function)) {
    engine = engine_of_[pcie::index_of(*first)];
    return;
  }
  engine = network_.engines.size();
  network_.engines.push_back(machine.describe(function).dma);
}

}  // namespace iommusim::platforms
