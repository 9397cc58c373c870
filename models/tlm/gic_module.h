// SPDX-License-Identifier: Apache-2.0
// A message target of a GIC as a TLM-2.0 target: ITS, GICv2m frame, distributor or redistributors.
#pragma once

#include "base/component.h"
#include "interrupts/gic/delivery_log.h"
#include "interrupts/gic/doorbell.h"
#include "tlm/multi_target.h"

#include <systemc>
#include <tlm>

namespace iommusim::modules {

/// A message that the target drops ends TLM_OK: its write is accepted and nobody is told; the landing of the extension
/// says why it is lost. A sender that is no PCI requester says its DeviceID in the extension.
class GicModule : public sc_core::sc_module {
 public:
  /// Requests of devices, at physical addresses.
  MultiTarget<GicModule> doorbell{"doorbell"};
  /// The frame as software reaches it: addresses are offsets, accesses have 2, 4 or 8 bytes.
  MultiTarget<GicModule> registers{"registers"};

  /// An access whose way nobody times takes `latency`. Target and log must outlive it.
  GicModule(const sc_core::sc_module_name& name, ComponentId id, gic::Doorbell& target, gic::DeliveryLog& log,
            sc_core::sc_time latency);

 private:
  void take_message(int socket, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void access_register(int socket, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  ComponentId id_;
  gic::Doorbell& target_;
  gic::DeliveryLog& log_;
  sc_core::sc_time latency_;
};

}  // namespace iommusim::modules
