// SPDX-License-Identifier: Apache-2.0
#include "platforms/simulation.h"

#include "iommu/smmuv3/unit.h"
#include "pcie/device_routing.h"
#include "pcie/message_size.h"
#include "pcie/translation_capabilities.h"
#include "platforms/device_tlbs.h"
#include "timing/event_clock.h"
#include "tlm/timing.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
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

}  // namespace

Simulation::Simulation(Machine& machine, Timing timing)
    : machine_{machine},
      network_{machine},
      loose_clock_{network_.network()},
      clock_{&loose_clock_},
      endpoint_of_(machine.topology().size(), nullptr) {
  if (timing == Timing::approximate) {
    event_clock_ = std::make_unique<timing::EventClock>(network_.network());
    clock_ = event_clock_.get();
  }
  build_system();
  build_root_complex();
}

void Simulation::build_system() {
  const TimingDescription& timing = machine_.description().timing;
  interconnect_ = std::make_unique<modules::Interconnect>("system", machine_.interconnect_id(), machine_.system_map(),
                                                          machine_.iommu_count(), machine_.doorbells().size());
  memory_ = std::make_unique<modules::MemoryModule>("memory", machine_.memory(), to_sc_time(timing.cpu_memory));
  local_apic_ = std::make_unique<modules::LocalApicModule>("local_apic", machine_.local_apic_id(),
                                                           machine_.local_apic(), to_sc_time(timing.host.doorbell));
  std::map<std::uint16_t, PhysAddr> ecam_bases;
  for (const EcamDescription& ecam : machine_.description().ecam)
    ecam_bases.emplace(ecam.segment, ecam.base);
  cpu_ = std::make_unique<modules::CpuModule>("cpu", std::move(ecam_bases));
  cpu_->bus.bind(interconnect_->in);
  interconnect_->memory_out.bind(memory_->port);
  for (std::size_t i = 0; i < machine_.doorbells().size(); ++i)
    bind_doorbell(i);
  for (std::size_t i = 0; i < machine_.iommu_count(); ++i) {
    const std::string name = module_name(machine_.description().iommus[i].name);
    modules::IommuConfig config;
    config.index = static_cast<std::uint16_t>(i);
    config.register_latency = to_sc_time(timing.cpu_mmio);
    config.invalidation_latency = to_sc_time(timing.host.iommu.invalidation);
    config.queue_entry_latency = to_sc_time(timing.host.iommu.descriptor);
    config.device_invalidation_latency = to_sc_time(device_round_trip(i));
    config.on_stall = [this] {
      if (software_) software_();
    };
    config.device_id = machine_.description().iommus[i].device_id;
    config.on_message = message_sink(i);
    iommus_.push_back(std::make_unique<modules::IommuModule>(name.c_str(), machine_.iommu_id(i), machine_.iommu(i),
                                                             loose_clock_, config));
    iommus_.back()->memory_out.bind(interconnect_->in);
    bind_messages(*iommus_.back(), machine_.description().iommus[i].kind);
    interconnect_->registers_out[i].bind(iommus_.back()->registers);
  }
}

/// An SMMUv3 is told when its message aborts (SMMUv3 architecture, 3.18).
std::function<void(const modules::SentMessage&)> Simulation::message_sink(std::size_t iommu) {
  auto* unit = dynamic_cast<smmuv3::Unit*>(&machine_.iommu(iommu));
  if (unit == nullptr) return {};
  return [this, iommu, unit](const modules::SentMessage& sent) {
    machine_.messages_of(iommu).note(sent.message, sent.landing, modules::to_duration(sent.time));
    if (!sent.is_accepted) unit->refuse_message();
  };
}

void Simulation::bind_doorbell(std::size_t index) {
  const Doorbell& doorbell = machine_.doorbells()[index];
  if (doorbell.frame == nullptr) {
    interconnect_->doorbell_out[index].bind(local_apic_->doorbell);
    return;
  }
  const std::string name = module_name(machine_.name(doorbell.id));
  const sc_core::sc_time latency = to_sc_time(machine_.description().timing.host.doorbell);
  gic_frames_.push_back(
      std::make_unique<modules::GicModule>(name.c_str(), doorbell.id, *doorbell.frame, machine_.gic_log(), latency));
  interconnect_->doorbell_out[index].bind(gic_frames_.back()->doorbell);
  interconnect_->frames_out[index].bind(gic_frames_.back()->registers);
}

/// VT-d's interrupts go to the local APICs, whatever the system map says of the window. Messages of an SMMUv3 are
/// writes to an address like any other.
void Simulation::bind_messages(modules::IommuModule& iommu, IommuKind kind) {
  switch (kind) {
    case IommuKind::vtd: iommu.interrupt_out.bind(local_apic_->doorbell); return;
    case IommuKind::smmuv3: iommu.interrupt_out.bind(interconnect_->in); return;
  }
}

