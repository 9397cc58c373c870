// SPDX-License-Identifier: Apache-2.0
// The LPI configuration and pending tables of one redistributor in memory (GICv3 architecture, 5.1).
#pragma once

#include "interrupts/gic/interrupt_ids.h"
#include "interrupts/gic/redistributor_registers.h"
#include "memory/physical_bus.h"

#include <array>
#include <cstdint>
#include <optional>

namespace iommusim::gic {

/// What the registers say of the tables.
struct LpiTables {
  PhysAddr properties;
  PhysAddr pending;
  /// Width of the INTIDs; below least_interrupt_bits there are no LPIs.
  unsigned interrupt_bits = 0;

  bool has(std::uint32_t intid) const { return is_lpi(intid, interrupt_bits); }

  /// nullopt: no memory answers.
  std::optional<gicr::LpiConfiguration> configuration(const memory::PhysicalBus& bus, std::uint32_t intid) const {
    std::uint8_t byte = 0;
    if (!bus.read(properties + (intid - first_lpi), &byte, 1)) return std::nullopt;
    return gicr::LpiConfiguration{byte};
  }
  std::optional<bool> is_pending(const memory::PhysicalBus& bus, std::uint32_t intid) const {
    std::uint8_t byte = 0;
    if (!bus.read(pending + intid / 8, &byte, 1)) return std::nullopt;
    return (byte >> intid % 8 & 1) != 0;
  }
  /// False: no memory answers.
  bool set_pending(memory::PhysicalBus& bus, std::uint32_t intid, bool value) const {
    std::uint8_t byte = 0;
    if (!bus.read(pending + intid / 8, &byte, 1)) return false;
    const unsigned bit = 1U << intid % 8;
    byte = static_cast<std::uint8_t>(value ? byte | bit : byte & ~bit);
    return bus.write(pending + intid / 8, &byte, 1);
  }

  /// Calls use(intid) for each pending LPI in ascending order. What cannot be read has none.
  template <class Use>
  void for_each_pending(const memory::PhysicalBus& bus, Use use) const {
    if (interrupt_bits < least_interrupt_bits) return;
    constexpr std::uint32_t lpis_per_block = 4096;
    const std::uint32_t end = std::uint32_t{1} << interrupt_bits;
    for (std::uint32_t block = first_lpi; block < end; block += lpis_per_block) {
      std::array<std::uint8_t, lpis_per_block / 8> bytes{};
      if (!bus.read(pending + block / 8, bytes.data(), bytes.size())) continue;
      for (std::uint32_t i = 0; i < lpis_per_block; ++i)
        if ((bytes[i / 8] >> i % 8 & 1) != 0) use(block + i);
    }
  }
};

}  // namespace iommusim::gic
