// SPDX-License-Identifier: Apache-2.0
// The SystemC modules of a platform, wired around a Machine's state. One per process: SystemC elaborates once.
#pragma once

#include "platforms/machine.h"
#include "platforms/timing_network.h"
#include "timing/clock.h"
#include "timing/loose_clock.h"
#include "tlm/cpu_module.h"
#include "tlm/endpoint.h"
#include "tlm/gic_module.h"
#include "tlm/interconnect.h"
#include "tlm/iommu_module.h"
#include "tlm/link_terminator.h"
#include "tlm/local_apic_module.h"
#include "tlm/memory_module.h"
#include "tlm/pci_bridge_module.h"
#include "tlm/root_complex_module.h"
#include "tlm/switch_module.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace iommusim::platforms {

/// How time is kept (docs/timing.md).
enum class Timing : std::uint8_t { loose, approximate };

class Simulation {
 public:
  /// Builds and binds every module; to be called before the simulation starts. `machine` must outlive it.
  explicit Simulation(Machine& machine, Timing timing = Timing::loose);

  /// The module that sends for a function.
  modules::Endpoint& endpoint(pcie::NodeIndex function) { return *endpoint_of_[pcie::index_of(function)]; }
  modules::CpuModule& cpu() { return *cpu_; }
  modules::RootComplexModule& root_complex() { return *root_complex_; }
  /// Spends the time of what endpoints send.
  timing::Clock& clock() { return *clock_; }
  const timing::Network& network() const { return network_.network(); }
  std::size_t engine_of(pcie::NodeIndex function) const { return network_.engine_of(function); }

  /// Called while a function waits for a page that it asked for, and an interrupt said so, or while an IOMMU holds a
  /// request: software serves it.
  void on_page_request(std::function<void()> software) { software_ = std::move(software); }

  /// Transactions that are still in flight: 0 when the platform is idle.
  std::size_t outstanding() const;

 private:
  void build_system();
  /// Who stands behind the outputs for messages to a doorbell.
  void bind_doorbell(std::size_t index);
  std::function<void(const modules::SentMessage&)> message_sink(std::size_t iommu);
  void bind_messages(modules::IommuModule& iommu, IommuKind kind);
  void build_root_complex();
  void connect_iommus(const std::vector<pcie::NodeIndex>& root_nodes);
  std::optional<timing::ChannelIndex> channel_below(pcie::NodeIndex port) const;
  std::vector<pcie::NodeIndex> integrated_device(pcie::NodeIndex function) const;
  /// Builds what is plugged into a port and binds it to the port's two sockets.
  template <class PortIn, class PortOut>
  void plug(const std::vector<pcie::NodeIndex>& partners, pcie::NodeIndex port, PortIn& in, PortOut& out);
  modules::SwitchModule& build_switch(pcie::NodeIndex upstream_port);
  modules::PciBridgeModule& build_bridge(pcie::NodeIndex bridge);
  Duration device_round_trip(std::size_t iommu) const;
  std::optional<iommu::PageResponse> request_page(pcie::NodeIndex function, const Access& access);
  modules::Endpoint& build_endpoint(const std::vector<pcie::NodeIndex>& functions);

  Machine& machine_;
  TimingNetwork network_;
  /// Of requests that come from elsewhere; with loose timing of all.
  timing::LooseClock loose_clock_;
  std::unique_ptr<timing::Clock> event_clock_;
  timing::Clock* clock_;
  std::unique_ptr<modules::CpuModule> cpu_;
  std::unique_ptr<modules::Interconnect> interconnect_;
  std::unique_ptr<modules::MemoryModule> memory_;
  std::unique_ptr<modules::LocalApicModule> local_apic_;
  std::vector<std::unique_ptr<modules::GicModule>> gic_frames_;
  std::unique_ptr<modules::RootComplexModule> root_complex_;
  std::vector<std::unique_ptr<modules::IommuModule>> iommus_;
  std::vector<std::unique_ptr<modules::SwitchModule>> switches_;
  std::vector<std::unique_ptr<modules::PciBridgeModule>> pci_bridges_;
  std::vector<std::unique_ptr<modules::Endpoint>> endpoints_;
  std::vector<std::unique_ptr<modules::LinkTerminator>> terminators_;
  /// By node index.
  std::vector<modules::Endpoint*> endpoint_of_;
  std::function<void()> software_;
};

}  // namespace iommusim::platforms
