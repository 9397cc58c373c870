// SPDX-License-Identifier: Apache-2.0
#include "interrupts/gic/event_translation.h"

#include "interrupts/gic/rules.h"

namespace iommusim::gic {
namespace {

/// Why an entry is of no use. `range`, `table`: the rules for IDs that have no entry.
template <class Entry>
const Rule* find_obstacle(const TableRead<Entry>& read, const Rule& range, const Rule& table, const Rule& invalid) {
  switch (read.access) {
    case TableAccess::ok: return read.is_valid() ? nullptr : &invalid;
    case TableAccess::out_of_range: return &range;
    case TableAccess::not_in_table: return &table;
    case TableAccess::unreadable: break;
  }
  return &rules::table_unreadable;
}

}  // namespace

EventTranslation translate_event(const ItsTables& tables, std::uint32_t device, std::uint32_t event) {
  EventTranslation result;
  // The device table.
  const auto device_entry = tables.device(device);
  result.dropped =
      find_obstacle(device_entry, rules::device_out_of_range, rules::device_not_in_table, rules::device_unmapped);
  if (result.dropped != nullptr) return result;
  // Its interrupt translation table.
  const auto translation = tables.translation(device_entry.entry, event);
  result.dropped = find_obstacle(translation, rules::event_out_of_range, rules::event_unmapped, rules::event_unmapped);
  if (result.dropped != nullptr) return result;
  result.intid = static_cast<std::uint32_t>(translation.entry.get<TranslationEntry::PINTID>());
  result.collection = static_cast<std::uint32_t>(translation.entry.get<TranslationEntry::ICID>());
  // The collection table.
  const auto collection = tables.collection(result.collection);
  result.dropped =
      find_obstacle(collection, rules::collection_unmapped, rules::collection_unmapped, rules::collection_unmapped);
  result.target = collection.entry.get<CollectionEntry::RDbase>();
  return result;
}

}  // namespace iommusim::gic
