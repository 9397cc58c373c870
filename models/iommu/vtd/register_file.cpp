// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/register_file.h"

#include "base/address.h"

#include <algorithm>

namespace iommusim::vtd {

RegisterFile::RegisterFile(const UnitConfig& config)
    : specs_{registers_of(config)}, fault_records_{config.fault_records} {
  std::size_t end = 0;
  for (const RegisterSpec& spec : specs_)
    end = std::max<std::size_t>(end, spec.offset + spec.width);
  const std::size_t pages = (end + page_4k - 1) / page_4k;
  slots_by_dword_.assign(pages * page_4k / 4, no_slot);
  values_.reserve(specs_.size());
  for (std::size_t slot = 0; slot < specs_.size(); ++slot) {
    values_.push_back(specs_[slot].reset);
    for (unsigned byte = 0; byte < specs_[slot].width; byte += 4)
      slots_by_dword_[(specs_[slot].offset + byte) / 4u] = static_cast<std::uint16_t>(slot);
  }
}

std::uint16_t RegisterFile::slot_at(std::uint64_t offset) const {
  return offset < block_size() ? slots_by_dword_[offset / 4] : no_slot;
}

unsigned RegisterFile::width_at(std::uint64_t offset) const {
  const std::uint16_t slot = slot_at(offset);
  return slot != no_slot && specs_[slot].offset == offset ? specs_[slot].width : 0;
}

std::uint32_t RegisterFile::read(std::uint64_t offset) const {
  const std::uint16_t slot = slot_at(offset);
  if (slot == no_slot) return 0;
  const std::uint64_t shift = 8 * (offset - specs_[slot].offset);
  return static_cast<std::uint32_t>(readable(specs_[slot], values_[slot]) >> shift);
}

RegisterFile::Written RegisterFile::apply(std::uint16_t slot, std::uint64_t data, std::uint8_t byte_enables) {
  const RegisterSpec& spec = specs_[slot];
  values_[slot] = apply_write(spec, values_[slot], data, byte_enables);
  return {spec.id, (byte_enables & 0xF0) != 0};
}

std::optional<RegisterFile::Written> RegisterFile::write(std::uint64_t offset, std::uint32_t data) {
  const std::uint16_t slot = slot_at(offset);
  if (slot == no_slot) return std::nullopt;
  const bool upper = specs_[slot].offset != offset;
  return upper ? apply(slot, std::uint64_t{data} << 32, 0xF0) : apply(slot, data, 0x0F);
}

std::optional<RegisterFile::Written> RegisterFile::write_wide(std::uint64_t offset, std::uint64_t data) {
  const std::uint16_t slot = slot_at(offset);
  if (slot == no_slot) return std::nullopt;
  return apply(slot, data, 0xFF);
}

std::size_t RegisterFile::fault_record_slot(unsigned index) {
  constexpr auto first = static_cast<std::size_t>(RegisterId::frcd_low);
  return first + 2 * std::size_t{index};
}

FaultRecord RegisterFile::fault_record(unsigned index) const {
  const std::size_t slot = fault_record_slot(index);
  return FaultRecord{{values_[slot], values_[slot + 1]}};
}

void RegisterFile::store_fault_record(unsigned index, const FaultRecord& record) {
  const std::size_t slot = fault_record_slot(index);
  values_[slot] = record.word(0);
  values_[slot + 1] = record.word(1);
}

}  // namespace iommusim::vtd
