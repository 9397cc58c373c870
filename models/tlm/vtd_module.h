// SPDX-License-Identifier: Apache-2.0
// A VT-d remapping unit with its sockets: vtd::Unit decides, this module spends the time.
#pragma once

#include "base/component.h"
#include "iommu/vtd/unit.h"
#include "timing/loose_clock.h"
#include "tlm/dma_extension.h"
#include "tlm/multi_target.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace iommusim::modules {

struct VtdConfig {
  /// Number of the unit among those of its clock's host.
  std::uint16_t index = 0;
  /// Each register access.
  sc_core::sc_time register_latency;
  /// More for a register write that has descriptors of the invalidation queue executed.
  sc_core::sc_time invalidation_latency;
  /// Who asks when a request on dma_in has no DmaExtension.
  RequesterId default_requester;
};

class VtdModule : public sc_core::sc_module {
 public:
  /// Requests of devices, at I/O virtual addresses. One that crosses a 4 KiB boundary gets a burst error; debug
  /// transport answers its first page.
  MultiTarget<VtdModule> dma_in{"dma_in"};
  /// The same requests at physical addresses.
  tlm_utils::simple_initiator_socket_tagged<VtdModule, 64> memory_out{"memory_out"};
  /// Interrupt requests of devices, and the unit's own messages.
  tlm_utils::simple_initiator_socket<VtdModule, 64> interrupt_out{"interrupt_out"};
  /// Register block: addresses are offsets.
  tlm_utils::simple_target_socket<VtdModule, 64> registers{"registers"};

  VtdModule(const sc_core::sc_module_name& name, ComponentId id, vtd::Unit& unit, timing::LooseClock& clock,
            VtdConfig config);
  ~VtdModule() override;
  VtdModule(const VtdModule&) = delete;
  VtdModule& operator=(const VtdModule&) = delete;

 private:
  void dma(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool dmi(int, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  unsigned debug(int, tlm::tlm_generic_payload& payload);
  void register_access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void deliver(tlm::tlm_generic_payload& payload, DmaExtension& extension, const iommu::TranslationResult& result,
               sc_core::sc_time& delay);
  iommu::TranslationResult ask(const Access& access, std::uint32_t message_data);
  void note_lookups(const tlm::tlm_generic_payload& payload, timing::Journey& journey,
                    const iommu::TranslationResult& result) const;
  void send_message(const interrupts::MsiMessage& message);
  void withdraw_dmi();

  ComponentId id_;
  vtd::Unit& unit_;
  timing::LooseClock& clock_;
  VtdConfig config_;
  iommu::FetchLog fetches_;
};

}  // namespace iommusim::modules
