// SPDX-License-Identifier: Apache-2.0
// A PCIe-to-PCI bridge with the conventional bus behind it.
#pragma once

#include "pcie/pci_bridge.h"
#include "timing/loose_clock.h"
#include "tlm/dma_extension.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstddef>
#include <optional>
#include <vector>

namespace iommusim::modules {

struct PciBridgeConfig {
  pcie::NodeIndex bridge = pcie::NodeIndex::none;
  /// The functions of each device on the bus, in the order of the sockets.
  std::vector<std::vector<pcie::NodeIndex>> devices;
  /// The link above it, towards the root, if it has one; and what leads to each device.
  std::optional<timing::ChannelIndex> upstream_channel;
  std::vector<timing::ChannelIndex> device_channels;
};

/// Every request from the bus asks pcie::route_on_bus, every request from above pcie::route_from_above.
class PciBridgeModule : public sc_core::sc_module {
 public:
  using Initiator = tlm_utils::simple_initiator_socket_tagged<PciBridgeModule, 64>;
  using Target = tlm_utils::simple_target_socket_tagged<PciBridgeModule, 64>;

  /// Towards the root, and from it.
  Initiator upstream_out{"upstream_out"};
  Target upstream_in{"upstream_in"};
  /// One pair per device: from the device, and to it.
  sc_core::sc_vector<Target> device_in;
  sc_core::sc_vector<Initiator> device_out;

  PciBridgeModule(const sc_core::sc_module_name& name, pcie::Topology& topology, timing::LooseClock& clock,
                  const PciBridgeConfig& config);

 private:
  void from_bus(int device, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void from_above(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool dmi_from_bus(int device, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  unsigned debug_from_bus(int device, tlm::tlm_generic_payload& payload);
  unsigned debug_from_above(int, tlm::tlm_generic_payload& payload);
  void invalidate_bus(int, sc_dt::uint64 first, sc_dt::uint64 last);
  void send_up(tlm::tlm_generic_payload& payload, DmaExtension& extension, sc_core::sc_time& delay);
  void send_down(pcie::NodeIndex function, tlm::tlm_generic_payload& payload, DmaExtension& extension,
                 sc_core::sc_time& delay);
  std::size_t socket_of(pcie::NodeIndex function) const;
  /// Who asks when a request of a device has no extension.
  RequesterId default_requester_of(int device) const;

  pcie::Topology& topology_;
  timing::LooseClock& clock_;
  PciBridgeConfig config_;
};

}  // namespace iommusim::modules
