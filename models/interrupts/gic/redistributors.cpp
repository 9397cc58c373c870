// SPDX-License-Identifier: Apache-2.0
#include "interrupts/gic/redistributors.h"

#include "interrupts/gic/rules.h"

namespace iommusim::gic {

Redistributors::Redistributors(const RedistributorConfig& config, memory::PhysicalBus& bus, DeliveryLog& log)
    : config_{config} {
  redistributors_.reserve(config.processors);
  for (std::uint32_t processor = 0; processor < config.processors; ++processor)
    redistributors_.emplace_back(config, processor, bus, log);
}

const Redistributor* Redistributors::of_processor(std::uint64_t processor) const {
  return processor < redistributors_.size() ? &redistributors_[processor] : nullptr;
}

Redistributor* Redistributors::of_processor(std::uint64_t processor) {
  return processor < redistributors_.size() ? &redistributors_[processor] : nullptr;
}

/// Beyond the last: no redistributor begins there.
std::size_t Redistributors::index_of_frame(std::uint64_t frame) const {
  const std::uint64_t offset = (frame << 16) - config_.register_base.value();
  return offset % gicr::frame_size == 0 ? offset / gicr::frame_size : redistributors_.size();
}

const Redistributor* Redistributors::at_frame(std::uint64_t frame) const {
  return of_processor(index_of_frame(frame));
}

Redistributor* Redistributors::at_frame(std::uint64_t frame) {
  return of_processor(index_of_frame(frame));
}

std::uint64_t Redistributors::read_register(std::uint64_t offset, unsigned width) const {
  const Redistributor* redistributor = of_processor(offset / gicr::frame_size);
  return redistributor == nullptr ? 0 : redistributor->read_register(offset % gicr::frame_size, width);
}

void Redistributors::write_register(std::uint64_t offset, unsigned width, std::uint64_t value) {
  Redistributor* redistributor = of_processor(offset / gicr::frame_size);
  if (redistributor != nullptr) redistributor->write_register(offset % gicr::frame_size, width, value);
}

DoorbellResult Redistributors::decide_message(const Message& message) const {
  const Redistributor* redistributor = of_processor(message.offset / gicr::frame_size);
  const std::uint64_t offset = message.offset % gicr::frame_size;
  const bool is_doorbell = offset == gicr::setlpir || offset == gicr::clrlpir;
  if (redistributor == nullptr || !is_doorbell || !config_.direct_lpi) return dropped(rules::not_a_doorbell);
  if (message.width != 4 && message.width != 8) return dropped(rules::message_size);
  if (offset == gicr::clrlpir) return dropped(rules::lpi_cleared);
  return redistributor->decide_set(message.data);
}

DoorbellResult Redistributors::send_message(const Message& message) {
  const DoorbellResult decided = decide_message(message);
  Redistributor* redistributor = of_processor(message.offset / gicr::frame_size);
  if (decided.rule == &rules::lpi_cleared) redistributor->clear_pending(message.data);
  const bool sets = decided.outcome == DoorbellOutcome::delivered || decided.outcome == DoorbellOutcome::pending;
  return sets ? redistributor->set_pending(message.data) : decided;
}

}  // namespace iommusim::gic
