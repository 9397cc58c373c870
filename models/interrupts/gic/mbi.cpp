// SPDX-License-Identifier: Apache-2.0
#include "interrupts/gic/mbi.h"

#include "interrupts/gic/identification.h"
#include "interrupts/gic/rules.h"

#include <algorithm>

namespace iommusim::gic {
namespace {

template <class Set>
void mark(Set& set, const std::vector<SpiRange>& ranges) {
  for (const SpiRange& range : ranges)
    for (unsigned i = 0; i < range.count; ++i)
      set.set(range.first + i);
}

}  // namespace

MessageBasedInterrupts::MessageBasedInterrupts(const MbiConfig& config, DeliveryLog& log) : config_{config}, log_{log} {
  mark(settable_, config.ranges);
  mark(level_sensitive_, config.level_sensitive);
}

std::uint64_t MessageBasedInterrupts::read_register(std::uint64_t offset, unsigned width) const {
  if (width != 4 || offset % 4 != 0) return 0;
  if (offset == gicd::iidr) return implementation;
  if (offset >= identification_offset && offset < identification_offset + identification_size)
    return identification(offset, 3);
  if (offset != gicd::typer) return 0;
  gicd::Type type;
  type.set<gicd::Type::MBIS>(!config_.ranges.empty());
  type.set<gicd::Type::ITLinesNumber>(last_spi / 32);
  return type.raw();
}

void MessageBasedInterrupts::write_register(std::uint64_t offset, unsigned width, std::uint64_t value) {
  send_message({offset, width, static_cast<std::uint32_t>(value), RequesterId{}, {}});
}

DoorbellResult MessageBasedInterrupts::decide_message(const Message& message) const {
  const bool sets = message.offset == gicd::setspi_nsr;
  if (!sets && message.offset != gicd::clrspi_nsr) return dropped(rules::not_a_doorbell);
  if (message.width != 2 && message.width != 4) return dropped(rules::message_size);
  const std::uint32_t intid = gicd::SpiNumber{message.data}.get<gicd::SpiNumber::INTID>();
  if (intid > last_spi || !settable_.test(intid)) return dropped(rules::spi_out_of_range);
  // What is delivered is no longer pending, so an edge leaves nothing to clear.
  if (!sets) return dropped(rules::spi_cleared);
  DoorbellResult result;
  result.outcome = is_asserted(intid) ? DoorbellOutcome::pending : DoorbellOutcome::delivered;
  result.rule = is_asserted(intid) ? &rules::spi_merged : &rules::spi_raised;
  result.intid = intid;
  return result;
}

DoorbellResult MessageBasedInterrupts::send_message(const Message& message) {
  const DoorbellResult result = decide_message(message);
  const std::uint32_t intid = gicd::SpiNumber{message.data}.get<gicd::SpiNumber::INTID>();
  if (result.rule == &rules::spi_cleared) asserted_.reset(intid);
  if (result.outcome != DoorbellOutcome::delivered) return result;
  if (level_sensitive_.test(intid)) asserted_.set(intid);
  log_.deliver(result.intid, result.processor, result.priority);
  return result;
}

}  // namespace iommusim::gic
