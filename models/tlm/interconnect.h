// SPDX-License-Identifier: Apache-2.0
// The system interconnect: takes physical addresses to DRAM, IOMMU registers, host bridges, configuration space and
// interrupt doorbells.
#pragma once

#include "base/component.h"
#include "memory/system_map.h"
#include "tlm/multi_target.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

namespace iommusim::modules {

/// Requests with a DmaExtension are devices' and reach only what DMA may reach; others are the processors'.
class Interconnect : public sc_core::sc_module {
 public:
  using Initiator = tlm_utils::simple_initiator_socket_tagged<Interconnect, 64>;
  using OptionalInitiator = tlm_utils::simple_initiator_socket_tagged_optional<Interconnect, 64>;

  /// Processors, IOMMUs, root complexes without an IOMMU.
  MultiTarget<Interconnect> in{"in"};
  Initiator memory_out{"memory_out"};
  Initiator root_complex_out{"root_complex_out"};
  Initiator ecam_out{"ecam_out"};
  /// One per IOMMU; addresses are offsets into the register block.
  sc_core::sc_vector<Initiator> registers_out;
  /// One per doorbell of the map, for devices; addresses are absolute.
  sc_core::sc_vector<Initiator> doorbell_out;
  /// The same frames for processors: addresses are offsets. One that is not bound answers none.
  sc_core::sc_vector<OptionalInitiator> frames_out;

  Interconnect(const sc_core::sc_module_name& name, ComponentId id, const memory::SystemMap& map, std::size_t iommus,
               std::size_t doorbells);

 private:
  void b_transport(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(int, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  unsigned transport_dbg(int, tlm::tlm_generic_payload& payload);
  void forward(const memory::MapEntry& entry, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  const memory::MapEntry* admit(tlm::tlm_generic_payload& payload) const;

  ComponentId id_;
  const memory::SystemMap& map_;
};

}  // namespace iommusim::modules
