// SPDX-License-Identifier: Apache-2.0
// The registers of a captured IOMMU, by their names.
#pragma once

#include "iommu/unit.h"

#include <cstdint>
#include <map>
#include <string>

namespace iommusim::platforms {

struct CapturedRegister {
  std::uint64_t offset = 0;
  unsigned width = 0;
  std::uint64_t value = 0;
};

struct CapturedRegisters {
  std::string file;
  /// Of an SMMUv3; otherwise of a VT-d unit.
  bool of_smmu = false;
  /// Where the register block begins.
  PhysAddr base;
  std::map<std::string, CapturedRegister> by_name;

  /// nullptr: it was not captured.
  const CapturedRegister* find(const std::string& name) const;
  /// Throws InputError when it was not captured.
  const CapturedRegister& need(const std::string& name) const;
};

/// Reads registers.json. Throws InputError for what is missing or wrong.
CapturedRegisters read_captured_registers(const std::string& file);

/// Writes what was captured to the same place of `unit`. What was not captured keeps its reset value.
void restore_register(const CapturedRegisters& registers, const std::string& name, iommu::Unit& unit);

}  // namespace iommusim::platforms
