// SPDX-License-Identifier: Apache-2.0
// What stage 1 descriptors allow (VMSAv8-64 permissions; SMMUv3 architecture, 13.4.1).
#pragma once

#include "iommu/smmuv3/permissions.h"
#include "iommu/smmuv3/stream_context.h"
#include "iommu/smmuv3/table_descriptor.h"

#include <cstdint>

namespace iommusim::smmuv3 {

/// What the table descriptors above a leaf take away. Also in CachedTranslation::hierarchy, as raw().
class TableRestrictions {
 public:
  constexpr TableRestrictions() = default;
  constexpr explicit TableRestrictions(std::uint8_t raw) : raw_{raw} {}

  /// APTable, UXNTable and PXNTable of one more table.
  constexpr void restrict_by(Stage1Descriptor table) {
    raw_ |= static_cast<std::uint8_t>(table.raw() >> Stage1Descriptor::PXNTable::lo & 0xF);
  }
  constexpr bool no_privileged_execute() const { return (raw_ & 1) != 0; }
  constexpr bool no_unprivileged_execute() const { return (raw_ & 2) != 0; }
  constexpr bool no_unprivileged() const { return (raw_ & 4) != 0; }
  constexpr bool no_write() const { return (raw_ & 8) != 0; }
  constexpr std::uint8_t raw() const { return raw_; }

 private:
  std::uint8_t raw_ = 0;
};

struct Stage1Permissions {
  /// As the descriptor is now.
  Permissions now;
  /// As it will be once dirty; equal to `now` unless the page is clean.
  Permissions once_dirty;
};

Stage1Permissions stage_1_permissions(const Stage1& stage, Regime regime, Stage1Descriptor leaf,
                                      TableRestrictions restrictions);

}  // namespace iommusim::smmuv3
