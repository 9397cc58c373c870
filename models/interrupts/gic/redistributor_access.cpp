// SPDX-License-Identifier: Apache-2.0
// The registers of a redistributor (GICv3 architecture, 12.11).
#include "interrupts/gic/identification.h"
#include "interrupts/gic/redistributor.h"
#include "interrupts/gic/register_access.h"

#include <algorithm>

namespace iommusim::gic {

using gicr::Control;
using gicr::LpiNumber;
using gicr::PendingBase;
using gicr::PropertiesBase;

std::uint64_t Redistributor::read_register(std::uint64_t offset, unsigned width) const {
  if (!is_register_access(offset, width)) return 0;
  if (offset >= identification_offset && offset < identification_offset + identification_size)
    return width == 4 ? identification(offset, 3) : 0;
  return part_of(wide_register(offset & ~std::uint64_t{7}), offset, width);
}

std::uint64_t Redistributor::wide_register(std::uint64_t offset) const {
  switch (offset) {
    case gicr::ctlr: return control_.raw() | std::uint64_t{implementation} << 32;
    case gicr::typer: {
      gicr::Type type;
      type.set<gicr::Type::PLPIS>(true);
      type.set<gicr::Type::DirectLPI>(config_.direct_lpi);
      type.set<gicr::Type::Last>(processor_ + 1 == config_.processors);
      type.set<gicr::Type::ProcessorNumber>(processor_);
      // Aff0 holds up to 256 processors.
      type.set<gicr::Type::Affinity>(processor_);
      return type.raw();
    }
    case gicr::propbaser: return properties_base_.raw();
    case gicr::pendbaser: return pending_base_.raw();
    default: return 0;
  }
}

// Changing a table's base while LPIs are enabled is unpredictable: it is ignored here.
void Redistributor::write_register(std::uint64_t offset, unsigned width, std::uint64_t value) {
  if (!is_register_access(offset, width)) return;
  switch (offset & ~std::uint64_t{7}) {
    case gicr::ctlr:
      if (offset == gicr::ctlr) write_control(static_cast<std::uint32_t>(value));
      return;
    case gicr::propbaser:
      if (is_enabled()) return;
      value = merged(properties_base_.raw(), offset, width, value);
      properties_base_ = PropertiesBase{value & PropertiesBase::writable};
      return;
    case gicr::pendbaser: {
      if (is_enabled()) return;
      value = merged(pending_base_.raw(), offset, width, value);
      if (width == 8 || offset % 8 != 0) pending_table_is_zero_ = PendingBase{value}.get<PendingBase::PTZ>();
      pending_base_ = PendingBase{value & PendingBase::writable};
      return;
    }
    default: act(offset, value);
  }
}

/// The registers that start something. Without direct LPIs they belong to the ITS's commands and are absent.
void Redistributor::act(std::uint64_t offset, std::uint64_t value) {
  if (!config_.direct_lpi) return;
  const auto intid = static_cast<std::uint32_t>(LpiNumber{value}.get<LpiNumber::INTID>());
  switch (offset) {
    case gicr::setlpir: set_pending(intid); return;
    case gicr::clrlpir: clear_pending(intid); return;
    case gicr::invlpir: invalidate(intid); return;
    case gicr::invallr: invalidate_all(); return;
    default: return;
  }
}

void Redistributor::write_control(std::uint32_t value) {
  const bool was_enabled = is_enabled();
  control_.set<Control::EnableLPIs>(Control{value}.get<Control::EnableLPIs>());
  if (!was_enabled && is_enabled()) load_tables();
}

/// EnableLPIs becomes 1.
void Redistributor::load_tables() {
  tables_.properties = PhysAddr{properties_base_.raw() & PropertiesBase::PhysicalAddress::mask};
  tables_.pending = PhysAddr{pending_base_.raw() & PendingBase::PhysicalAddress::mask};
  const auto bits = static_cast<unsigned>(properties_base_.get<PropertiesBase::IDbits>()) + 1;
  tables_.interrupt_bits = std::min(bits, config_.interrupt_bits);
  std::fill(cache_.begin(), cache_.end(), CachedConfiguration{});
  waiting_ = 0;
  if (pending_table_is_zero_) return;
  tables_.for_each_pending(bus_, [this](std::uint32_t) { ++waiting_; });
  deliver_enabled();
}

}  // namespace iommusim::gic
