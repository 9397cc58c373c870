// SPDX-License-Identifier: Apache-2.0
// The link below a port that no device is plugged into.
#pragma once

#include "pcie/topology.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace iommusim::modules {

/// Refuses what comes down, in the name of the port above it; sends nothing up.
class LinkTerminator : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<LinkTerminator, 64> upstream{"upstream"};
  tlm_utils::simple_target_socket<LinkTerminator, 64> downstream{"downstream"};

  LinkTerminator(const sc_core::sc_module_name& name, pcie::Topology& topology, pcie::NodeIndex port);

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  pcie::Topology& topology_;
  pcie::NodeIndex port_;
};

}  // namespace iommusim::modules
