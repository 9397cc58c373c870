// SPDX-License-Identifier: Apache-2.0
// The register block as data (SMMUv3 architecture, 6.2): where each register lies, what software may do to its bits,
// and which enable bit guards it.
#pragma once

#include "iommu/smmuv3/config.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace iommusim::smmuv3 {

/// Every register, in the order of register_table.
enum class RegisterId : std::uint8_t {
  idr0,
  idr1,
  idr2,
  idr3,
  idr4,
  idr5,
  iidr,
  aidr,
  cr0,
  cr0ack,
  cr1,
  cr2,
  statusr,
  gbpa,
  irq_ctrl,
  irq_ctrlack,
  gerror,
  gerrorn,
  gerror_irq_cfg0,
  gerror_irq_cfg1,
  gerror_irq_cfg2,
  strtab_base,
  strtab_base_cfg,
  cmdq_base,
  cmdq_prod,
  cmdq_cons,
  eventq_base,
  eventq_prod,
  eventq_cons,
  eventq_irq_cfg0,
  eventq_irq_cfg1,
  eventq_irq_cfg2,
  priq_base,
  priq_prod,
  priq_cons,
  priq_irq_cfg0,
  priq_irq_cfg1,
  priq_irq_cfg2,
  idr6,
};
constexpr std::size_t register_ids = static_cast<std::size_t>(RegisterId::idr6) + 1;

/// Which enable bit, with its ACK, must be 0 for a write to count (6.3: the guard of each register).
enum class Guard : std::uint8_t {
  none,
  smmuen,
  cmdqen,
  eventqen,
  priqen,
  gerror_irqen,
  eventq_irqen,
  priq_irqen,
  /// CR1: TABLE_* by SMMUEN, QUEUE_* by all queues.
  tables_and_queues,
};

/// What a unit must have for the register to exist; without it the register reads 0 and ignores writes.
enum class Needs : std::uint8_t { nothing, messages, page_requests, messages_and_page_requests };

/// One register: every bit that `read_write` does not name is read-only.
struct RegisterSpec {
  RegisterId id;
  std::string_view name;
  /// From page 0; page 1 begins at 0x10000.
  std::uint32_t offset;
  /// Bytes: 4 or 8.
  std::uint8_t width;
  /// Bits that keep what is written.
  std::uint64_t read_write;
  /// A write counts only with this bit set, which then reads 0 again: the update is done (GBPA.Update).
  std::uint64_t update;
  Guard guard;
  Needs needs;
  std::string_view section;
};

/// The registers as the architecture has them.
extern const std::array<RegisterSpec, register_ids> register_table;

/// The registers of one unit, in the order of RegisterId: masks are narrowed to what the unit implements.
std::vector<RegisterSpec> registers_of(const UnitConfig& config);

/// The value after software wrote the bytes of `data` that `byte_enables` (bit n: byte n) selects. `locked`: bits that
/// the register's guard protects now.
constexpr std::uint64_t apply_write(const RegisterSpec& spec, std::uint64_t old, std::uint64_t data,
                                    std::uint8_t byte_enables, std::uint64_t locked) {
  std::uint64_t written = 0;
  for (unsigned byte = 0; byte < spec.width; ++byte)
    if ((byte_enables >> byte & 1) != 0) written |= std::uint64_t{0xFF} << (8 * byte);
  if ((data & written & spec.update) != spec.update) return old;
  const std::uint64_t taken = spec.read_write & written & ~locked;
  return (old & ~taken) | (data & taken);
}

}  // namespace iommusim::smmuv3
