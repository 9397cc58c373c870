// SPDX-License-Identifier: Apache-2.0
#include "tlm/link_terminator.h"

#include "pcie/rules.h"
#include "tlm/dma_extension.h"

namespace iommusim::modules {

LinkTerminator::LinkTerminator(const sc_core::sc_module_name& name, ComponentId port) : sc_module{name}, port_{port} {
  downstream.register_b_transport(this, &LinkTerminator::b_transport);
}

void LinkTerminator::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  const ExtensionScope scope{payload, RequesterId{}};
  const Rule& rule = pcie::rules::port_link_down;
  (*scope).path.add(port_, rule);
  const CompletionStatus status = completion_of(payload, *scope, CompletionStatus::unsupported_request);
  refuse(payload, *scope, rejection(port_, rule, status));
}

}  // namespace iommusim::modules
