// SPDX-License-Identifier: Apache-2.0
// What a command queue is run by (SMMUv3 architecture, 3.5.6 and 4.1): every queue has a base, two indices and a way to
// tell of an error, and they lie in other registers.
#pragma once

#include "iommu/smmuv3/registers.h"

#include <cstdint>

namespace iommusim::smmuv3 {

class CommandQueueRegisters {
 public:
  CommandQueueRegisters() = default;
  virtual ~CommandQueueRegisters() = default;
  CommandQueueRegisters(const CommandQueueRegisters&) = delete;
  CommandQueueRegisters& operator=(const CommandQueueRegisters&) = delete;

  /// Enabled, and without an error that software has not acknowledged.
  virtual bool may_consume() const = 0;
  virtual QueueBase base() const = 0;
  /// Index and wrap bit; what stands above them does not count.
  virtual std::uint64_t producer() const = 0;
  virtual std::uint64_t consumer() const = 0;
  /// The command before `index` is consumed.
  virtual void consume(std::uint32_t index) = 0;
  /// The command at the consumer's index cannot be. The reason is there before anybody is told (7.1).
  virtual void report(CommandError error) = 0;
};

}  // namespace iommusim::smmuv3
