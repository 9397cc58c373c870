// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/control_pages.h"

namespace iommusim::smmuv3 {
namespace {

constexpr std::uint64_t page_size = RegisterFile::page_size;
/// Without a VATOS page the control pages are the first behind page 1.
constexpr std::uint64_t first_page = RegisterFile::block_size;
constexpr std::uint64_t first_description = 0x4000;
constexpr std::uint64_t description_size = 32;

/// CMDQ_CONTROL_PAGE_BASEn: the page's offset from page 0.
struct ControlPageBase : Word<64> {
  using Word::Word;
  struct ADDR : Field<55, 16> {};
  struct CMDQGS : Field<2, 1> {};
  struct CMDQ_CONTROL_PAGE_PRESET : Field<0, 0, bool> {};
};
static_assert(
    fields_disjoint<ControlPageBase::ADDR, ControlPageBase::CMDQGS, ControlPageBase::CMDQ_CONTROL_PAGE_PRESET>());

constexpr std::uint64_t granule_64k = 1;

std::uint64_t base_of(std::uint64_t page) {
  ControlPageBase base;
  base.set<ControlPageBase::ADDR>((first_page + page * page_size) >> ControlPageBase::ADDR::lo);
  base.set<ControlPageBase::CMDQGS>(granule_64k);
  base.set<ControlPageBase::CMDQ_CONTROL_PAGE_PRESET>(true);
  return base.raw();
}

}  // namespace

ControlPages::ControlPages(const UnitConfig& config) {
  if (config.ecmdq == 0) return;
  pages_ = config.ecmdq_pages;
  queues_per_page_ = config.ecmdq / config.ecmdq_pages;
}

bool ControlPages::is_in_page(std::uint64_t offset) const {
  return offset >= first_page && offset - first_page < pages_ * page_size;
}

bool ControlPages::is_described(std::uint64_t offset) const {
  return offset >= first_description && offset - first_description < pages_ * description_size;
}

std::optional<ControlPages::Place> ControlPages::place_of(std::uint64_t offset) const {
  if (!is_in_page(offset)) return std::nullopt;
  const std::uint64_t spacing = page_size / queues_per_page_;
  const std::uint64_t at = offset % spacing;
  if (at >= EnhancedCommandQueue::bytes) return std::nullopt;
  return Place{static_cast<std::uint32_t>((offset - first_page) / spacing),
               static_cast<EnhancedCommandQueue::Part>(at / sizeof(std::uint32_t))};
}

/// CFG.EN and STATUS.ENACK are always 1 (6.3.50, 6.3.51).
std::uint32_t ControlPages::describe(std::uint64_t offset) const {
  constexpr std::uint64_t base_low = 0x0;
  constexpr std::uint64_t base_high = 0x4;
  constexpr std::uint64_t cfg = 0x8;
  constexpr std::uint64_t status = 0xC;
  if (!is_described(offset)) return 0;
  const std::uint64_t base = base_of((offset - first_description) / description_size);
  switch (offset % description_size) {
    case base_low: return static_cast<std::uint32_t>(base);
    case base_high: return static_cast<std::uint32_t>(base >> 32);
    case cfg:
    case status: return 1;
    default: return 0;
  }
}

}  // namespace iommusim::smmuv3
