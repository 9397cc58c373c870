// SPDX-License-Identifier: Apache-2.0
// Table entries of either stage as VT-d walks them (VT-d specification, 3.6, 3.7, 9.7 and 9.8).
#pragma once

#include "software/paging_format.h"

namespace iommusim::software {

/// What the unit can walk.
struct TableFormat {
  /// 3, 4 or 5.
  unsigned levels = 4;
  /// CAP.SLLPS.
  bool pages_2m = false;
  bool pages_1g = false;
  Stage stage = Stage::second;
};

/// All memory is normal: what it is like, the processors' own tables and MTRRs say.
class VtdPagingFormat final : public PagingFormat {
 public:
  explicit VtdPagingFormat(const TableFormat& format);

  bool allows_leaf(unsigned level) const override;
  bool is_present(PagingEntry entry) const override;
  bool is_leaf(PagingEntry entry, unsigned level) const override;
  PhysAddr address_of(PagingEntry entry) const override;
  LeafAttributes attributes_of(PagingEntry leaf) const override;
  PagingEntry table_entry(PhysAddr table) const override;
  PagingEntry leaf_entry(PhysAddr page, unsigned level, const LeafAttributes& attributes) const override;

 private:
  PagingEntry entry(PhysAddr address, Permissions permissions) const;

  bool pages_2m_;
  bool pages_1g_;
};

}  // namespace iommusim::software
