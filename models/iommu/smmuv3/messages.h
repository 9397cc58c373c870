// SPDX-License-Identifier: Apache-2.0
// The 32-bit writes by which a unit tells something (SMMUv3 architecture, 3.18.2): message-signalled interrupts, and
// words that a processor polls. The unit does not translate them.
#pragma once

#include "base/address.h"
#include "interrupts/msi.h"
#include "memory/physical_bus.h"

#include <cstdint>
#include <functional>

namespace iommusim::smmuv3 {

using MessageSink = std::function<void(const interrupts::MsiMessage&)>;

class Messages {
 public:
  Messages(memory::PhysicalBus& bus, unsigned address_bits)
      : bus_{bus}, reachable_{(std::uint64_t{1} << address_bits) - 1} {}

  /// Where messages go that are not for memory.
  MessageSink sink;

  /// False: the write met an external abort. Addresses beyond the output size are truncated (3.4.3).
  bool send(std::uint64_t address, std::uint32_t data);
  /// For the sink, while it is called: nobody is at the message's address.
  void refuse() { refused_ = true; }

 private:
  memory::PhysicalBus& bus_;
  std::uint64_t reachable_;
  bool refused_ = false;
};

}  // namespace iommusim::smmuv3
