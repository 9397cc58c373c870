// SPDX-License-Identifier: Apache-2.0
// An SMMUv3's command queue, filled and watched by software (SMMUv3 architecture, 4 and 7.1).
#pragma once

#include "iommu/smmuv3/command.h"
#include "iommu/smmuv3/queue_index.h"
#include "software/page_allocator.h"
#include "software/smmuv3_registers.h"

#include <cstdint>
#include <initializer_list>

namespace iommusim::software {

class Smmuv3Commands {
 public:
  /// Both must outlive it.
  Smmuv3Commands(Smmuv3Registers& registers, PageAllocator& pages);

  /// Gives the unit the queue, empty. CR0.CMDQEN must be 0, and is to be set then.
  void start();

  /// Puts a command into the queue. When there is no room, and the unit makes none, it is given up.
  void put(const smmuv3::Command& command);
  /// CMD_SYNC, and waits until the unit has consumed it. False: a command since the last call was refused or given up,
  /// a device did not answer, or the unit does not go on.
  bool synchronize();
  /// Both for a few commands.
  bool submit(std::initializer_list<smmuv3::Command> commands);

 private:
  std::uint64_t consumer() const;
  void write(std::uint64_t index, const smmuv3::Command& command);
  void ring();
  template <class Done>
  bool wait(Done done);
  void recover();
  bool is_of_batch(std::uint64_t index) const;

  Smmuv3Registers& registers_;
  smmuv3::QueueBase base_;
  smmuv3::QueueGeometry queue_;
  std::uint32_t producer_ = 0;
  /// Where the commands since the last synchronize() begin.
  std::uint32_t batch_ = 0;
  bool refused_ = false;
};

/// A command without its operands.
template <class Kind = smmuv3::Command>
Kind command_of(smmuv3::Opcode opcode) {
  Kind command;
  command.template set<smmuv3::Command::OPCODE>(opcode);
  return command;
}

}  // namespace iommusim::software
