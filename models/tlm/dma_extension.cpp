// SPDX-License-Identifier: Apache-2.0
#include "tlm/dma_extension.h"

#include "pcie/error_logging.h"

#include <algorithm>

namespace iommusim::modules {

void refuse(tlm::tlm_generic_payload& payload, DmaExtension& extension, const Landing& landing) {
  extension.landing = landing;
  if (landing.status == CompletionStatus::successful) {
    if (payload.is_read()) std::fill_n(payload.get_data_ptr(), payload.get_data_length(), std::uint8_t{0xFF});
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    return;
  }
  const bool unsupported =
      landing.status == CompletionStatus::unsupported_request || landing.status == CompletionStatus::none;
  payload.set_response_status(unsupported                                           ? tlm::TLM_ADDRESS_ERROR_RESPONSE
                              : landing.status == CompletionStatus::completer_abort ? tlm::TLM_COMMAND_ERROR_RESPONSE
                                                                                    : tlm::TLM_GENERIC_ERROR_RESPONSE);
}

void refuse_at(pcie::Topology& topology, const pcie::RouteDecision& decision, tlm::tlm_generic_payload& payload,
               DmaExtension& extension) {
  pcie::log_refusal(topology, decision.target, access_of(payload, extension), *decision.rule);
  refuse(payload, extension, rejection(topology[decision.target].id, *decision.rule, decision.status));
}

void claim_port_bar(const pcie::Topology& topology, const pcie::RouteDecision& decision,
                    tlm::tlm_generic_payload& payload, DmaExtension& extension) {
  const pcie::Node& port = topology[decision.target];
  if (payload.is_read()) std::fill_n(payload.get_data_ptr(), payload.get_data_length(), std::uint8_t{0});
  Landing& landing = extension.landing;
  landing.kind = LandingKind::peer;
  landing.where = port.id;
  landing.status = completion_of(payload, extension, CompletionStatus::successful);
  landing.address = payload.get_address();
  landing.bar = decision.bar;
  landing.bar_offset = BusAddr{payload.get_address()} - port.decoded.bars[decision.bar]->first;
  landing.decide(port.id, *decision.rule);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

}  // namespace iommusim::modules
