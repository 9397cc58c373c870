// SPDX-License-Identifier: Apache-2.0
// The processors as software sees them: loads, stores and configuration cycles become transactions.
#pragma once

#include "software/cpu_bus.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include <map>
#include <optional>

namespace iommusim::modules {

/// Driver models run on this bus during a simulation. Time adds up in elapsed() from the last restart().
class CpuModule : public sc_core::sc_module, public software::CpuBus {
 public:
  tlm_utils::simple_initiator_socket_tagged<CpuModule, 64> bus{"bus"};

  /// `ecam_bases`: physical address of each segment's configuration region. Functions of other segments read all-ones,
  /// and writes to them are lost.
  CpuModule(const sc_core::sc_module_name& name, std::map<std::uint16_t, PhysAddr> ecam_bases);

  void load(PhysAddr address, void* to, std::size_t size) override;
  void store(PhysAddr address, const void* from, std::size_t size) override;
  std::uint32_t config_read(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width) override;
  void config_write(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width,
                    std::uint32_t value) override;

  void restart(sc_core::sc_time at) { elapsed_ = at; }
  sc_core::sc_time elapsed() const { return elapsed_; }

 private:
  std::optional<PhysAddr> ecam_address(std::uint16_t segment, RequesterId function, unsigned offset) const;
  bool transfer(tlm::tlm_command command, PhysAddr address, unsigned char* data, std::size_t size);

  std::map<std::uint16_t, PhysAddr> ecam_bases_;
  sc_core::sc_time elapsed_;
};

}  // namespace iommusim::modules
