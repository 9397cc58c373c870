// SPDX-License-Identifier: Apache-2.0
// The command queue of an ITS as its driver fills it (GICv3 architecture, 5.3).
#pragma once

#include "interrupts/gic/its_commands.h"
#include "software/cpu_bus.h"

#include <cstdint>

namespace iommusim::software {

/// 64 KiB of commands. The bus must outlive it.
class ItsCommandQueue {
 public:
  static constexpr std::uint64_t bytes = 0x1'0000;

  /// `its`: where GITS_CTLR is. `max_polls`: how often GITS_CREADR is read before the driver gives up.
  ItsCommandQueue(CpuBus& bus, PhysAddr its, unsigned max_polls) : bus_{bus}, its_{its}, max_polls_{max_polls} {}

  /// Programs GITS_CBASER and GITS_CWRITER; the ITS must be disabled. `memory`: 64 KiB, aligned.
  void start(PhysAddr memory);
  /// The command and a SYNC of redistributor `rdbase`; returns when both are done. Throws DriverError when the ITS
  /// stalls or does not come to them.
  void execute(const gic::Command& command, std::uint64_t rdbase);
  /// One command alone.
  void execute(const gic::Command& command);

 private:
  void put(const gic::Command& command);
  void run();

  CpuBus& bus_;
  PhysAddr its_;
  unsigned max_polls_;
  PhysAddr memory_;
  std::uint64_t write_ = 0;
};

gic::Command its_command(gic::Opcode opcode);
/// On an event of a device.
gic::Command its_command(gic::Opcode opcode, std::uint32_t device, std::uint32_t event);

}  // namespace iommusim::software
