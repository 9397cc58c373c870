// SPDX-License-Identifier: Apache-2.0
#include "platforms/simulation.h"

#include "pcie/device_routing.h"
#include "tlm/timing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace iommusim::platforms {

using modules::to_sc_time;
using pcie::NodeIndex;

namespace {

/// A dot separates levels of the module hierarchy, so names lose it.
std::string module_name(const std::string& name) {
  std::string result = name;
  std::replace(result.begin(), result.end(), '.', '_');
  std::replace(result.begin(), result.end(), ' ', '_');
  return result;
}

/// The functions of each device below a bridge.
std::vector<std::vector<NodeIndex>> devices_on_bus(const pcie::Topology& topology, NodeIndex bridge) {
  std::map<unsigned, std::vector<NodeIndex>> by_number;
  for (const NodeIndex function : topology[bridge].children)
    by_number[topology[function].requester.device()].push_back(function);
  std::vector<std::vector<NodeIndex>> devices;
  devices.reserve(by_number.size());
  for (auto& [number, functions] : by_number)
    devices.push_back(std::move(functions));
  return devices;
}

pcie::LinkTiming link_of(const FunctionDescription& function) {
  if (function.kind == FunctionKind::pci_device) return pcie::LinkTiming::conventional_bus();
  return {function.link.generation, function.link.width, function.link.propagation};
}

}  // namespace

Simulation::Simulation(Machine& machine) : machine_{machine}, endpoint_of_(machine.topology().size(), nullptr) {
  build_system();
  build_root_complex();
  connect_bridges();
}

void Simulation::build_system() {
  const TimingDescription& timing = machine_.description().timing;
  interconnect_ = std::make_unique<modules::Interconnect>("system", machine_.interconnect_id(), machine_.system_map(),
                                                          machine_.iommu_count());
  memory_ = std::make_unique<modules::MemoryModule>("memory", machine_.memory(), to_sc_time(timing.memory));
  local_apic_ = std::make_unique<modules::LocalApicModule>("local_apic", machine_.local_apic_id(),
                                                           machine_.local_apic(), to_sc_time(timing.doorbell));
  std::map<std::uint16_t, PhysAddr> ecam_bases;
  for (const EcamDescription& ecam : machine_.description().ecam)
    ecam_bases.emplace(ecam.segment, ecam.base);
  cpu_ = std::make_unique<modules::CpuModule>("cpu", std::move(ecam_bases));
  cpu_->bus.bind(interconnect_->in);
  interconnect_->memory_out.bind(memory_->port);
  interconnect_->doorbell_out.bind(local_apic_->doorbell);
  const modules::IommuTiming iommu_timing{to_sc_time(timing.iommu_lookup), to_sc_time(timing.iommu_fetch),
                                          to_sc_time(timing.cpu_mmio)};
  for (std::size_t i = 0; i < machine_.iommu_count(); ++i) {
    const std::string name = module_name(machine_.description().iommus[i].name);
    iommus_.push_back(
        std::make_unique<modules::VtdModule>(name.c_str(), machine_.iommu_id(i), machine_.iommu(i), iommu_timing));
    iommus_.back()->memory_out.bind(interconnect_->in);
    iommus_.back()->interrupt_out.bind(local_apic_->doorbell);
    interconnect_->registers_out[i].bind(iommus_.back()->registers);
  }
}

void Simulation::build_root_complex() {
  modules::RootComplexConfig config;
  config.latency = to_sc_time(machine_.description().timing.root_complex);
  for (std::size_t bridge = 0; bridge < machine_.bridges().size(); ++bridge)
    for (const NodeIndex node : machine_.topology().root_bus(static_cast<std::uint8_t>(bridge)))
      config.root_nodes.push_back(node);
  root_complex_ =
      std::make_unique<modules::RootComplexModule>("root_complex", machine_.topology(), machine_.bridges(), config);
  interconnect_->root_complex_out.bind(root_complex_->system_in);
  interconnect_->ecam_out.bind(root_complex_->ecam);
  for (std::size_t i = 0; i < config.root_nodes.size(); ++i) {
    const pcie::Node& node = machine_.topology()[config.root_nodes[i]];
    const bool port = node.type == pcie::PortType::root_port;
    plug(port ? node.children : integrated_device(config.root_nodes[i]), config.root_nodes[i],
         root_complex_->port_in[i], root_complex_->port_out[i]);
  }
}

void Simulation::connect_bridges() {
  for (std::size_t bridge = 0; bridge < machine_.bridges().size(); ++bridge) {
    if (const auto unit = machine_.iommu_of_bridge(bridge))
      root_complex_->dma_out[bridge].bind(iommus_[*unit]->dma_in);
    else
      root_complex_->dma_out[bridge].bind(interconnect_->in);
  }
}

