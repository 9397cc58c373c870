// SPDX-License-Identifier: Apache-2.0
#include "tlm/link_terminator.h"

#include "pcie/rules.h"
#include "tlm/dma_extension.h"

namespace iommusim::modules {

LinkTerminator::LinkTerminator(const sc_core::sc_module_name& name, pcie::Topology& topology, pcie::NodeIndex port)
    : sc_module{name}, topology_{topology}, port_{port} {
  downstream.register_b_transport(this, &LinkTerminator::b_transport);
}

void LinkTerminator::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  const ExtensionScope scope{payload, RequesterId{}};
  const Rule& rule = pcie::rules::port_link_down;
  (*scope).path.add(topology_[port_].id, rule);
  const CompletionStatus status = completion_of(payload, *scope, CompletionStatus::unsupported_request);
  refuse_at(topology_, {pcie::Action::reject, port_, 0, status, &rule}, payload, *scope);
}

}  // namespace iommusim::modules
