// SPDX-License-Identifier: Apache-2.0
// The command queue (SMMUv3 architecture, 4 and 7.1): commands in memory, fetched and executed in order.
#pragma once

#include "iommu/device_invalidations.h"
#include "iommu/smmuv3/command.h"
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
  CommandQueue(const UnitConfig& config, const CommandCollaborators& unit) : config_{config}, unit_{unit} {}

  /// Executes commands from CMDQ_CONS to CMDQ_PROD, until an error stops the queue or a device is to be waited for; so
  /// many at most as the indices can be apart, so that no guest can keep a register write from returning. Returns how
  /// many were consumed.
  std::uint64_t process();

  /// A device's Invalidate Completion; one that answers nothing that was asked is ignored. Returns how many commands
  /// were consumed after it.
  std::uint64_t complete(RequesterId device, std::uint32_t tag_vector);
  /// Devices owe completions.
  bool waits_for_devices() const { return sent_.any(); }
  /// They have owed them for too long: the next CMD_SYNC tells. Returns how many commands were consumed after that.
  std::uint64_t time_out();
  /// Invalidate Requests that were sent.
  std::uint64_t sent_to_devices() const { return sent_.mark(); }

 private:
  bool is_runnable() const;
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
  std::uint64_t producer() const { return unit_.registers.load<QueueIndexRegister>(RegisterId::cmdq_prod).raw(); }
  std::uint64_t consumer() const { return unit_.registers.load<CommandQueueConsumer>(RegisterId::cmdq_cons).raw(); }

  const UnitConfig& config_;
  CommandCollaborators unit_;
  iommu::DeviceInvalidations sent_;
  /// An Invalidate Request went unanswered since the last CMD_SYNC.
  bool timed_out_ = false;
  /// What a command tells software may come back as a register write; the queue is not entered twice.
  bool is_processing_ = false;
};

}  // namespace iommusim::smmuv3
