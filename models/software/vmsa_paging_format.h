// SPDX-License-Identifier: Apache-2.0
// Descriptors of either stage as an SMMUv3 walks them (VMSAv8-64; SMMUv3 architecture, 3.4).
#pragma once

#include "iommu/smmuv3/table_descriptor.h"
#include "iommu/smmuv3/table_geometry.h"
#include "software/paging_format.h"

namespace iommusim::software {

/// Context descriptors must hold this in MAIR for what stage 1 leaves say of memory: index 0 normal non-cacheable, 1
/// normal write-back, 2 Device-nGnRE.
constexpr std::uint64_t vmsa_memory_attributes = 0x04'FF44;

/// Access flags are set from the beginning, and stage 1 leaves are of one ASID. Stage 1 cannot say that a page may only
/// be written. Device memory is never executed.
class VmsaPagingFormat final : public PagingFormat {
 public:
  /// `wide`: output addresses have 52 bits, where the granule is 64 KiB.
  VmsaPagingFormat(const smmuv3::TableGeometry& geometry, Stage stage, bool wide);

  const smmuv3::TableGeometry& geometry() const { return geometry_; }

  bool allows_leaf(unsigned level) const override;
  bool is_present(PagingEntry entry) const override;
  bool is_leaf(PagingEntry entry, unsigned level) const override;
  PhysAddr address_of(PagingEntry entry) const override;
  LeafAttributes attributes_of(PagingEntry leaf) const override;
  PagingEntry table_entry(PhysAddr table) const override;
  PagingEntry leaf_entry(PhysAddr page, unsigned level, const LeafAttributes& attributes) const override;

 private:
  smmuv3::DescriptorKind kind(std::uint64_t descriptor, unsigned level) const;
  std::uint64_t address_bits(PhysAddr address) const;

  smmuv3::TableGeometry geometry_;
  bool wide_;
};

}  // namespace iommusim::software
