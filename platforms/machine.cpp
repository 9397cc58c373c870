// SPDX-License-Identifier: Apache-2.0
#include "platforms/machine.h"

#include "iommu/smmuv3/unit.h"
#include "iommu/vtd/unit.h"
#include "pcie/function_builder.h"
#include "pcie/header.h"
#include "platforms/ecam.h"
#include "platforms/function_config.h"
#include "platforms/iommu_kinds.h"

#include <algorithm>
#include <utility>

namespace iommusim::platforms {
namespace {

std::array<std::uint64_t, 6> bar_sizes(const FunctionDescription& function) {
  std::array<std::uint64_t, 6> sizes{};
  for (const BarDescription& bar : function.bars)
    sizes[bar.index] = bar.size;
  return sizes;
}

Device device_of(const FunctionDescription& function, pcie::NodeIndex node, std::shared_ptr<iommu::DeviceTlb> tlb) {
  return {&function, node, std::make_unique<pcie::BarMemory>(bar_sizes(function)), std::move(tlb), {}};
}

}  // namespace

Machine::Machine(const Description& description) : description_{description} {
  interconnect_id_ = components_.add("system");
  local_apic_id_ = components_.add("local-apic");
  build_memory();
  build_doorbells();
  build_iommus();
  for (const HostBridgeDescription& bridge : description.host_bridges)
    build_bridge(bridge);
  resolve_peer_pairs();
  resolve_iommus();
  build_system_map();
}

void Machine::build_memory() {
  std::vector<memory::Bank> banks;
  for (const MemoryDescription& bank : description_.memories)
    banks.push_back({components_.add(bank.name), bank.range});
  memory_ = std::make_unique<memory::SparseMemory>(std::move(banks));
  for (const BufferDescription& buffer : description_.buffers)
    memory_->expect_use(buffer.range);
}

void Machine::build_doorbells() {
  const Range<PhysAddr> window{PhysAddr{interrupts::local_apic_window.first.value()},
                               PhysAddr{interrupts::local_apic_window.last.value()}};
  doorbells_.push_back({DoorbellKind::local_apic, local_apic_id_, window});
  if (!description_.gic) return;
  const GicDescription& gic = *description_.gic;
  if (gic.redistributors) {
    redistributors_ = std::make_unique<gic::Redistributors>(*gic.redistributors, *memory_, gic_log_);
    add_frame(DoorbellKind::redistributors, *redistributors_);
  }
  if (gic.its) {
    its_ = std::make_unique<gic::Its>(*gic.its, *memory_, *redistributors_);
    add_frame(DoorbellKind::its, *its_);
  }
  if (gic.gicv2m) {
    gicv2m_ = std::make_unique<gic::Gicv2m>(*gic.gicv2m, gic_log_);
    add_frame(DoorbellKind::gicv2m, *gicv2m_);
  }
  if (gic.mbi) {
    mbi_ = std::make_unique<gic::MessageBasedInterrupts>(*gic.mbi, gic_log_);
    add_frame(DoorbellKind::mbi, *mbi_);
  }
}

void Machine::add_frame(DoorbellKind kind, gic::Doorbell& frame) {
  const ComponentId id = components_.add(std::string{to_string(kind)});
  doorbells_.push_back({kind, id, *Range<PhysAddr>::from_size(frame.base(), frame.size()), &frame});
}

/// An SMMUv3's own interrupts go by wire to the distributor, unless software gives it messages.
std::unique_ptr<iommu::Unit> Machine::make_unit(const IommuDescription& iommu) {
  switch (iommu.kind) {
    case IommuKind::vtd: return std::make_unique<vtd::Unit>(iommu.vtd, *memory_);
    case IommuKind::smmuv3: {
      auto unit = std::make_unique<smmuv3::Unit>(iommu.smmuv3, *memory_);
      unit->on_wire([this](smmuv3::InterruptSource) { ++wired_interrupts_; });
      return unit;
    }
  }
  return nullptr;
}

void Machine::build_iommus() {
  for (const IommuDescription& iommu : description_.iommus) {
    iommus_.push_back({components_.add(iommu.name), make_unit(iommu), {}});
    connect_devices(iommus_.size() - 1);
  }
}

void Machine::build_bridge(const HostBridgeDescription& bridge) {
  pcie::HostBridge built;
  built.id = components_.add(bridge.name);
  built.segment = bridge.segment;
  built.first_bus = bridge.first_bus;
  built.last_bus = bridge.last_bus;
  built.outbound = bridge.outbound;
  built.inbound = bridge.inbound;
  built.peer_to_peer = bridge.peer_to_peer;
  built.refused_reads = bridge.refused_reads;
  if (description_.local_apic) built.interrupt_window = interrupts::local_apic_window;
  const auto index = static_cast<std::uint8_t>(bridges_.size());
  bridges_.push_back(std::move(built));

  std::optional<std::size_t> unit;
  for (std::size_t i = 0; i < description_.iommus.size(); ++i)
    if (description_.iommus[i].name == bridge.iommu) unit = i;
  bridge_iommu_.push_back(unit);
  bridges_.back().has_iommu = unit.has_value();

  for (const FunctionDescription& function : bridge.functions)
    build_function(function, index, bridge.functions, pcie::NodeIndex::none);
}

void Machine::resolve_peer_pairs() {
  for (std::size_t i = 0; i < bridges_.size(); ++i)
    for (const PeerPairDescription& pair : description_.host_bridges[i].peer_pairs)
      bridges_[i].peer_pairs.push_back({find_function(pair.from), find_function(pair.to), pair.policy});
}

/// Parents come before their children.
void Machine::resolve_iommus() {
  const auto unit_of = [this](const std::string& root_function, std::size_t bridge) {
    for (std::size_t i = 0; i < description_.iommus.size(); ++i) {
      const std::vector<std::string>& scope = description_.iommus[i].scope;
      if (std::find(scope.begin(), scope.end(), root_function) != scope.end()) return std::optional{i};
    }
    return bridge_iommu_[bridge];
  };
  for (std::size_t i = 0; i < topology_.size(); ++i) {
    const pcie::Node& node = topology_[static_cast<pcie::NodeIndex>(i)];
    // A virtual function stands beside its physical function and has the same parent.
    const pcie::NodeIndex above = node.parent != pcie::NodeIndex::none ? node.parent : node.physical_function;
    node_iommu_.push_back(above != pcie::NodeIndex::none ? node_iommu_[pcie::index_of(above)]
                                                         : unit_of(functions_[i]->name, node.host_bridge));
  }
}

void Machine::build_function(const FunctionDescription& function, std::uint8_t bridge,
                             const std::vector<FunctionDescription>& on_bus, pcie::NodeIndex parent) {
  pcie::Node node;
  node.id = components_.add(function.name);
  node.type = port_type(function.kind);
  node.requester = function.id;
  node.segment = bridges_[bridge].segment;
  node.host_bridge = bridge;
  node.port_number = function.port_number;
  node.drops_u_turns = function.kind == FunctionKind::root_port && description_.host_bridges[bridge].drops_u_turns;
  node.address_bits = static_cast<std::uint8_t>(function.dma_bits);
  node.parent = parent;
  node.config = pcie::build_config_space(function_config(function, on_bus));
  const pcie::NodeIndex index = topology_.add(std::move(node));
  if (!is_pci(function.kind)) may_always_send(index);
  functions_.push_back(&function);
  by_name_.emplace(function.name, index);
  if (!is_port(function.kind)) {
    const auto tlb = function.ats ? std::make_shared<iommu::DeviceTlb>(function.device_tlb) : nullptr;
    devices_.push_back(device_of(function, index, tlb));
    build_virtual_functions(function, index, tlb);
  }
  for (const FunctionDescription& child : function.children)
    build_function(child, bridge, function.children, index);
}

/// What no Command register holds back.
void Machine::may_always_send(pcie::NodeIndex node) {
  pcie::Command command;
  command.set<pcie::Command::BusMasterEnable>(1);
  topology_.config_write(topology_[node].segment, topology_[node].requester, pcie::header::command,
                         pcie::Command::bytes, static_cast<std::uint32_t>(command.raw()));
}

void Machine::build_virtual_functions(const FunctionDescription& physical, pcie::NodeIndex physical_node,
                                      const std::shared_ptr<iommu::DeviceTlb>& tlb) {
  for (std::size_t i = 0; i < physical.virtual_functions.size(); ++i) {
    const FunctionDescription& function = physical.virtual_functions[i];
    pcie::Node node;
    node.id = components_.add(function.name);
    node.requester = function.id;
    node.segment = topology_[physical_node].segment;
    node.host_bridge = topology_[physical_node].host_bridge;
    node.address_bits = static_cast<std::uint8_t>(function.dma_bits);
    node.parent = topology_[physical_node].parent;
    node.physical_function = physical_node;
    node.vf_number = static_cast<std::uint16_t>(i + 1);
    node.config = pcie::build_config_space(virtual_function_config(function));
    const pcie::NodeIndex index = topology_.add(std::move(node));
    functions_.push_back(&function);
    by_name_.emplace(function.name, index);
    devices_.push_back(device_of(function, index, function.ats ? tlb : nullptr));
  }
}

void Machine::build_system_map() {
  using memory::TargetKind;
  const auto& banks = memory_->banks();
  for (std::size_t i = 0; i < banks.size(); ++i)
    system_map_.add({banks[i].range, TargetKind::memory, static_cast<std::uint16_t>(i)});
  for (std::size_t i = 0; i < iommus_.size(); ++i) {
    const iommu::Unit& unit = *iommus_[i].unit;
    system_map_.add({*Range<PhysAddr>::from_size(register_base(description_.iommus[i]), unit.register_block_size()),
                     TargetKind::iommu_registers, static_cast<std::uint16_t>(i)});
  }
  for (const EcamDescription& ecam : description_.ecam)
    system_map_.add({*Range<PhysAddr>::from_size(ecam.base, ecam_size), TargetKind::ecam, ecam.segment});
  for (std::size_t i = 0; i < bridges_.size(); ++i)
    for (const pcie::OutboundWindow& window : bridges_[i].outbound)
      system_map_.add({window.cpu, TargetKind::outbound, static_cast<std::uint16_t>(i)});
  for (std::size_t i = 0; i < doorbells_.size(); ++i)
    if (doorbells_[i].kind != DoorbellKind::local_apic || description_.local_apic)
      system_map_.add({doorbells_[i].range, TargetKind::doorbell, static_cast<std::uint16_t>(i)});
}

const Doorbell& Machine::doorbell_at(PhysAddr address) const {
  const auto found = std::find_if(doorbells_.begin(), doorbells_.end(),
                                  [address](const Doorbell& doorbell) { return doorbell.range.contains(address); });
  return found == doorbells_.end() ? doorbells_.front() : *found;
}

const Doorbell& Machine::doorbell_of(pcie::NodeIndex device) const {
  const auto wanted = description_.host_bridges[topology_[device].host_bridge].doorbell;
  for (const Doorbell& doorbell : doorbells_)
    if (doorbell.kind == wanted) return doorbell;
  return doorbells_.front();
}

const Doorbell* Machine::find_doorbell(ComponentId id) const {
  for (const Doorbell& doorbell : doorbells_)
    if (doorbell.id == id) return &doorbell;
  return nullptr;
}

std::optional<std::size_t> Machine::find_iommu(ComponentId id) const {
  for (std::size_t i = 0; i < iommus_.size(); ++i)
    if (iommus_[i].id == id) return i;
  return std::nullopt;
}

const Device* Machine::find_device(const std::string& name) const {
  return device_at(find_function(name));
}

const Device* Machine::device_at(pcie::NodeIndex node) const {
  // Devices were built in the order of their nodes.
  const auto found = std::lower_bound(devices_.begin(), devices_.end(), node,
                                      [](const Device& device, pcie::NodeIndex at) { return device.node < at; });
  return found != devices_.end() && found->node == node ? &*found : nullptr;
}

pcie::NodeIndex Machine::find_function(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? pcie::NodeIndex::none : found->second;
}

}  // namespace iommusim::platforms
