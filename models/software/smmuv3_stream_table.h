// SPDX-License-Identifier: Apache-2.0
// The stream table as an operating system builds it: of two levels where the unit walks them (SMMUv3 architecture,
// 3.3.1 and 5.1).
#pragma once

#include "iommu/smmuv3/stream_table_entry.h"
#include "software/page_allocator.h"
#include "software/smmuv3_registers.h"

#include <cstdint>

namespace iommusim::software {

/// Streams that were never written are refused: without an event where their entry exists.
class StreamTable {
 public:
  /// Both must outlive it. As in Linux, fewer than 9 bits of StreamID make a linear table.
  StreamTable(Smmuv3Registers& registers, PageAllocator& pages);

  /// STRTAB_BASE and STRTAB_BASE_CFG. CR0.SMMUEN must be 0.
  void program();
  bool has(std::uint32_t stream) const;
  /// The stream's entry must refuse all. The unit may keep the old entry until CMD_CFGI_STE.
  void write(std::uint32_t stream, const smmuv3::StreamTableEntry& entry);
  /// The entry refuses all from here on. The same holds.
  void clear(std::uint32_t stream);

 private:
  bool is_two_level() const { return split_ != 0; }
  std::size_t table_pages() const;
  PhysAddr entry_address(std::uint32_t stream);
  PhysAddr make_leaf();

  Smmuv3Registers& registers_;
  PageAllocator& pages_;
  std::uint8_t log2_size_;
  /// StreamID bits of the second level; 0: the table is linear.
  std::uint8_t split_;
  PhysAddr table_;
};

}  // namespace iommusim::software
