// SPDX-License-Identifier: Apache-2.0
#include "tlm/interconnect.h"

#include "tlm/dma_extension.h"
#include "tlm/ecam.h"

namespace iommusim::modules {

using memory::MapEntry;
using memory::TargetKind;

Interconnect::Interconnect(const sc_core::sc_module_name& name, ComponentId id, const memory::SystemMap& map,
                           std::size_t iommus, std::size_t doorbells)
    : sc_module{name},
      registers_out{"registers_out", iommus},
      doorbell_out{"doorbell_out", doorbells},
      frames_out{"frames_out", doorbells},
      id_{id},
      map_{map} {
  in.register_b_transport(this, &Interconnect::b_transport);
  in.register_get_direct_mem_ptr(this, &Interconnect::get_direct_mem_ptr);
  in.register_transport_dbg(this, &Interconnect::transport_dbg);
}

const MapEntry* Interconnect::admit(tlm::tlm_generic_payload& payload) const {
  const PhysAddr address{payload.get_address()};
  const unsigned size = payload.get_data_length();
  auto* extension = payload.get_extension<DmaExtension>();
  if (extension == nullptr) {
    const MapEntry* entry = map_.find(address, size);
    // Of local APICs a processor finds its own one's registers, which are not modelled; messages come from devices.
    const bool is_doorbell = entry != nullptr && entry->kind == TargetKind::doorbell;
    if (is_doorbell && frames_out[entry->index].size() == 0) entry = nullptr;
    if (entry == nullptr) payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return entry;
  }
  const memory::SystemDecision decision = memory::decide_dma_target(map_, address, size);
  extension->path.add(id_, *decision.rule);
  if (decision.target == nullptr) {
    const CompletionStatus status = completion_of(payload, *extension, CompletionStatus::unsupported_request);
    refuse(payload, *extension, rejection(id_, *decision.rule, status));
  } else if (extension->landing.rule == nullptr) {
    extension->landing.decide(id_, *decision.rule);
  }
  return decision.target;
}

void Interconnect::b_transport(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (const MapEntry* entry = admit(payload)) forward(*entry, payload, delay);
}

void Interconnect::forward(const MapEntry& entry, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  switch (entry.kind) {
    case TargetKind::memory: memory_out->b_transport(payload, delay); return;
    case TargetKind::outbound: root_complex_out->b_transport(payload, delay); return;
    case TargetKind::doorbell: {
      if (payload.get_extension<DmaExtension>() != nullptr) {
        doorbell_out[entry.index]->b_transport(payload, delay);
        return;
      }
      const AddressScope scope{payload, payload.get_address() - entry.range.first.value()};
      frames_out[entry.index]->b_transport(payload, delay);
      return;
    }
    case TargetKind::ecam: {
      const std::uint64_t segment = std::uint64_t{entry.index} << ecam_segment_shift;
      const AddressScope scope{payload, segment | (payload.get_address() - entry.range.first.value())};
      ecam_out->b_transport(payload, delay);
      return;
    }
    case TargetKind::iommu_registers: {
      const AddressScope scope{payload, payload.get_address() - entry.range.first.value()};
      registers_out[entry.index]->b_transport(payload, delay);
      return;
    }
  }
}

bool Interconnect::get_direct_mem_ptr(int, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  const MapEntry* entry = map_.find(PhysAddr{payload.get_address()}, 1);
  if (entry == nullptr || entry->kind != TargetKind::memory) return false;
  return memory_out->get_direct_mem_ptr(payload, dmi);
}

unsigned Interconnect::transport_dbg(int, tlm::tlm_generic_payload& payload) {
  const MapEntry* entry = map_.find(PhysAddr{payload.get_address()}, payload.get_data_length());
  if (entry == nullptr) return 0;
  if (entry->kind == TargetKind::memory) return memory_out->transport_dbg(payload);
  if (entry->kind == TargetKind::outbound) return root_complex_out->transport_dbg(payload);
  return 0;
}

}  // namespace iommusim::modules
