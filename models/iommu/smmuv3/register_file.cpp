// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/register_file.h"

#include "iommu/smmuv3/id_registers.h"

namespace iommusim::smmuv3 {
namespace {

/// SHCFG: use incoming. What GBPA resets to is the implementation's choice; this lets everything pass as it comes.
constexpr std::uint64_t gbpa_reset = std::uint64_t{1} << GlobalBypassAttribute::SHCFG::lo;

}  // namespace

RegisterFile::RegisterFile(const UnitConfig& config)
    : specs_{registers_of(config)}, slots_by_dword_(block_size / 4, no_slot) {
  for (std::size_t slot = 0; slot < specs_.size(); ++slot)
    for (unsigned byte = 0; byte < specs_[slot].width; byte += 4) {
      const std::uint64_t offset = specs_[slot].offset + byte;
      slots_by_dword_[offset / 4] = static_cast<std::uint8_t>(slot);
      // The registers of page 1 can be reached through page 0, too.
      slots_by_dword_[offset % page_size / 4] = static_cast<std::uint8_t>(slot);
    }
  store(RegisterId::idr0, idr0_of(config));
  store(RegisterId::idr1, idr1_of(config));
  store(RegisterId::idr3, idr3_of(config));
  store(RegisterId::idr5, idr5_of(config));
  store(RegisterId::idr6, idr6_of(config));
  store(RegisterId::iidr, Word<32>{config.implementation});
  store(RegisterId::aidr, aidr_of(config));
  store(RegisterId::gbpa, GlobalBypassAttribute{gbpa_reset});
}

std::uint8_t RegisterFile::slot_at(std::uint64_t offset) const {
  return offset < block_size ? slots_by_dword_[offset / 4] : no_slot;
}

unsigned RegisterFile::width_at(std::uint64_t offset) const {
  const std::uint8_t slot = slot_at(offset);
  return slot != no_slot && specs_[slot].offset % page_size == offset % page_size ? specs_[slot].width : 0;
}

std::uint32_t RegisterFile::read(std::uint64_t offset) const {
  const std::uint8_t slot = slot_at(offset);
  if (slot == no_slot) return 0;
  const std::uint64_t byte = offset % page_size - specs_[slot].offset % page_size;
  return static_cast<std::uint32_t>(values_[slot] >> (8 * byte));
}

std::optional<RegisterId> RegisterFile::write(std::uint64_t offset, std::uint32_t data) {
  const std::uint8_t slot = slot_at(offset);
  if (slot == no_slot) return std::nullopt;
  const bool upper = specs_[slot].offset % page_size != offset % page_size;
  return upper ? apply(slot, std::uint64_t{data} << 32, 0xF0) : apply(slot, data, 0x0F);
}

std::optional<RegisterId> RegisterFile::write_wide(std::uint64_t offset, std::uint64_t data) {
  const std::uint8_t slot = slot_at(offset);
  if (slot == no_slot) return std::nullopt;
  return apply(slot, data, 0xFF);
}

RegisterId RegisterFile::apply(std::uint8_t slot, std::uint64_t data, std::uint8_t byte_enables) {
  const RegisterSpec& spec = specs_[slot];
  values_[slot] = apply_write(spec, values_[slot], data, byte_enables, locked_bits(spec.guard));
  return spec.id;
}

/// A guard is off when both the enable bit and its ACK are 0.
std::uint64_t RegisterFile::locked_bits(Guard guard) const {
  const Control0 cr0{load<Control0>(RegisterId::cr0).raw() | load<Control0>(RegisterId::cr0ack).raw()};
  const InterruptControl irq{load<InterruptControl>(RegisterId::irq_ctrl).raw() |
                             load<InterruptControl>(RegisterId::irq_ctrlack).raw()};
  const auto all_if = [](bool locked) { return locked ? ~std::uint64_t{0} : 0; };
  const bool queues = cr0.get<Control0::CMDQEN>() || cr0.get<Control0::EVENTQEN>() || cr0.get<Control0::PRIQEN>() ||
                      enhanced_queues_ != 0;
  switch (guard) {
    case Guard::none: break;
    case Guard::smmuen: return all_if(cr0.get<Control0::SMMUEN>());
    case Guard::cmdqen: return all_if(cr0.get<Control0::CMDQEN>());
    case Guard::eventqen: return all_if(cr0.get<Control0::EVENTQEN>());
    case Guard::priqen: return all_if(cr0.get<Control0::PRIQEN>());
    case Guard::gerror_irqen: return all_if(irq.get<InterruptControl::GERROR_IRQEN>());
    case Guard::eventq_irqen: return all_if(irq.get<InterruptControl::EVENTQ_IRQEN>());
    case Guard::priq_irqen: return all_if(irq.get<InterruptControl::PRIQ_IRQEN>());
    case Guard::tables_and_queues:
      return (all_if(cr0.get<Control0::SMMUEN>()) & Control1::Table::mask) | (all_if(queues) & Control1::Queue::mask);
  }
  return 0;
}

}  // namespace iommusim::smmuv3
