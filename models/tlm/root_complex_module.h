// SPDX-License-Identifier: Apache-2.0
// The root complex: root ports with their root-bus devices, host bridge windows, peer-to-peer policy, configuration
// space.
#pragma once

#include "pcie/error_logging.h"
#include "pcie/root_complex.h"
#include "pcie/routing.h"
#include "timing/loose_clock.h"
#include "tlm/dma_extension.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <functional>
#include <optional>
#include <vector>

namespace iommusim::modules {

struct RootComplexConfig {
  /// Every node on a root bus: root ports and integrated endpoints, in the order of the sockets.
  std::vector<pcie::NodeIndex> root_nodes;
  /// What leads down from each; nullopt: an integrated endpoint, or nothing below.
  std::vector<std::optional<timing::ChannelIndex>> channels;
  /// Of configuration accesses.
  sc_core::sc_time config_latency;
  /// Told of each configuration write and its register, when it has taken effect.
  std::function<void(unsigned reg)> on_config_write;
};

class RootComplexModule : public sc_core::sc_module {
 public:
  using Initiator = tlm_utils::simple_initiator_socket_tagged<RootComplexModule, 64>;
  using Target = tlm_utils::simple_target_socket_tagged<RootComplexModule, 64>;

  /// From and to what hangs below each root-bus node.
  sc_core::sc_vector<Target> port_in;
  sc_core::sc_vector<Initiator> port_out;
  /// Per root-bus node: to its IOMMU, or to the interconnect.
  sc_core::sc_vector<Initiator> dma_out;
  /// Outbound accesses, at physical addresses; and ECAM accesses, at offsets into the region of the segment
  /// (tlm/ecam.h).
  Target system_in{"system_in"};
  Target ecam{"ecam"};

  RootComplexModule(const sc_core::sc_module_name& name, pcie::Topology& topology,
                    const std::vector<pcie::HostBridge>& bridges, timing::LooseClock& clock,
                    const RootComplexConfig& config);

  /// Configuration changed: direct memory pointers of every device are withdrawn.
  void withdraw_dmi();

 private:
  void from_below(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void from_system(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void config_access(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool dmi_from_below(int port, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  unsigned debug_from_below(int port, tlm::tlm_generic_payload& payload);
  unsigned debug_from_system(int, tlm::tlm_generic_payload& payload);
  void invalidate_below(int, sc_dt::uint64 first, sc_dt::uint64 last);

  /// True: the request may enter the root complex.
  bool pass_root_port(pcie::NodeIndex node, const Access& access, tlm::tlm_generic_payload& payload,
                      DmaExtension& extension);
  void log_at_root_port(pcie::NodeIndex node, const Access& access, const Rule& rule);
  /// What becomes of poisoned data as seen from the root port.
  pcie::Poisoned route_inbound(pcie::NodeIndex node, const Access& access, tlm::tlm_generic_payload& payload,
                               DmaExtension& extension, sc_core::sc_time& delay);
  void log_poisoned_inbound(pcie::NodeIndex node, const Access& access, pcie::Poisoned fate, const Landing& landing);
  bool passes_down(pcie::NodeIndex node, const Access& access) const;
  void send_down(pcie::NodeIndex node, tlm::tlm_generic_payload& payload, DmaExtension& extension,
                 sc_core::sc_time& delay);
  std::size_t socket_of(pcie::NodeIndex node) const { return sockets_[pcie::index_of(node)]; }
  ComponentId bridge_id(pcie::NodeIndex node) const;

  pcie::Topology& topology_;
  const std::vector<pcie::HostBridge>& bridges_;
  timing::LooseClock& clock_;
  RootComplexConfig config_;
  /// By node index; of root-bus nodes.
  std::vector<std::size_t> sockets_;
};

}  // namespace iommusim::modules
