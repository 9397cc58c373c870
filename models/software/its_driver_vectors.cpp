// SPDX-License-Identifier: Apache-2.0
// Devices and their vectors at an ITS.
#include "base/quantity.h"
#include "interrupts/gic/config.h"
#include "interrupts/gic/interrupt_ids.h"
#include "software/driver_error.h"
#include "software/its_driver.h"

#include <algorithm>

namespace iommusim::software {

namespace gits = gic::gits;
using gic::Command;
using gic::Opcode;
using gits::TableBase;

namespace {

/// Linux gives every device a power of two of LPIs, and of events at least two.
std::uint32_t next_power_of_two(std::uint32_t count) {
  std::uint32_t power = 1;
  while (power < count)
    power *= 2;
  return power;
}

unsigned event_bits_of(std::uint32_t vectors) {
  unsigned bits = 1;
  while ((std::uint32_t{1} << bits) < vectors)
    ++bits;
  return bits;
}

}  // namespace

void ItsDriver::add_device(std::uint32_t device, unsigned vectors) {
  const std::uint64_t device_bits = type_.get<gits::Type::Devbits>() + 1;
  if (std::uint64_t{device} >> device_bits != 0) fail("has no DeviceID " + format_hex(device));
  if (has_device(device)) fail("knows DeviceID " + format_hex(device) + " already");
  const unsigned bits = event_bits_of(vectors);
  if (vectors == 0 || bits > type_.get<gits::Type::IDbits>() + 1)
    fail("has no " + std::to_string(vectors) + " events for a device");
  map_level_2(device);
  Device added;
  added.vectors = next_power_of_two(vectors);
  const auto first_lpi = lpis_.allocate(added.vectors);
  if (!first_lpi) fail("has no " + std::to_string(added.vectors) + " LPIs left");
  added.first_lpi = *first_lpi;
  const std::uint64_t entry_bytes = type_.get<gits::Type::ITTentrySize>() + 1;
  const std::uint64_t table_bytes = entry_bytes << bits;
  added.table = allocate(table_bytes);
  added.table_pages = (table_bytes + page_4k - 1) / page_4k;
  Command command = its_command(Opcode::mapd);
  command.set<Command::DeviceID>(device);
  command.set<Command::Size>(bits - 1);
  command.set<Command::ITTaddr>(added.table.value() >> 8);
  command.set<Command::V>(true);
  queue_.execute(command);
  devices_.emplace(device, added);
}

void ItsDriver::remove_device(std::uint32_t device) {
  Device& removed = find(device);
  while (!removed.mapped.empty())
    discard(device, removed, removed.mapped.begin()->first);
  Command command = its_command(Opcode::mapd);
  command.set<Command::DeviceID>(device);
  queue_.execute(command);
  lpis_.release(removed.first_lpi, removed.vectors);
  if (removed.table_pages == 1) pages_.release(removed.table);
  devices_.erase(device);
}

ItsVector ItsDriver::map_vector(std::uint32_t device, std::uint32_t event, std::uint32_t processor) {
  Device& owner = find(device);
  if (event >= owner.vectors) fail("was asked for event " + std::to_string(event) + " of a device without it");
  if (owner.mapped.count(event) != 0) fail("has event " + std::to_string(event) + " of the device mapped already");
  if (processor >= targets_.size()) fail("has no processor " + std::to_string(processor));
  ItsVector vector;
  vector.intid = owner.first_lpi + event;
  vector.processor = processor;
  vector.message = {BusAddr{(config_.its_base + gits::translater).value()}, event};
  Command command = its_command(Opcode::mapti, device, event);
  command.set<Command::PINTID>(vector.intid);
  command.set<Command::ICID>(processor);
  queue_.execute(command, targets_[processor]);
  owner.mapped.emplace(event, processor);
  return vector;
}

void ItsDriver::set_masked(std::uint32_t device, std::uint32_t event, bool masked) {
  Device& owner = find(device);
  const std::uint32_t processor = find_mapped(owner, event);
  configure(owner.first_lpi + event, !masked);
  queue_.execute(its_command(Opcode::inv, device, event), targets_[processor]);
}

void ItsDriver::set_affinity(std::uint32_t device, std::uint32_t event, std::uint32_t processor) {
  std::uint32_t& now = find_mapped(find(device), event);
  if (processor >= targets_.size()) fail("has no processor " + std::to_string(processor));
  if (now == processor) return;
  Command command = its_command(Opcode::movi, device, event);
  command.set<Command::ICID>(processor);
  queue_.execute(command, targets_[processor]);
  now = processor;
}

void ItsDriver::unmap_vector(std::uint32_t device, std::uint32_t event) {
  Device& owner = find(device);
  find_mapped(owner, event);
  discard(device, owner, event);
}

void ItsDriver::discard(std::uint32_t id, Device& device, std::uint32_t event) {
  queue_.execute(its_command(Opcode::discard, id, event), targets_[device.mapped.at(event)]);
  configure(device.first_lpi + event, false);
  device.mapped.erase(event);
}

/// The level 2 page of the device table that has the entry of `device`.
void ItsDriver::map_level_2(std::uint32_t device) {
  const auto page = gic::size_of(static_cast<gic::TablePage>(device_table_.get<TableBase::PageSize>()));
  const std::uint64_t entry_bytes = device_table_.get<TableBase::EntrySize>() + 1;
  const std::uint64_t table_bytes = (device_table_.get<TableBase::Size>() + 1) * page;
  if (!device_table_.get<TableBase::Indirect>()) {
    if (device * entry_bytes >= table_bytes) fail("has no room for DeviceID " + format_hex(device));
    return;
  }
  const std::uint64_t offset = device / (page / entry_bytes) * gits::Level1Entry::bytes;
  if (offset >= table_bytes) fail("has no room for DeviceID " + format_hex(device));
  const PhysAddr place = level_1_ + offset;
  gits::Level1Entry entry{bus_.load64(place)};
  if (entry.get<gits::Level1Entry::Valid>()) return;
  entry.set<gits::Level1Entry::PhysicalAddress>(allocate(page).value() / page_4k);
  entry.set<gits::Level1Entry::Valid>(true);
  bus_.store64(place, entry.raw());
}

ItsDriver::Device& ItsDriver::find(std::uint32_t device) {
  const auto found = devices_.find(device);
  if (found == devices_.end()) fail("does not know DeviceID " + format_hex(device));
  return found->second;
}

/// The processor of a mapped event.
std::uint32_t& ItsDriver::find_mapped(Device& device, std::uint32_t event) {
  const auto found = device.mapped.find(event);
  if (found == device.mapped.end()) fail("has event " + std::to_string(event) + " of the device not mapped");
  return found->second;
}

/// What the redistributor has kept stays in force until INV.
void ItsDriver::configure(std::uint32_t intid, bool enabled) {
  const PhysAddr place = properties_ + (intid - gic::first_lpi);
  std::uint8_t byte = 0;
  bus_.load(place, &byte, 1);
  byte = static_cast<std::uint8_t>(enabled ? byte | 1U : byte & ~1U);
  bus_.store(place, &byte, 1);
}

}  // namespace iommusim::software
