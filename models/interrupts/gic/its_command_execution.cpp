// SPDX-License-Identifier: Apache-2.0
#include "interrupts/gic/its_command_execution.h"

namespace iommusim::gic {
namespace {

CommandError error_of(TableAccess access, CommandError no_entry) {
  switch (access) {
    case TableAccess::ok: return CommandError::none;
    case TableAccess::out_of_range:
    case TableAccess::not_in_table: return no_entry;
    case TableAccess::unreadable: break;
  }
  return CommandError::memory;
}

/// As error_of(), and `invalid` for an entry that is not valid.
template <class Entry>
CommandError error_of(const TableRead<Entry>& read, CommandError no_entry, CommandError invalid) {
  if (read.access != TableAccess::ok) return error_of(read.access, no_entry);
  return read.is_valid() ? CommandError::none : invalid;
}

}  // namespace

CommandError ItsCommandExecution::execute(const Command& command) {
  switch (command.get<Command::Operation>()) {
    case Opcode::movi: return move_interrupt(command);
    case Opcode::interrupt: return set_pending(command);
    case Opcode::clear: return clear_pending(command);
    // Whatever came before has been done.
    case Opcode::sync: return CommandError::none;
    case Opcode::mapd: return map_device(command);
    case Opcode::mapc: return map_collection(command);
    case Opcode::mapti: return map_interrupt(command, command.get<Command::PINTID>());
    case Opcode::mapi: return map_interrupt(command, command.get<Command::EventID>());
    case Opcode::inv: return invalidate(command);
    case Opcode::invall: return invalidate_all(command);
    case Opcode::movall: return move_all(command);
    case Opcode::discard: return discard(command);
    case Opcode::vmovi:
    case Opcode::vmovp:
    case Opcode::vsgi:
    case Opcode::vsync:
    case Opcode::vmapp:
    case Opcode::vmapti:
    case Opcode::vmapi:
    case Opcode::vinvall:
    case Opcode::invdb: return CommandError::virtual_command;
  }
  return CommandError::unknown_command;
}

CommandError ItsCommandExecution::map_device(const Command& command) {
  const bool valid = command.get<Command::V>();
  const auto size = command.get<Command::Size>();
  if (valid && size + 1 > config_.event_bits) return CommandError::size_or_target_out_of_range;
  DeviceEntry entry;
  if (valid) {
    entry.set<DeviceEntry::Valid>(true);
    entry.set<DeviceEntry::ITTaddr>(command.get<Command::ITTaddr>());
    entry.set<DeviceEntry::Size>(size);
  }
  const auto access = tables_.write_device(command.get<Command::DeviceID>(), entry);
  return error_of(access, CommandError::device_out_of_range);
}

CommandError ItsCommandExecution::map_collection(const Command& command) {
  if (!has_collection(command)) return CommandError::collection_out_of_range;
  CollectionEntry entry;
  if (command.get<Command::V>()) {
    const auto rdbase = command.get<Command::RDbase>();
    if (target(rdbase) == nullptr) return CommandError::size_or_target_out_of_range;
    entry.set<CollectionEntry::Valid>(true);
    entry.set<CollectionEntry::RDbase>(rdbase);
  }
  const auto access = tables_.write_collection(command.get<Command::ICID>(), entry);
  return error_of(access, CommandError::collection_out_of_range);
}

/// MAPTI and MAPI. The collection may be mapped later.
CommandError ItsCommandExecution::map_interrupt(const Command& command, std::uint32_t intid) {
  const Device device = find_device(command);
  if (device.error != CommandError::none) return device.error;
  const auto event = command.get<Command::EventID>();
  if (std::uint64_t{event} >> (device.entry.get<DeviceEntry::Size>() + 1) != 0) return CommandError::event_out_of_range;
  if (!has_collection(command)) return CommandError::collection_out_of_range;
  if (!is_lpi(intid, config_.interrupt_bits)) return CommandError::interrupt_out_of_range;
  TranslationEntry entry;
  entry.set<TranslationEntry::Valid>(true);
  entry.set<TranslationEntry::ICID>(command.get<Command::ICID>());
  entry.set<TranslationEntry::PINTID>(intid);
  return error_of(tables_.write_translation(device.entry, event, entry), CommandError::event_out_of_range);
}

CommandError ItsCommandExecution::move_interrupt(const Command& command) {
  Event event = find_mapped_event(command);
  if (event.error != CommandError::none) return event.error;
  if (!has_collection(command)) return CommandError::collection_out_of_range;
  Redistributor* next = redistributor_of(command.get<Command::ICID>());
  if (next == nullptr) return CommandError::unmapped_collection;
  event.translation.set<TranslationEntry::ICID>(command.get<Command::ICID>());
  const auto written = tables_.write_translation(event.device, command.get<Command::EventID>(), event.translation);
  if (written != TableAccess::ok) return CommandError::memory;
  const auto intid = static_cast<std::uint32_t>(event.translation.get<TranslationEntry::PINTID>());
  if (event.redistributor != next && event.redistributor->give_up(intid)) next->set_pending(intid);
  return CommandError::none;
}

CommandError ItsCommandExecution::move_all(const Command& command) const {
  Redistributor* from = target(command.get<Command::RDbase>());
  Redistributor* to = target(command.get<Command::RDbase2>());
  if (from == nullptr || to == nullptr) return CommandError::size_or_target_out_of_range;
  from->move_all_to(*to);
  return CommandError::none;
}

CommandError ItsCommandExecution::discard(const Command& command) {
  const Event event = find_event(command);
  if (event.error != CommandError::none) return event.error;
  if (event.redistributor != nullptr)
    event.redistributor->give_up(static_cast<std::uint32_t>(event.translation.get<TranslationEntry::PINTID>()));
  const auto written = tables_.write_translation(event.device, command.get<Command::EventID>(), TranslationEntry{});
  return error_of(written, CommandError::event_out_of_range);
}

CommandError ItsCommandExecution::set_pending(const Command& command) {
  const Event event = find_mapped_event(command);
  if (event.error != CommandError::none) return event.error;
  event.redistributor->set_pending(static_cast<std::uint32_t>(event.translation.get<TranslationEntry::PINTID>()));
  return CommandError::none;
}

CommandError ItsCommandExecution::clear_pending(const Command& command) {
  const Event event = find_mapped_event(command);
  if (event.error != CommandError::none) return event.error;
  event.redistributor->clear_pending(static_cast<std::uint32_t>(event.translation.get<TranslationEntry::PINTID>()));
  return CommandError::none;
}

CommandError ItsCommandExecution::invalidate(const Command& command) {
  const Event event = find_mapped_event(command);
  if (event.error != CommandError::none) return event.error;
  event.redistributor->invalidate(static_cast<std::uint32_t>(event.translation.get<TranslationEntry::PINTID>()));
  return CommandError::none;
}

/// All LPIs of the redistributor, which includes those of the collection.
CommandError ItsCommandExecution::invalidate_all(const Command& command) {
  if (!has_collection(command)) return CommandError::collection_out_of_range;
  Redistributor* redistributor = redistributor_of(command.get<Command::ICID>());
  if (redistributor == nullptr) return CommandError::unmapped_collection;
  redistributor->invalidate_all();
  return CommandError::none;
}

ItsCommandExecution::Device ItsCommandExecution::find_device(const Command& command) const {
  const auto device = tables_.device(command.get<Command::DeviceID>());
  return {error_of(device, CommandError::device_out_of_range, CommandError::unmapped_device), device.entry};
}

ItsCommandExecution::Event ItsCommandExecution::find_event(const Command& command) const {
  Event event;
  const Device device = find_device(command);
  event.error = device.error;
  event.device = device.entry;
  if (event.error != CommandError::none) return event;
  const auto translation = tables_.translation(device.entry, command.get<Command::EventID>());
  event.error = error_of(translation, CommandError::event_out_of_range, CommandError::unmapped_interrupt);
  event.translation = translation.entry;
  if (event.error != CommandError::none) return event;
  event.redistributor = redistributor_of(static_cast<std::uint32_t>(event.translation.get<TranslationEntry::ICID>()));
  return event;
}

/// As find_event(), and its collection has a redistributor.
ItsCommandExecution::Event ItsCommandExecution::find_mapped_event(const Command& command) const {
  Event event = find_event(command);
  if (event.error == CommandError::none && event.redistributor == nullptr)
    event.error = CommandError::unmapped_collection;
  return event;
}

Redistributor* ItsCommandExecution::redistributor_of(std::uint32_t collection) const {
  const auto entry = tables_.collection(collection);
  return entry.is_valid() ? target(entry.entry.get<CollectionEntry::RDbase>()) : nullptr;
}

Redistributor* ItsCommandExecution::target(std::uint64_t rdbase) const {
  return config_.physical_targets ? redistributors_.at_frame(rdbase) : redistributors_.of_processor(rdbase);
}

bool ItsCommandExecution::has_collection(const Command& command) const {
  return command.get<Command::ICID>() >> config_.collection_bits == 0;
}

}  // namespace iommusim::gic
