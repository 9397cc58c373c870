// SPDX-License-Identifier: Apache-2.0
// The device, collection and interrupt translation tables of an ITS (GICv3 architecture, 5.2): finding, reading and
// writing their entries.
#pragma once

#include "interrupts/gic/config.h"
#include "interrupts/gic/its_entries.h"
#include "interrupts/gic/its_register_file.h"
#include "memory/physical_bus.h"

#include <cstdint>
#include <vector>

namespace iommusim::gic {

enum class TableAccess : std::uint8_t {
  ok,
  /// The ID is wider than GITS_TYPER says.
  out_of_range,
  /// The table ends before, is not valid, or its level 1 entry is not.
  not_in_table,
  /// No memory answers.
  unreadable,
};

template <class Entry>
struct TableRead {
  TableAccess access = TableAccess::ok;
  /// ok; may be invalid.
  Entry entry;

  bool is_valid() const { return access == TableAccess::ok && entry.template get<typename Entry::Valid>(); }
};

/// Registers and bus must outlive it.
class ItsTables {
 public:
  ItsTables(const ItsConfig& config, const ItsRegisterFile& registers, memory::PhysicalBus& bus);

  TableRead<DeviceEntry> device(std::uint32_t device) const;
  TableAccess write_device(std::uint32_t device, const DeviceEntry& entry);

  TableRead<CollectionEntry> collection(std::uint32_t collection) const;
  TableAccess write_collection(std::uint32_t collection, const CollectionEntry& entry);

  /// out_of_range: beyond the Size of `device`, which is valid.
  TableRead<TranslationEntry> translation(const DeviceEntry& device, std::uint32_t event) const;
  TableAccess write_translation(const DeviceEntry& device, std::uint32_t event, const TranslationEntry& entry);

 private:
  struct Place {
    TableAccess access = TableAccess::ok;
    PhysAddr address;
  };
  Place find(const gits::TableBase& table, std::uint64_t id, unsigned id_bits) const;
  Place find_in_level_2(const gits::TableBase& table, std::uint64_t id) const;
  Place find_translation(const DeviceEntry& device, std::uint32_t event) const;
  template <class Entry>
  TableRead<Entry> read(const Place& place) const;
  TableAccess write(const Place& place, std::uint64_t entry);

  ItsConfig config_;
  const ItsRegisterFile& registers_;
  memory::PhysicalBus& bus_;
  /// Collections 0 to GITS_TYPER.HCC - 1.
  std::vector<CollectionEntry> held_collections_;
};

}  // namespace iommusim::gic
