// SPDX-License-Identifier: Apache-2.0
#include "software/vmsa_paging_format.h"

namespace iommusim::software {

using smmuv3::DescriptorKind;
using smmuv3::Granule;
using smmuv3::Stage1Descriptor;
using smmuv3::Stage2Descriptor;
using smmuv3::TableGeometry;

namespace {

// Bits 1:0.
constexpr std::uint64_t block = 1;
constexpr std::uint64_t table_or_page = 3;

constexpr std::uint8_t outer_shareable = 2;
constexpr std::uint8_t inner_shareable = 3;
// AttrIndx, see vmsa_memory_attributes.
constexpr std::uint8_t write_back_index = 1;
constexpr std::uint8_t device_index = 2;
// Stage 2 MemAttr.
constexpr std::uint8_t write_back = 0xF;
constexpr std::uint8_t device_ngnre = 1;
/// XN[1:0]: at no privilege level.
constexpr std::uint8_t execute_never = 2;

std::uint64_t stage_1_bits(const LeafAttributes& attributes) {
  const bool is_device = attributes.memory == MemoryType::device;
  Stage1Descriptor leaf;
  leaf.set<Stage1Descriptor::AttrIndx>(is_device ? device_index : write_back_index);
  leaf.set<Stage1Descriptor::AP1>(true);
  leaf.set<Stage1Descriptor::AP2>(!attributes.permissions.write);
  leaf.set<Stage1Descriptor::SH>(is_device ? outer_shareable : inner_shareable);
  leaf.set<Stage1Descriptor::AF>(true);
  leaf.set<Stage1Descriptor::nG>(true);
  leaf.set<Stage1Descriptor::PXN>(is_device);
  leaf.set<Stage1Descriptor::UXN>(is_device);
  return leaf.raw();
}

std::uint64_t stage_2_bits(const LeafAttributes& attributes) {
  const bool is_device = attributes.memory == MemoryType::device;
  Stage2Descriptor leaf;
  leaf.set<Stage2Descriptor::MemAttr>(is_device ? device_ngnre : write_back);
  leaf.set<Stage2Descriptor::R>(attributes.permissions.read);
  leaf.set<Stage2Descriptor::W>(attributes.permissions.write);
  leaf.set<Stage2Descriptor::SH>(is_device ? outer_shareable : inner_shareable);
  leaf.set<Stage2Descriptor::AF>(true);
  if (is_device) leaf.set<Stage2Descriptor::XN>(execute_never);
  return leaf.raw();
}

}  // namespace

VmsaPagingFormat::VmsaPagingFormat(const TableGeometry& geometry, Stage stage, bool wide)
    : PagingFormat{{stage, smmuv3::last_level + 1 - geometry.start_level, static_cast<unsigned>(geometry.granule),
                    geometry.start_width()}},
      geometry_{geometry},
      wide_{wide} {}

/// The architecture counts levels from the top.
DescriptorKind VmsaPagingFormat::kind(std::uint64_t descriptor, unsigned level) const {
  const smmuv3::DescriptorFormat format{geometry_.granule, wide_};
  return format.kind_of(descriptor, smmuv3::last_level + 1 - level);
}

bool VmsaPagingFormat::allows_leaf(unsigned level) const {
  return level == 1 || kind(block, level) == DescriptorKind::leaf;
}

bool VmsaPagingFormat::is_present(PagingEntry entry) const {
  return (entry.raw() & block) != 0;
}

bool VmsaPagingFormat::is_leaf(PagingEntry entry, unsigned level) const {
  return kind(entry.raw(), level) == DescriptorKind::leaf;
}

PhysAddr VmsaPagingFormat::address_of(PagingEntry entry) const {
  const smmuv3::DescriptorFormat format{geometry_.granule, wide_};
  return PhysAddr{format.table_of(entry.raw())};
}

LeafAttributes VmsaPagingFormat::attributes_of(PagingEntry leaf) const {
  if (stage() == Stage::first) {
    const Stage1Descriptor first{leaf.raw()};
    const bool is_device = first.get<Stage1Descriptor::AttrIndx>() == device_index;
    return {{true, !first.get<Stage1Descriptor::AP2>()}, is_device ? MemoryType::device : MemoryType::normal};
  }
  const Stage2Descriptor second{leaf.raw()};
  const bool is_device = second.get<Stage2Descriptor::MemAttr>() == device_ngnre;
  return {{second.get<Stage2Descriptor::R>(), second.get<Stage2Descriptor::W>()},
          is_device ? MemoryType::device : MemoryType::normal};
}

PagingEntry VmsaPagingFormat::table_entry(PhysAddr table) const {
  return PagingEntry{address_bits(table) | table_or_page};
}

PagingEntry VmsaPagingFormat::leaf_entry(PhysAddr page, unsigned level, const LeafAttributes& attributes) const {
  const std::uint64_t bits = stage() == Stage::first ? stage_1_bits(attributes) : stage_2_bits(attributes);
  return PagingEntry{address_bits(page) | bits | (level == 1 ? table_or_page : block)};
}

/// Bits 51:48 of an address stand in bits 15:12, which the granule of 64 KiB leaves free.
std::uint64_t VmsaPagingFormat::address_bits(PhysAddr address) const {
  constexpr std::uint64_t low = 0x0000'FFFF'FFFF'F000;
  const bool has_high = wide_ && geometry_.granule == Granule::size_64k;
  return (address.value() & low) | (has_high ? address.value() >> 48 << 12 : 0);
}

}  // namespace iommusim::software
