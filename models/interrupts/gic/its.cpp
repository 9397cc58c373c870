// SPDX-License-Identifier: Apache-2.0
#include "interrupts/gic/its.h"

#include "base/endian.h"
#include "interrupts/gic/rules.h"

#include <array>

namespace iommusim::gic {

Its::Its(const ItsConfig& config, memory::PhysicalBus& bus, Redistributors& redistributors)
    : config_{config},
      bus_{bus},
      registers_{config},
      tables_{config, registers_, bus},
      execution_{config, tables_, redistributors} {}

std::uint64_t Its::read_register(std::uint64_t offset, unsigned width) const {
  return registers_.read(offset, width);
}

// A processor's write to GITS_TRANSLATER has no DeviceID: it is ignored.
void Its::write_register(std::uint64_t offset, unsigned width, std::uint64_t value) {
  using Effect = ItsRegisterFile::Effect;
  switch (registers_.write(offset, width, value)) {
    case Effect::none: return;
    case Effect::run_commands: break;
    case Effect::retry_command: {
      gits::CommandReader reader = registers_.reader();
      reader.set<gits::CommandReader::Stalled>(false);
      registers_.set_reader(reader);
      break;
    }
  }
  run_commands();
}

std::optional<std::uint32_t> Its::device_of(RequesterId requester) const {
  const auto masked = static_cast<std::uint16_t>(requester.raw() & config_.requester_mask);
  if (config_.devices.empty()) return masked;
  for (const DeviceMapping& mapping : config_.devices) {
    const auto first = mapping.first.raw();
    if (masked >= first && masked - std::uint32_t{first} < mapping.count) return mapping.device + (masked - first);
  }
  return std::nullopt;
}

DoorbellResult Its::decide_event(std::uint32_t device, std::uint32_t event) const {
  if (!registers_.is_enabled()) return dropped(rules::its_disabled);
  const EventTranslation translation = translate_event(tables_, device, event);
  if (translation.dropped != nullptr) return dropped(*translation.dropped);
  const Redistributor* redistributor = execution_.target(translation.target);
  return redistributor == nullptr ? dropped(rules::collection_unmapped) : redistributor->decide_set(translation.intid);
}

DoorbellResult Its::write_translater(std::uint32_t device, std::uint32_t event) {
  if (!registers_.is_enabled()) return dropped(rules::its_disabled);
  const EventTranslation translation = translate_event(tables_, device, event);
  if (translation.dropped != nullptr) return dropped(*translation.dropped);
  Redistributor* redistributor = execution_.target(translation.target);
  return redistributor == nullptr ? dropped(rules::collection_unmapped) : redistributor->set_pending(translation.intid);
}

/// A 16-bit write has bits 15:0 of the EventID.
Its::Incoming Its::receive(const Message& message) const {
  if (message.offset != gits::translater) return {&rules::not_a_doorbell};
  if (message.width != 2 && message.width != 4) return {&rules::message_size};
  const auto device = message.device ? message.device : device_of(message.requester);
  if (!device) return {&rules::no_device_id};
  return {nullptr, *device, message.width == 2 ? message.data & 0xFFFF : message.data};
}

DoorbellResult Its::decide_message(const Message& message) const {
  const Incoming incoming = receive(message);
  return incoming.dropped != nullptr ? dropped(*incoming.dropped) : decide_event(incoming.device, incoming.event);
}

DoorbellResult Its::send_message(const Message& message) {
  const Incoming incoming = receive(message);
  return incoming.dropped != nullptr ? dropped(*incoming.dropped) : write_translater(incoming.device, incoming.event);
}

// Commands cannot reach registers, so nothing is added to the queue meanwhile.
void Its::run_commands() {
  for (std::uint64_t left = registers_.queue().queue_bytes() / Command::bytes; left > 0 && has_commands(); --left) {
    const CommandError error = run_next();
    ++commands_;
    if (error == CommandError::none) continue;
    ++command_errors_;
    last_command_error_ = error;
    if (registers_.reader().get<gits::CommandReader::Stalled>()) return;
  }
}

// A GITS_CWRITER beyond the queue is unpredictable: nothing is executed.
bool Its::has_commands() const {
  const gits::CommandQueueBase& queue = registers_.queue();
  if (!registers_.is_enabled() || !queue.get<gits::CommandQueueBase::Valid>()) return false;
  const gits::CommandReader& reader = registers_.reader();
  const auto write = registers_.writer().get<gits::CommandWriter::Offset>();
  const bool in_queue = write < queue.queue_bytes() / Command::bytes;
  return in_queue && !reader.get<gits::CommandReader::Stalled>() && reader.get<gits::CommandReader::Offset>() != write;
}

/// Moves GITS_CREADR on, or stalls at the command.
CommandError Its::run_next() {
  using gits::CommandReader;
  const auto command = fetch();
  const CommandError error = command ? execution_.execute(*command) : CommandError::memory;
  CommandReader reader = registers_.reader();
  const bool stalls = error == CommandError::memory || config_.stalls_on_command_errors;
  if (error != CommandError::none && stalls) {
    reader.set<CommandReader::Stalled>(true);
  } else {
    const std::uint64_t places = registers_.queue().queue_bytes() / Command::bytes;
    reader.set<CommandReader::Offset>((reader.get<CommandReader::Offset>() + 1) % places);
  }
  registers_.set_reader(reader);
  return error;
}

std::optional<Command> Its::fetch() const {
  const auto& queue = registers_.queue();
  const PhysAddr address{(queue.raw() & gits::CommandQueueBase::PhysicalAddress::mask) +
                         registers_.reader().get<gits::CommandReader::Offset>() * Command::bytes};
  std::array<std::uint8_t, Command::bytes> bytes{};
  if (!bus_.read(address, bytes.data(), bytes.size())) return std::nullopt;
  Command command;
  for (std::size_t i = 0; i < Command::words; ++i)
    command.set_word(i, load_le<std::uint64_t>(&bytes[i * 8]));
  return command;
}

}  // namespace iommusim::gic
