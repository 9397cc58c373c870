// SPDX-License-Identifier: Apache-2.0
// The registers of one unit: values, software access by offset, hardware access by name.
#pragma once

#include "iommu/vtd/register_map.h"
#include "iommu/vtd/registers.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::vtd {

/// Stores values and applies access rules. What a write sets in motion is the business of the caller.
class RegisterFile {
 public:
  /// A register that software wrote.
  struct Written {
    RegisterId id;
    /// A command in a 64-bit register starts when its upper doubleword is written.
    bool upper_half;
  };

  explicit RegisterFile(const UnitConfig& config);

  /// Bytes, a multiple of 4 KiB.
  std::uint64_t block_size() const { return 4 * slots_by_dword_.size(); }

  /// Bytes of the register at `offset`; 0 where none begins.
  unsigned width_at(std::uint64_t offset) const;

  /// Software's aligned doubleword access. Where nothing is, reads give 0 and writes are lost.
  std::uint32_t read(std::uint64_t offset) const;
  std::optional<Written> write(std::uint64_t offset, std::uint32_t data);
  /// Software's access to a whole 64-bit register at once.
  std::optional<Written> write_wide(std::uint64_t offset, std::uint64_t data);

  /// Hardware's own access.
  template <class R>
  R load(RegisterId id) const {
    return R{values_[static_cast<std::size_t>(id)]};
  }
  template <class R>
  void store(RegisterId id, const R& value) {
    values_[static_cast<std::size_t>(id)] = value.raw();
  }

  unsigned fault_records() const { return fault_records_; }
  FaultRecord fault_record(unsigned index) const;
  void store_fault_record(unsigned index, const FaultRecord& record);

 private:
  static constexpr std::uint16_t no_slot = 0xFFFF;

  std::uint16_t slot_at(std::uint64_t offset) const;
  static std::size_t fault_record_slot(unsigned index);
  Written apply(std::uint16_t slot, std::uint64_t data, std::uint8_t byte_enables);

  std::vector<RegisterSpec> specs_;
  std::vector<std::uint64_t> values_;
  /// Index into specs_ for each doubleword of the block.
  std::vector<std::uint16_t> slots_by_dword_;
  unsigned fault_records_;
};

}  // namespace iommusim::vtd
