// SPDX-License-Identifier: Apache-2.0
// The interrupts that reached a processor through a GIC.
#pragma once

#include "base/quantity.h"

#include <cstddef>
#include <cstdint>
#include <deque>

namespace iommusim::gic {

/// An interrupt that a processor took. It acknowledges at once: nothing delivered stays pending.
struct Delivery {
  std::uint32_t intid = 0;
  /// LPI: processor number of the redistributor. SPI: 0, where it goes is the distributor's affair.
  std::uint32_t processor = 0;
  /// LPI: Priority of its configuration, 0 (highest) to 0xFC. SPI: 0.
  std::uint8_t priority = 0;
  /// When, as last told by set_time().
  Duration time;
};

/// Counts every interrupt; keeps the last `kept` of them.
class DeliveryLog {
 public:
  static constexpr std::size_t kept = 4096;

  /// The time of what follows.
  void set_time(Duration now) { now_ = now; }
  void deliver(std::uint32_t intid, std::uint32_t processor, std::uint8_t priority) {
    ++delivered_;
    if (records_.size() == kept) records_.pop_front();
    records_.push_back({intid, processor, priority, now_});
  }

  std::uint64_t delivered() const { return delivered_; }
  const std::deque<Delivery>& records() const { return records_; }

 private:
  Duration now_;
  std::uint64_t delivered_ = 0;
  std::deque<Delivery> records_;
};

}  // namespace iommusim::gic
