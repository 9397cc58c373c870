// SPDX-License-Identifier: Apache-2.0
// The four sources of interrupts (SMMUv3 architecture, 3.18). Each has a wire of its own, which pulses, and may send a
// message too: software uses what it has connected.
#pragma once

#include "iommu/smmuv3/command.h"
#include "iommu/smmuv3/messages.h"
#include "iommu/smmuv3/register_file.h"

#include <cstdint>
#include <functional>

namespace iommusim::smmuv3 {

enum class InterruptSource : std::uint8_t { event_queue, page_request_queue, command_sync, global_error };

/// Takes a rising edge.
using WireSink = std::function<void(InterruptSource)>;

class Interrupts {
 public:
  /// `can_send`: IDR0.MSI.
  Interrupts(const RegisterFile& registers, Messages& messages, bool can_send)
      : registers_{registers}, messages_{messages}, can_send_{can_send} {}

  WireSink wire;

  /// What the source announces is visible now. Nothing happens while IRQ_CTRL has it disabled, and nothing is made up
  /// for later. False: its message met an external abort.
  bool raise(InterruptSource source);
  /// A CMD_SYNC with CS=IRQ is complete. False: as above.
  bool complete(const SyncCommand& sync);

 private:
  bool is_enabled(InterruptSource source) const;
  bool send(std::uint64_t address, std::uint32_t data);

  const RegisterFile& registers_;
  Messages& messages_;
  bool can_send_;
};

}  // namespace iommusim::smmuv3
