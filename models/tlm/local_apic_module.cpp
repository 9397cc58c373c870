// SPDX-License-Identifier: Apache-2.0
#include "tlm/local_apic_module.h"

#include "base/endian.h"
#include "tlm/dma_extension.h"
#include "tlm/timing.h"

namespace iommusim::modules {

LocalApicModule::LocalApicModule(const sc_core::sc_module_name& name, ComponentId id, interrupts::LocalApic& apic,
                                 sc_core::sc_time latency)
    : sc_module{name}, id_{id}, apic_{apic}, latency_{latency} {
  doorbell.register_b_transport(this, &LocalApicModule::b_transport);
}

void LocalApicModule::b_transport(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const ExtensionScope scope{payload, RequesterId{}};
  DmaExtension& extension = *scope;
  if (extension.journey.is_open())
    extension.journey.reach(timing::StepKind::doorbell);
  else
    delay += latency_;
  const auto decision = interrupts::classify_message(access_of(payload, extension));
  if (!decision) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  if (!decision->is_interrupt) {
    extension.path.add(id_, *decision->rule);
    refuse(payload, extension, rejection(id_, *decision->rule, decision->status));
    return;
  }
  extension.path.add(id_, *decision->rule);
  const interrupts::MsiMessage message{BusAddr{payload.get_address()}, load_le<std::uint32_t>(payload.get_data_ptr())};
  apic_.deliver(message, extension.requester, to_duration(sc_core::sc_time_stamp() + delay));
  extension.landing = interrupts::interrupt_landing(message, extension.requester, id_, *decision->rule);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

}  // namespace iommusim::modules
