// SPDX-License-Identifier: Apache-2.0
// Protected memory regions (VT-d specification, 11.4.8): memory that no untranslated DMA reaches while
// PMEN.EPM is set.
#pragma once

#include "base/address.h"
#include "base/range.h"
#include "iommu/vtd/config.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::vtd {

class RegisterFile;

class ProtectedMemory {
 public:
  ProtectedMemory() = default;
  /// The regions as the registers describe them now.
  ProtectedMemory(const UnitConfig& config, const RegisterFile& registers);

  /// The access touches a protected byte.
  bool blocks(PhysAddr address, std::uint32_t size) const { return enabled_ && touches(address, size); }

  /// What is protected now.
  std::vector<Range<PhysAddr>> regions() const;

 private:
  bool touches(PhysAddr address, std::uint32_t size) const;

  bool enabled_ = false;
  std::optional<Range<PhysAddr>> low_;
  std::optional<Range<PhysAddr>> high_;
};

}  // namespace iommusim::vtd
