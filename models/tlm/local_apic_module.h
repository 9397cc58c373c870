// SPDX-License-Identifier: Apache-2.0
// The local APICs' message window as a TLM-2.0 target: the doorbell of x86.
#pragma once

#include "base/component.h"
#include "interrupts/local_apic.h"
#include "tlm/multi_target.h"

#include <systemc>
#include <tlm>

namespace iommusim::modules {

/// Addresses are absolute (0xFEEx_xxxx). What is no interrupt request is refused as the window's rule says.
class LocalApicModule : public sc_core::sc_module {
 public:
  MultiTarget<LocalApicModule> doorbell{"doorbell"};

  LocalApicModule(const sc_core::sc_module_name& name, ComponentId id, interrupts::LocalApic& apic,
                  sc_core::sc_time latency);

 private:
  void b_transport(int socket, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  ComponentId id_;
  interrupts::LocalApic& apic_;
  sc_core::sc_time latency_;
};

}  // namespace iommusim::modules