/// The functions of an integrated device. Each has its own way into the root complex, so each has a module, which can
/// answer for all of them; the first is who sends by it.
std::vector<NodeIndex> Simulation::integrated_device(NodeIndex function) const {
  std::vector<NodeIndex> functions{function};
  for (const NodeIndex other : machine_.topology().root_bus(machine_.topology()[function].host_bridge))
    if (other != function && pcie::same_device(machine_.topology(), function, other)) functions.push_back(other);
  return functions;
}

template <class PortIn, class PortOut>
void Simulation::plug(const std::vector<NodeIndex>& partners, NodeIndex port, PortIn& in, PortOut& out) {
  if (partners.empty()) {
    const std::string name = fmt::format("empty_below_{}", module_name(machine_.describe(port).name));
    terminators_.push_back(std::make_unique<modules::LinkTerminator>(name.c_str(), machine_.topology(), port));
    terminators_.back()->upstream.bind(in);
    out.bind(terminators_.back()->downstream);
    return;
  }
  const pcie::PortType type = machine_.topology()[partners.front()].type;
  if (type == pcie::PortType::pci_bridge) {
    modules::PciBridgeModule& below = build_bridge(partners.front());
    below.upstream_out.bind(in);
    out.bind(below.upstream_in);
    return;
  }
  if (type == pcie::PortType::upstream_port) {
    modules::SwitchModule& below = build_switch(partners.front());
    below.upstream_out.bind(in);
    out.bind(below.upstream_in);
    return;
  }
  modules::Endpoint& endpoint = build_endpoint(partners);
  endpoint.upstream.bind(in);
  out.bind(endpoint.downstream);
}

modules::SwitchModule& Simulation::build_switch(NodeIndex upstream_port) {
  const FunctionDescription& description = machine_.describe(upstream_port);
  modules::SwitchConfig config;
  config.upstream_port = upstream_port;
  config.downstream_ports = machine_.topology()[upstream_port].children;
  config.port_latency = to_sc_time(machine_.description().timing.switch_port);
  config.upstream_link = link_of(description);
  const std::string name = module_name(description.name);
  switches_.push_back(std::make_unique<modules::SwitchModule>(name.c_str(), machine_.topology(), config));
  modules::SwitchModule& built = *switches_.back();
  for (std::size_t i = 0; i < config.downstream_ports.size(); ++i) {
    const pcie::Node& port = machine_.topology()[config.downstream_ports[i]];
    plug(port.children, config.downstream_ports[i], built.downstream_in[i], built.downstream_out[i]);
  }
  return built;
}

modules::PciBridgeModule& Simulation::build_bridge(NodeIndex bridge) {
  modules::PciBridgeConfig config;
  config.bridge = bridge;
  config.devices = devices_on_bus(machine_.topology(), bridge);
  config.latency = to_sc_time(machine_.description().timing.switch_port);
  config.upstream_link = link_of(machine_.describe(bridge));
  const std::string name = module_name(machine_.describe(bridge).name);
  pci_bridges_.push_back(std::make_unique<modules::PciBridgeModule>(name.c_str(), machine_.topology(), config));
  modules::PciBridgeModule& built = *pci_bridges_.back();
  for (std::size_t i = 0; i < config.devices.size(); ++i) {
    modules::Endpoint& device = build_endpoint(config.devices[i]);
    device.upstream.bind(built.device_in[i]);
    built.device_out[i].bind(device.downstream);
  }
  return built;
}

modules::Endpoint& Simulation::build_endpoint(const std::vector<NodeIndex>& functions) {
  const FunctionDescription& description = machine_.describe(functions.front());
  modules::EndpointConfig config;
  config.functions = functions;
  config.link = link_of(description);
  config.bar_latency = to_sc_time(machine_.description().timing.doorbell);
  for (const NodeIndex function : functions)
    config.bars.push_back(machine_.device_at(function)->bars.get());
  const std::string name = module_name(description.name);
  endpoints_.push_back(std::make_unique<modules::Endpoint>(name.c_str(), machine_.topology(), config));
  const bool integrated = machine_.topology()[functions.front()].parent == NodeIndex::none;
  for (const NodeIndex function : functions)
    if (!integrated || function == functions.front()) endpoint_of_[pcie::index_of(function)] = endpoints_.back().get();
  return *endpoints_.back();
}

std::size_t Simulation::outstanding() const {
  std::size_t count = 0;
  for (const auto& endpoint : endpoints_)
    count += endpoint->pool().outstanding();
  return count;
}

}  // namespace iommusim::platforms
