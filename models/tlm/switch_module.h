// SPDX-License-Identifier: Apache-2.0
// A PCI Express switch: one upstream port, several downstream ports, and the routing between them.
#pragma once

#include "pcie/routing.h"
#include "timing/loose_clock.h"
#include "tlm/dma_extension.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <optional>
#include <vector>

namespace iommusim::modules {

struct SwitchConfig {
  pcie::NodeIndex upstream_port = pcie::NodeIndex::none;
  /// In the order of the sockets.
  std::vector<pcie::NodeIndex> downstream_ports;
  /// The link above it, towards the root; and below each downstream port, away from it. Ports with nothing below them
  /// have none.
  timing::ChannelIndex upstream_channel = 0;
  std::vector<std::optional<timing::ChannelIndex>> downstream_channels;
};

/// Every request asks pcie::route_from_below or pcie::route_from_above and goes where the answer says.
class SwitchModule : public sc_core::sc_module {
 public:
  using Initiator = tlm_utils::simple_initiator_socket_tagged<SwitchModule, 64>;
  using Target = tlm_utils::simple_target_socket_tagged<SwitchModule, 64>;

  /// Towards the root, and from it.
  Initiator upstream_out{"upstream_out"};
  Target upstream_in{"upstream_in"};
  /// One pair per downstream port: from the device below, and to it.
  sc_core::sc_vector<Target> downstream_in;
  sc_core::sc_vector<Initiator> downstream_out;

  SwitchModule(const sc_core::sc_module_name& name, pcie::Topology& topology, timing::LooseClock& clock,
               const SwitchConfig& config);

 private:
  void from_below(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void from_above(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool dmi_from_below(int port, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  unsigned debug_from_below(int port, tlm::tlm_generic_payload& payload);
  unsigned debug_from_above(int, tlm::tlm_generic_payload& payload);
  void invalidate_below(int, sc_dt::uint64 first, sc_dt::uint64 last);
  int socket_of(pcie::NodeIndex port) const;
  void send_down(pcie::NodeIndex port, tlm::tlm_generic_payload& payload, DmaExtension& extension,
                 sc_core::sc_time& delay);
  void finish(const pcie::RouteDecision& decision, tlm::tlm_generic_payload& payload, DmaExtension& extension);

  pcie::Topology& topology_;
  timing::LooseClock& clock_;
  SwitchConfig config_;
};

}  // namespace iommusim::modules
