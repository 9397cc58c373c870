// SPDX-License-Identifier: Apache-2.0
// The registers of one unit: values, software access by offset, hardware access by name.
#pragma once

#include "iommu/smmuv3/register_map.h"
#include "iommu/smmuv3/registers.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::smmuv3 {

/// Stores values and applies access rules and guards. What a write sets in motion is the business of the caller.
class RegisterFile {
 public:
  /// Pages 0 and 1, 64 KiB each.
  static constexpr std::uint64_t page_size = 0x1'0000;
  static constexpr std::uint64_t block_size = 2 * page_size;

  explicit RegisterFile(const UnitConfig& config);

  /// Bytes of the register at `offset`; 0 where none begins.
  unsigned width_at(std::uint64_t offset) const;

  /// Software's aligned doubleword access. Where nothing is, reads give 0 and writes are lost. A write tells which
  /// register was there, although its guard may have kept the value.
  std::uint32_t read(std::uint64_t offset) const;
  std::optional<RegisterId> write(std::uint64_t offset, std::uint32_t data);
  /// Software's access to a whole 64-bit register at once.
  std::optional<RegisterId> write_wide(std::uint64_t offset, std::uint64_t data);

  /// Hardware's own access.
  template <class R>
  R load(RegisterId id) const {
    return R{values_[static_cast<std::size_t>(id)]};
  }
  template <class R>
  void store(RegisterId id, const R& value) {
    values_[static_cast<std::size_t>(id)] = value.raw();
  }
  /// One field of CR0ACK: what is in force.
  template <class F>
  typename F::value_type in_force() const {
    return load<Control0>(RegisterId::cr0ack).get<F>();
  }

  /// An enhanced command queue was enabled, or disabled.
  void count_enhanced_queue(bool enabled) { enhanced_queues_ += enabled ? 1 : -1; }

 private:
  static constexpr std::uint8_t no_slot = 0xFF;

  std::uint8_t slot_at(std::uint64_t offset) const;
  RegisterId apply(std::uint8_t slot, std::uint64_t data, std::uint8_t byte_enables);
  /// Bits of the register that its guard protects now.
  std::uint64_t locked_bits(Guard guard) const;

  std::vector<RegisterSpec> specs_;
  std::array<std::uint64_t, register_ids> values_{};
  /// Index into specs_ for each doubleword of the block.
  std::vector<std::uint8_t> slots_by_dword_;
  /// Enhanced command queues that are enabled: they guard CR1.QUEUE_*, too (3.5.6.1).
  int enhanced_queues_ = 0;
};

}  // namespace iommusim::smmuv3
