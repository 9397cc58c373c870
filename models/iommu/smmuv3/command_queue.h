// SPDX-License-Identifier: Apache-2.0
// A command queue (SMMUv3 architecture, 4 and 7.1): commands in memory, fetched and executed in order.
#pragma once

#include "iommu/device_invalidations.h"
#include "iommu/smmuv3/command.h"
#include "iommu/smmuv3/command_queue_registers.h"
#include "iommu/smmuv3/config.h"
#include "iommu/smmuv3/global_errors.h"
#include "iommu/smmuv3/interrupts.h"
#include "iommu/smmuv3/queue_index.h"
#include "iommu/smmuv3/register_file.h"
#include "iommu/smmuv3/stalls.h"
#include "iommu/smmuv3/translation_caches.h"
#include "memory/physical_bus.h"

#include <cstdint>
#include <functional>

namespace iommusim::smmuv3 {

/// Takes an Invalidate Request with its tag (ITag). The device may complete it before the call returns.
using DeviceInvalidationSink = std::function<void(const iommu::DeviceTlbInvalidation&, unsigned tag)>;
using PageResponseSink = std::function<void(const iommu::PageGroupResponse&)>;

/// The parts of the unit that commands work on.
struct CommandCollaborators {
  RegisterFile& registers;
  GlobalErrors& errors;
  Interrupts& interrupts;
  TranslationCaches& caches;
  Stalls& stalls;
  memory::PhysicalBus& bus;
  const DeviceInvalidationSink& device_invalidations;
  const PageResponseSink& page_responses;
};

class CommandQueue {
 public:
  /// `registers`, `unit` and `sent`, the requests that all queues of the unit have sent to devices, outlive the queue.
  CommandQueue(const UnitConfig& config, CommandQueueRegisters& registers, const CommandCollaborators& unit,
               iommu::DeviceInvalidations& sent)
      : config_{config}, registers_{registers}, unit_{unit}, sent_{sent} {}

  /// Enabled, without an error that software has not acknowledged, and not empty (4.1.2).
  bool is_runnable() const;
  /// Executes commands from the consumer's index to the producer's, until an error stops the queue or a device is to be
  /// waited for; in one round so many at most as the indices can be apart, so that no guest can keep a register write
  /// from returning. Returns how many were consumed.
  std::uint64_t process(std::uint64_t round);

  /// Devices have completed the requests of these tags, whoever sent them.
  void complete(std::uint32_t tag_vector) { owed_ &= ~tag_vector; }
  /// They have owed completions for too long: the next CMD_SYNC tells.
  void time_out();

 private:
  bool process_next();
  bool fetch(Command& command) const;
  bool execute(const Command& command);
  bool synchronize(const SyncCommand& sync);
  bool invalidate_device(const DeviceTlbCommand& command);
  void invalidate_tlb(const TlbCommand& command);
  void respond(const PageResponseCommand& command);
  void resume(const ResumeCommand& command);
  bool stop(CommandError error);
  void consume();
  bool is_translating() const { return unit_.registers.in_force<Control0::SMMUEN>(); }
  QueueGeometry geometry() const;
  std::uint64_t producer() const { return registers_.producer(); }
  std::uint64_t consumer() const { return registers_.consumer(); }

  const UnitConfig& config_;
  CommandQueueRegisters& registers_;
  CommandCollaborators unit_;
  iommu::DeviceInvalidations& sent_;
  /// Tags of this queue's Invalidate Requests that are not completed. Bit n: tag n.
  std::uint32_t owed_ = 0;
  /// An Invalidate Request went unanswered since the last CMD_SYNC.
  bool timed_out_ = false;
  /// The round that it runs in, and how many commands it may still take up there.
  std::uint64_t round_ = 0;
  std::uint64_t left_ = 0;
};

}  // namespace iommusim::smmuv3
