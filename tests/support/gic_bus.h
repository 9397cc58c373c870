// SPDX-License-Identifier: Apache-2.0
// A processor's view of a machine with DRAM, one ITS, its redistributors and a GICv2m frame.
#pragma once

#include "base/endian.h"
#include "interrupts/gic/gicv2m.h"
#include "interrupts/gic/its.h"
#include "support/memory_bus.h"

#include <cstdint>

namespace iommusim::tests {

class GicBus : public MemoryBus {
 public:
  GicBus(const gic::ItsConfig& its_config, const gic::RedistributorConfig& redistributor_config,
         const Range<PhysAddr>& dram, const gic::Gicv2mConfig& frame_config = {})
      : MemoryBus{dram},
        redistributors_{redistributor_config, memory(), log_},
        its_{its_config, memory(), redistributors_},
        frame_{frame_config, log_} {}

  gic::DeliveryLog& log() { return log_; }
  gic::Its& its() { return its_; }
  gic::Gicv2m& frame() { return frame_; }

  void load(PhysAddr address, void* to, std::size_t size) override {
    const gic::Doorbell* target = target_of(address);
    if (target == nullptr)
      MemoryBus::load(address, to, size);
    else if (size == 4)
      store_le(to, static_cast<std::uint32_t>(target->read_register(address - target->base(), 4)));
    else
      store_le(to, target->read_register(address - target->base(), 8));
  }

  void store(PhysAddr address, const void* from, std::size_t size) override {
    gic::Doorbell* target = target_of(address);
    if (target == nullptr) {
      MemoryBus::store(address, from, size);
      return;
    }
    const std::uint64_t value = size == 4 ? load_le<std::uint32_t>(from) : load_le<std::uint64_t>(from);
    target->write_register(address - target->base(), static_cast<unsigned>(size), value);
  }

 private:
  gic::Doorbell* target_of(PhysAddr address) {
    for (gic::Doorbell* target : {static_cast<gic::Doorbell*>(&its_), static_cast<gic::Doorbell*>(&redistributors_),
                                  static_cast<gic::Doorbell*>(&frame_)})
      if (address >= target->base() && address - target->base() < target->size()) return target;
    return nullptr;
  }

  gic::DeliveryLog log_;
  gic::Redistributors redistributors_;
  gic::Its its_;
  gic::Gicv2m frame_;
};

}  // namespace iommusim::tests
