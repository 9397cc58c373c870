// SPDX-License-Identifier: Apache-2.0
// The command queues of a unit: the one that every unit has and, with IDR1.ECMDQ, the enhanced ones (SMMUv3
// architecture, 3.5.6). Between queues there is no order; one that becomes ready runs after the one that runs now.
#pragma once

#include "iommu/device_invalidations.h"
#include "iommu/smmuv3/command_queue.h"
#include "iommu/smmuv3/control_pages.h"
#include "iommu/smmuv3/enhanced_command_queue.h"
#include "iommu/smmuv3/main_command_queue.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace iommusim::smmuv3 {

class CommandQueues {
 public:
  CommandQueues(const UnitConfig& config, const CommandCollaborators& unit);
  ~CommandQueues() = default;
  CommandQueues(const CommandQueues&) = delete;
  CommandQueues& operator=(const CommandQueues&) = delete;

  /// Software may have given the main queue something to do. Returns how many commands were consumed, in whatever
  /// queue; 0 within a command, whose caller counts them.
  std::uint64_t run_main() { return run(main_queue); }

  /// Registers of enhanced queues, by aligned doublewords.
  bool contains(std::uint64_t offset) const { return pages_.contains(offset); }
  std::uint32_t read(std::uint64_t offset) const;
  /// Returns how many commands were consumed.
  std::uint64_t write(std::uint64_t offset, std::uint32_t data);

  /// A device's Invalidate Completion; one that answers nothing that was asked is ignored. Returns how many commands
  /// were consumed after it.
  std::uint64_t complete(RequesterId device, std::uint32_t tag_vector);
  /// Devices owe completions.
  bool waits_for_devices() const { return sent_.any(); }
  /// They have owed them for too long: the next CMD_SYNC of each queue that asked tells. Returns how many commands were
  /// consumed after that.
  std::uint64_t time_out();
  /// Invalidate Requests that were sent.
  std::uint64_t sent_to_devices() const { return sent_.mark(); }

 private:
  static constexpr std::size_t main_queue = 0;

  std::uint64_t run(std::size_t queue);
  std::uint64_t run_all();
  void wake(std::size_t queue);
  std::uint64_t drain();

  ControlPages pages_;
  MainCommandQueue main_;
  std::deque<EnhancedCommandQueue> enhanced_;
  iommu::DeviceInvalidations sent_;
  /// The main queue, and then the enhanced ones.
  std::vector<CommandQueue> queues_;
  /// Queues that are to run, in this order, each once.
  std::vector<std::size_t> waiting_;
  /// What a command tells software may come back as a register write.
  bool is_running_ = false;
  std::uint64_t round_ = 0;
};

}  // namespace iommusim::smmuv3