void Simulation::build_root_complex() {
  modules::RootComplexConfig config;
  config.config_latency = to_sc_time(machine_.description().timing.host.root_complex.latency);
  config.on_config_write = [this](unsigned reg) { forget_disabled_translations(machine_, reg); };
  for (std::size_t bridge = 0; bridge < machine_.bridges().size(); ++bridge)
    for (const NodeIndex node : machine_.topology().root_bus(static_cast<std::uint8_t>(bridge))) {
      config.root_nodes.push_back(node);
      config.channels.push_back(channel_below(node));
    }
  root_complex_ = std::make_unique<modules::RootComplexModule>("root_complex", machine_.topology(), machine_.bridges(),
                                                               loose_clock_, config);
  interconnect_->root_complex_out.bind(root_complex_->system_in);
  interconnect_->ecam_out.bind(root_complex_->ecam);
  connect_iommus(config.root_nodes);
  for (std::size_t i = 0; i < config.root_nodes.size(); ++i) {
    const pcie::Node& node = machine_.topology()[config.root_nodes[i]];
    const bool port = node.type == pcie::PortType::root_port;
    plug(port ? node.children : integrated_device(config.root_nodes[i]), config.root_nodes[i],
         root_complex_->port_in[i], root_complex_->port_out[i]);
  }
}

/// What leads down from a port; nullopt when nothing is below it.
std::optional<timing::ChannelIndex> Simulation::channel_below(NodeIndex port) const {
  const std::vector<NodeIndex>& children = machine_.topology()[port].children;
  return children.empty() ? std::nullopt : network_.down(children.front());
}

void Simulation::connect_iommus(const std::vector<NodeIndex>& root_nodes) {
  for (std::size_t i = 0; i < root_nodes.size(); ++i) {
    if (const auto unit = machine_.iommu_of(root_nodes[i]))
      root_complex_->dma_out[i].bind(iommus_[*unit]->dma_in);
    else
      root_complex_->dma_out[i].bind(interconnect_->in);
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
  config.upstream_channel = *network_.up(upstream_port);
  for (const NodeIndex port : config.downstream_ports)
    config.downstream_channels.push_back(channel_below(port));
  const std::string name = module_name(description.name);
  switches_.push_back(std::make_unique<modules::SwitchModule>(name.c_str(), machine_.topology(), loose_clock_, config));
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
  config.upstream_channel = network_.up(bridge);
  for (const std::vector<NodeIndex>& device : config.devices)
    config.device_channels.push_back(*network_.down(device.front()));
  const std::string name = module_name(machine_.describe(bridge).name);
  pci_bridges_.push_back(
      std::make_unique<modules::PciBridgeModule>(name.c_str(), machine_.topology(), loose_clock_, config));
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
  config.upstream_channel = network_.up(functions.front());
  config.engine = network_.engine_of(functions.front());
  for (const NodeIndex function : functions)
    config.bars.push_back(machine_.device_at(function)->bars.get());
  const auto tlb_of = [this](NodeIndex function) { return machine_.device_at(function)->tlb.get(); };
  if (std::any_of(functions.begin(), functions.end(), tlb_of))
    std::transform(functions.begin(), functions.end(), std::back_inserter(config.tlbs), tlb_of);
  config.page_requests = [this](NodeIndex function, const Access& access) { return request_page(function, access); };
  config.page_request_latency = machine_.description().timing.page_request;
  const std::string name = module_name(description.name);
  endpoints_.push_back(std::make_unique<modules::Endpoint>(name.c_str(), machine_.topology(), loose_clock_, config));
  const bool integrated = machine_.topology()[functions.front()].parent == NodeIndex::none;
  for (const NodeIndex function : functions)
    if (!integrated || function == functions.front()) endpoint_of_[pcie::index_of(function)] = endpoints_.back().get();
  return *endpoints_.back();
}

/// Of an Invalidate Request to the farthest function that keeps translations, and of its completion back.
Duration Simulation::device_round_trip(std::size_t iommu) const {
  Duration farthest;
  for (const Device& device : machine_.devices()) {
    if (device.tlb == nullptr || machine_.iommu_of(device.node) != iommu) continue;
    Duration both_ways = machine_.description().timing.host.root_complex.latency * 2;
    for (NodeIndex node = device.node; node != NodeIndex::none; node = machine_.topology()[node].parent) {
      const auto channel = network_.up(node);
      if (!channel) continue;
      const timing::Channel& link = network_.network().channels[*channel];
      both_ways += (link.entry.latency + link.link.propagation()) * 2 +
                   link.link.serialize(pcie::invalidate_request_bytes) +
                   link.link.serialize(pcie::invalidate_completion_bytes);
    }
    farthest = std::max(farthest, both_ways);
  }
  return farthest;
}

/// The request goes to the IOMMU and software serves it before the function goes on; the clocks give both their time.
std::optional<iommu::PageResponse> Simulation::request_page(NodeIndex function, const Access& access) {
  for (Device& device : machine_.devices()) {
    if (device.node != function) continue;
    iommu::PageRequest request;
    request.requester = access.requester;
    request.pasid = access.pasid;
    request.address = Iova{access.address.aligned_down(page_4k).value()};
    request.read = access.operation != Operation::write;
    request.write = access.operation != Operation::read;
    request.execute = access.execute;
    request.privileged = access.privileged;
    const auto group = device.page_requests.begin(pcie::page_request_allocation(machine_.topology()[function].config));
    if (!group) return std::nullopt;
    request.group = *group;
    const std::uint64_t interrupts = machine_.interrupts_delivered();
    machine_.request_page(device, request);
    if (software_ && machine_.interrupts_delivered() != interrupts) software_();
    const auto response = device.page_requests.take(*group);
    // The function goes on without; an answer that comes later only frees the group.
    if (!response) device.page_requests.give_up(*group);
    return response;
  }
  return std::nullopt;
}

std::size_t Simulation::outstanding() const {
  std::size_t count = 0;
  for (const auto& endpoint : endpoints_)
    count += endpoint->pool().outstanding();
  return count;
}

}  // namespace iommusim::platforms
