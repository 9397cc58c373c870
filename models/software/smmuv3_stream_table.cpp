// SPDX-License-Identifier: Apache-2.0
#include "software/smmuv3_stream_table.h"

#include "base/quantity.h"
#include "software/driver_error.h"
#include "software/smmuv3_table_entries.h"

#include <algorithm>

namespace iommusim::software {

using smmuv3::Idr0;
using smmuv3::Idr1;
using smmuv3::L1StreamTableDescriptor;
using smmuv3::RegisterId;
using smmuv3::StreamTableBaseAddress;
using smmuv3::StreamTableConfig;
using smmuv3::StreamTableEntry;

namespace {

/// As in Linux: a second level of 256 entries, at most 2^17 of them.
constexpr std::uint8_t preferred_split = 8;
constexpr std::uint8_t widest_two_level = 25;
constexpr std::uint8_t two_level_format = 1;

constexpr std::size_t pages_of(std::uint64_t bytes) {
  return std::max<std::size_t>(bytes / page_4k, 1);
}

}  // namespace

StreamTable::StreamTable(Smmuv3Registers& registers, PageAllocator& pages)
    : registers_{registers},
      pages_{pages},
      log2_size_{static_cast<std::uint8_t>(registers.idr1().get<Idr1::SIDSIZE>())},
      split_{registers.idr0().get<Idr0::ST_LEVEL>() != 0 && log2_size_ > preferred_split ? preferred_split
                                                                                         : std::uint8_t{0}} {
  if (is_two_level()) log2_size_ = std::min(log2_size_, widest_two_level);
  table_ = pages.allocate_block(table_pages());
  if (is_two_level()) return;
  for (std::uint32_t stream = 0; has(stream); ++stream)
    clear(stream);
}

std::size_t StreamTable::table_pages() const {
  if (is_two_level()) return pages_of(std::uint64_t{L1StreamTableDescriptor::bytes} << (log2_size_ - split_));
  return pages_of(std::uint64_t{StreamTableEntry::bytes} << log2_size_);
}

void StreamTable::program() {
  StreamTableBaseAddress base{table_.value()};
  base.set<StreamTableBaseAddress::RA>(true);
  registers_.write(RegisterId::strtab_base, base);
  StreamTableConfig config;
  config.set<StreamTableConfig::LOG2SIZE>(log2_size_);
  config.set<StreamTableConfig::SPLIT>(split_);
  config.set<StreamTableConfig::FMT>(is_two_level() ? two_level_format : std::uint8_t{0});
  registers_.write(RegisterId::strtab_base_cfg, config);
}

bool StreamTable::has(std::uint32_t stream) const {
  return std::uint64_t{stream} >> log2_size_ == 0;
}

/// What an entry that refuses all has beside V and Config, the unit does not look at (5.2): so the first word, written
/// last, switches from the old to the new.
void StreamTable::write(std::uint32_t stream, const StreamTableEntry& entry) {
  const PhysAddr address = entry_address(stream);
  for (std::size_t i = StreamTableEntry::words; i-- > 0;)
    registers_.bus().store64(address + 8 * i, entry.word(i));
}

void StreamTable::clear(std::uint32_t stream) {
  registers_.bus().store64(entry_address(stream), abort_entry().word(0));
}

PhysAddr StreamTable::entry_address(std::uint32_t stream) {
  if (!has(stream))
    throw DriverError("StreamID " + format_hex(stream) + " has more than " + std::to_string(log2_size_) + " bits");
  if (!is_two_level()) return table_ + std::uint64_t{stream} * StreamTableEntry::bytes;
  const PhysAddr slot = table_ + std::uint64_t{stream >> split_} * L1StreamTableDescriptor::bytes;
  L1StreamTableDescriptor descriptor{registers_.bus().load64(slot)};
  if (descriptor.get<L1StreamTableDescriptor::Span>() == 0) {
    descriptor = L1StreamTableDescriptor{make_leaf().value()};
    descriptor.set<L1StreamTableDescriptor::Span>(static_cast<std::uint8_t>(split_ + 1));
    registers_.bus().store64(slot, descriptor.raw());
  }
  const std::uint32_t index = stream & ((1U << split_) - 1);
  return PhysAddr{descriptor.raw() & L1StreamTableDescriptor::l2_pointer} +
         std::uint64_t{index} * StreamTableEntry::bytes;
}

PhysAddr StreamTable::make_leaf() {
  const std::uint64_t bytes = std::uint64_t{StreamTableEntry::bytes} << split_;
  const PhysAddr leaf = pages_.allocate_block(pages_of(bytes));
  for (std::uint64_t offset = 0; offset < bytes; offset += StreamTableEntry::bytes)
    registers_.bus().store64(leaf + offset, abort_entry().word(0));
  return leaf;
}

}  // namespace iommusim::software
