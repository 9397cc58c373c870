// SPDX-License-Identifier: Apache-2.0
// The hardware of a platform as plain C++ state, at power-on: no function configured, no table built, no
// clock. platforms/operating_system.h brings it up; platforms/walk.h asks where an access would land;
// platforms/simulation.h puts SystemC modules around the same state.
#pragma once

#include "interrupts/gic/gicv2m.h"
#include "interrupts/gic/its.h"
#include "interrupts/gic/mbi.h"
#include "interrupts/gic/redistributors.h"
#include "interrupts/local_apic.h"
#include "interrupts/msi_source.h"
#include "iommu/device_tlb.h"
#include "iommu/page_requester.h"
#include "iommu/unit.h"
#include "memory/sparse_memory.h"
#include "memory/system_map.h"
#include "pcie/bar_memory.h"
#include "pcie/root_complex.h"
#include "pcie/topology.h"
#include "platforms/components.h"
#include "platforms/description.h"
#include "platforms/unit_messages.h"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace iommusim::platforms {

/// A function that can issue DMA: an endpoint.
struct Device {
  const FunctionDescription* description = nullptr;
  pcie::NodeIndex node = pcie::NodeIndex::none;
  std::unique_ptr<pcie::BarMemory> bars;
  /// With ATS. Virtual functions share that of their physical function.
  std::shared_ptr<iommu::DeviceTlb> tlb;
  iommu::PageRequester page_requests;
};

/// Who takes interrupt messages: writes to these addresses.
struct Doorbell {
  DoorbellKind kind = DoorbellKind::local_apic;
  ComponentId id = ComponentId::none;
  Range<PhysAddr> range;
  /// A frame of the GIC; nullptr: the local APICs.
  gic::Doorbell* frame = nullptr;
};

class Machine {
 public:
  /// `description` must outlive the machine.
  explicit Machine(const Description& description);
  ~Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  const Description& description() const { return description_; }
  const Components& components() const { return components_; }
  const std::string& name(ComponentId id) const { return components_.name(id); }

  memory::SparseMemory& memory() { return *memory_; }
  const memory::SparseMemory& memory() const { return *memory_; }
  const memory::SystemMap& system_map() const { return system_map_; }
  ComponentId interconnect_id() const { return interconnect_id_; }

  pcie::Topology& topology() { return topology_; }
  const pcie::Topology& topology() const { return topology_; }
  const std::vector<pcie::HostBridge>& bridges() const { return bridges_; }

  std::size_t iommu_count() const { return iommus_.size(); }
  iommu::Unit& iommu(std::size_t index) { return *iommus_[index].unit; }
  const iommu::Unit& iommu(std::size_t index) const { return *iommus_[index].unit; }
  ComponentId iommu_id(std::size_t index) const { return iommus_[index].id; }
  std::optional<std::size_t> find_iommu(ComponentId id) const;
  /// Of an SMMUv3: what it sent as messages of its own since reset.
  UnitMessages& messages_of(std::size_t iommu) { return iommus_[iommu].messages; }
  const UnitMessages& messages_of(std::size_t iommu) const { return iommus_[iommu].messages; }
  /// The IOMMU that this host bridge names: requests of its functions pass it, but for those in the scope of another.
  std::optional<std::size_t> iommu_of_bridge(std::size_t bridge) const { return bridge_iommu_[bridge]; }
  /// The IOMMU that requests of this function pass, and of all below it.
  std::optional<std::size_t> iommu_of(pcie::NodeIndex function) const { return node_iommu_[pcie::index_of(function)]; }

  /// A function asks its IOMMU for a page. The answer is in its page_requests, once there is one.
  void request_page(const Device& device, const iommu::PageRequest& request);

