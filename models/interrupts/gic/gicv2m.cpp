// SPDX-License-Identifier: Apache-2.0
#include "interrupts/gic/gicv2m.h"

#include "interrupts/gic/rules.h"

namespace iommusim::gic {

std::uint64_t Gicv2m::read_register(std::uint64_t offset, unsigned width) const {
  if (width != 4) return 0;
  if (offset == v2m::iidr) return config_.implementation;
  if (offset != v2m::typer) return 0;
  v2m::Type type;
  type.set<v2m::Type::BaseSpi>(config_.first_spi);
  type.set<v2m::Type::Count>(config_.spis);
  return type.raw();
}

void Gicv2m::write_register(std::uint64_t offset, unsigned width, std::uint64_t value) {
  send_message({offset, width, static_cast<std::uint32_t>(value), RequesterId{}, {}});
}

/// Data bits above the INTID are ignored. SPIs of the frame are edges: none of them stays pending.
DoorbellResult Gicv2m::decide_message(const Message& message) const {
  if (message.offset != v2m::setspi_ns) return dropped(rules::not_a_doorbell);
  if (message.width != 2 && message.width != 4) return dropped(rules::message_size);
  const std::uint32_t intid = v2m::SetSpi{message.data}.get<v2m::SetSpi::INTID>();
  if (intid < config_.first_spi || intid - config_.first_spi >= config_.spis) return dropped(rules::spi_out_of_range);
  DoorbellResult result;
  result.outcome = DoorbellOutcome::delivered;
  result.rule = &rules::spi_raised;
  result.intid = intid;
  return result;
}

DoorbellResult Gicv2m::send_message(const Message& message) {
  const DoorbellResult result = decide_message(message);
  if (result.outcome == DoorbellOutcome::delivered) log_.deliver(result.intid, result.processor, result.priority);
  return result;
}

}  // namespace iommusim::gic
