// SPDX-License-Identifier: Apache-2.0
#include "interrupts/gic/its_tables.h"

#include "base/endian.h"

#include <algorithm>
#include <array>
#include <optional>

namespace iommusim::gic {

using gits::Level1Entry;
using gits::TableBase;

namespace {

/// Reserved 3 is taken as 64 KiB.
TablePage page_of(const TableBase& table) {
  return static_cast<TablePage>(std::min<std::uint64_t>(table.get<TableBase::PageSize>(), 2));
}

/// With 64 KiB pages bits 15:12 of the register are bits 51:48 of the address.
PhysAddr address_of(const TableBase& table) {
  const std::uint64_t field = table.raw() & TableBase::PhysicalAddress::mask;
  if (page_of(table) != TablePage::kib_64) return PhysAddr{field & ~(size_of(page_of(table)) - 1)};
  return PhysAddr{(field & ~std::uint64_t{0xFFFF}) | (field & 0xF000) << 36};
}

std::uint64_t bytes_of(const TableBase& table) {
  return (table.get<TableBase::Size>() + 1) * size_of(page_of(table));
}

std::uint64_t entry_size_of(const TableBase& table) {
  return table.get<TableBase::EntrySize>() + 1;
}

std::optional<std::uint64_t> load(const memory::PhysicalBus& bus, PhysAddr address) {
  std::array<std::uint8_t, 8> bytes{};
  if (!bus.read(address, bytes.data(), bytes.size())) return std::nullopt;
  return load_le<std::uint64_t>(bytes.data());
}

}  // namespace

ItsTables::ItsTables(const ItsConfig& config, const ItsRegisterFile& registers, memory::PhysicalBus& bus)
    : config_{config}, registers_{registers}, bus_{bus}, held_collections_(config.hardware_collections) {}

ItsTables::Place ItsTables::find(const TableBase& table, std::uint64_t id, unsigned id_bits) const {
  if (id >> id_bits != 0) return {TableAccess::out_of_range, {}};
  if (!table.get<TableBase::Valid>()) return {TableAccess::not_in_table, {}};
  if (table.get<TableBase::Indirect>()) return find_in_level_2(table, id);
  const std::uint64_t offset = id * entry_size_of(table);
  if (offset + entry_size_of(table) > bytes_of(table)) return {TableAccess::not_in_table, {}};
  return {TableAccess::ok, address_of(table) + offset};
}

ItsTables::Place ItsTables::find_in_level_2(const TableBase& table, std::uint64_t id) const {
  const std::uint64_t page_size = size_of(page_of(table));
  const std::uint64_t per_page = page_size / entry_size_of(table);
  const std::uint64_t offset = id / per_page * Level1Entry::bytes;
  if (offset >= bytes_of(table)) return {TableAccess::not_in_table, {}};
  const auto raw = load(bus_, address_of(table) + offset);
  if (!raw) return {TableAccess::unreadable, {}};
  const Level1Entry level_1{*raw};
  if (!level_1.get<Level1Entry::Valid>()) return {TableAccess::not_in_table, {}};
  const PhysAddr page = PhysAddr{level_1.raw() & Level1Entry::PhysicalAddress::mask}.aligned_down(page_size);
  return {TableAccess::ok, page + id % per_page * entry_size_of(table)};
}

ItsTables::Place ItsTables::find_translation(const DeviceEntry& device, std::uint32_t event) const {
  const unsigned event_bits = static_cast<unsigned>(device.get<DeviceEntry::Size>()) + 1;
  if (std::uint64_t{event} >> event_bits != 0) return {TableAccess::out_of_range, {}};
  return {TableAccess::ok, device.table() + std::uint64_t{event} * config_.translation_entry_size};
}

template <class Entry>
TableRead<Entry> ItsTables::read(const Place& place) const {
  if (place.access != TableAccess::ok) return {place.access, Entry{}};
  const auto raw = load(bus_, place.address);
  if (!raw) return {TableAccess::unreadable, Entry{}};
  return {TableAccess::ok, Entry{*raw}};
}

TableAccess ItsTables::write(const Place& place, std::uint64_t entry) {
  if (place.access != TableAccess::ok) return place.access;
  std::array<std::uint8_t, 8> bytes{};
  store_le(bytes.data(), entry);
  return bus_.write(place.address, bytes.data(), bytes.size()) ? TableAccess::ok : TableAccess::unreadable;
}

TableRead<DeviceEntry> ItsTables::device(std::uint32_t device) const {
  return read<DeviceEntry>(find(registers_.device_table(), device, config_.device_bits));
}

TableAccess ItsTables::write_device(std::uint32_t device, const DeviceEntry& entry) {
  return write(find(registers_.device_table(), device, config_.device_bits), entry.raw());
}

TableRead<CollectionEntry> ItsTables::collection(std::uint32_t collection) const {
  if (collection < held_collections_.size()) return {TableAccess::ok, held_collections_[collection]};
  return read<CollectionEntry>(find(registers_.collection_table(), collection, config_.collection_bits));
}

TableAccess ItsTables::write_collection(std::uint32_t collection, const CollectionEntry& entry) {
  if (collection >= held_collections_.size())
    return write(find(registers_.collection_table(), collection, config_.collection_bits), entry.raw());
  held_collections_[collection] = entry;
  return TableAccess::ok;
}

TableRead<TranslationEntry> ItsTables::translation(const DeviceEntry& device, std::uint32_t event) const {
  return read<TranslationEntry>(find_translation(device, event));
}

TableAccess ItsTables::write_translation(const DeviceEntry& device, std::uint32_t event,
                                         const TranslationEntry& entry) {
  return write(find_translation(device, event), entry.raw());
}

}  // namespace iommusim::gic
