// SPDX-License-Identifier: Apache-2.0
// DRAM as a TLM-2.0 target.
#pragma once

#include "memory/sparse_memory.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

namespace iommusim::modules {

/// An access whose way nobody times takes `latency`. Byte enables and streaming width are honoured; DMI is granted page
/// by page.
class MemoryModule : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<MemoryModule, 64> port{"port"};

  MemoryModule(const sc_core::sc_module_name& name, memory::SparseMemory& memory, sc_core::sc_time latency);

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);
  /// False: outside every bank.
  bool transfer(tlm::tlm_generic_payload& payload);
  bool transfer_by_byte(tlm::tlm_generic_payload& payload);

  memory::SparseMemory& memory_;
  sc_core::sc_time latency_;
};

}  // namespace iommusim::modules