  /// By the index of their entries in the system map. The local APICs come first and are there for the IOMMUs that send
  /// them interrupts, even on a platform whose map leaves them out (local_apic: false).
  const std::vector<Doorbell>& doorbells() const { return doorbells_; }
  /// Who takes a message to this address; the local APICs also know addresses of extended destinations, which lie in no
  /// range. Every message that an IOMMU emits is for somebody.
  const Doorbell& doorbell_at(PhysAddr address) const;
  /// Where software has this device send its interrupts.
  const Doorbell& doorbell_of(pcie::NodeIndex device) const;
  /// nullptr: the component is no doorbell.
  const Doorbell* find_doorbell(ComponentId id) const;
  /// Interrupts that all doorbells have taken, and those of IOMMUs' wires.
  std::uint64_t interrupts_delivered() const {
    return local_apic_.delivered() + gic_log_.delivered() + wired_interrupts_;
  }
  gic::DeliveryLog& gic_log() { return gic_log_; }
  const gic::DeliveryLog& gic_log() const { return gic_log_; }
  /// nullptr: the platform has none.
  const gic::Its* its() const { return its_.get(); }

  interrupts::LocalApic& local_apic() { return local_apic_; }
  const interrupts::LocalApic& local_apic() const { return local_apic_; }
  ComponentId local_apic_id() const { return local_apic_id_; }

  std::vector<Device>& devices() { return devices_; }
  const std::vector<Device>& devices() const { return devices_; }
  /// By platform name; nullptr: no such device.
  const Device* find_device(const std::string& name) const;
  const Device* device_at(pcie::NodeIndex node) const;
  /// Any function, ports included.
  pcie::NodeIndex find_function(const std::string& name) const;
  const FunctionDescription& describe(pcie::NodeIndex node) const { return *functions_[pcie::index_of(node)]; }

 private:
  struct Iommu {
    ComponentId id = ComponentId::none;
    std::unique_ptr<iommu::Unit> unit;
    UnitMessages messages;
  };

  void build_memory();
  void build_doorbells();
  void add_frame(DoorbellKind kind, gic::Doorbell& frame);
  void build_iommus();
  std::unique_ptr<iommu::Unit> make_unit(const IommuDescription& iommu);
  void connect_devices(std::size_t iommu);
  void take_page_response(Device& device, const iommu::PageGroupResponse& response);
  Device* reachable_device(std::size_t iommu, RequesterId id);
  void build_bridge(const HostBridgeDescription& bridge);
  void build_function(const FunctionDescription& function, std::uint8_t bridge,
                      const std::vector<FunctionDescription>& on_bus, pcie::NodeIndex parent);
  void may_always_send(pcie::NodeIndex node);
  void build_virtual_functions(const FunctionDescription& physical, pcie::NodeIndex physical_node,
                               const std::shared_ptr<iommu::DeviceTlb>& tlb);
  void resolve_peer_pairs();
  void resolve_iommus();
  void build_system_map();

  const Description& description_;
  Components components_;
  ComponentId interconnect_id_ = ComponentId::none;
  ComponentId local_apic_id_ = ComponentId::none;
  std::unique_ptr<memory::SparseMemory> memory_;
  memory::SystemMap system_map_;
  pcie::Topology topology_;
  std::vector<pcie::HostBridge> bridges_;
  std::vector<Iommu> iommus_;
  std::vector<Doorbell> doorbells_;
  std::vector<std::optional<std::size_t>> bridge_iommu_;
  /// By node index.
  std::vector<std::optional<std::size_t>> node_iommu_;
  interrupts::LocalApic local_apic_;
  gic::DeliveryLog gic_log_;
  std::unique_ptr<gic::Redistributors> redistributors_;
  std::unique_ptr<gic::Its> its_;
  std::unique_ptr<gic::Gicv2m> gicv2m_;
  std::unique_ptr<gic::MessageBasedInterrupts> mbi_;
  std::uint64_t wired_interrupts_ = 0;
  std::vector<Device> devices_;
  std::vector<const FunctionDescription*> functions_;
  std::unordered_map<std::string, pcie::NodeIndex> by_name_;
};

}  // namespace iommusim::platforms
