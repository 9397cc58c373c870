// SPDX-License-Identifier: Apache-2.0
// The parts of a GIC that take interrupt messages or deliver them.
#include "platforms/parse_bdf.h"
#include "platforms/readers.h"

namespace iommusim::platforms {
namespace {

constexpr std::uint32_t any_word = 0xFFFF'FFFF;

PhysAddr read_registers(const Map& map) {
  return PhysAddr{map.required("registers", "the address of the register frame").address()};
}

RequesterId read_requester(const Value& value) {
  const auto id = parse_bdf(value.text());
  if (!id || value.text().find(':') == std::string::npos) value.reject("bus:device.function, as in 3b:00.0");
  return *id;
}

gic::RedistributorConfig read_redistributors(const Value& value) {
  const Map map{value, {"registers", "processors", "direct_lpi", "interrupt_bits", "cached_configurations"}};
  gic::RedistributorConfig config;
  config.register_base = read_registers(map);
  config.processors = map.number("processors", config.processors, {1, 256});
  config.direct_lpi = map.boolean("direct_lpi", config.direct_lpi);
  config.interrupt_bits = map.number("interrupt_bits", config.interrupt_bits, {14, 24});
  config.cached_configurations = map.number("cached_configurations", config.cached_configurations, {0, 1U << 20});
  return config;
}

gic::DeviceMapping read_device(const Value& value) {
  const Map map{value, {"requester_ids", "device"}};
  const RequesterRange range = read_requester_ids(map);
  const Value device = map.required("device", "the DeviceID of the first requester ID");
  return {range.first, range.count, device.number_as<std::uint32_t>({0, any_word})};
}

gic::ItsConfig read_its(const Value& value) {
  const Map map{
      value,
      {"registers", "device_bits", "event_bits", "collection_bits", "hardware_collections", "interrupt_bits",
       "translation_entry_size", "device_entry_size", "collection_entry_size", "indirect_device_table", "table_page",
       "physical_targets", "stalls_on_command_errors", "implementation", "architecture", "requester_mask", "devices"}};
  gic::ItsConfig config;
  config.register_base = read_registers(map);
  // Bounds of the register fields; gic::find_impossible knows what makes sense together.
  const auto number = [&map](std::string_view key, unsigned& member, Bounds bounds) {
    member = map.number(key, member, bounds);
  };
  number("device_bits", config.device_bits, {1, 32});
  number("event_bits", config.event_bits, {1, 32});
  number("collection_bits", config.collection_bits, {1, 16});
  number("hardware_collections", config.hardware_collections, {0, 255});
  number("interrupt_bits", config.interrupt_bits, {14, 24});
  number("translation_entry_size", config.translation_entry_size, {1, 16});
  number("device_entry_size", config.device_entry_size, {1, 32});
  number("collection_entry_size", config.collection_entry_size, {1, 32});
  number("implementation", config.implementation, {0, any_word});
  number("architecture", config.architecture, {3, 4});
  config.indirect_device_table = map.boolean("indirect_device_table", config.indirect_device_table);
  config.physical_targets = map.boolean("physical_targets", config.physical_targets);
  config.stalls_on_command_errors = map.boolean("stalls_on_command_errors", config.stalls_on_command_errors);
  if (const auto page = map.optional("table_page"))
    config.table_page = page->choice<gic::TablePage>(
        {{"4KiB", gic::TablePage::kib_4}, {"16KiB", gic::TablePage::kib_16}, {"64KiB", gic::TablePage::kib_64}});
  config.requester_mask = static_cast<std::uint16_t>(map.number("requester_mask", config.requester_mask, {0, 0xFFFF}));
  for (const Value& device : map.items("devices"))
    config.devices.push_back(read_device(device));
  return config;
}

gic::Gicv2mConfig read_gicv2m(const Value& value) {
  const Map map{value, {"registers", "first_spi", "spis", "implementation"}};
  gic::Gicv2mConfig config;
  config.register_base = read_registers(map);
  config.first_spi = map.number("first_spi", config.first_spi, {32, 1019});
  config.spis = map.number("spis", config.spis, {1, 988});
  config.implementation = map.number("implementation", config.implementation, {0, any_word});
  return config;
}

gic::SpiRange read_spis(const Value& value) {
  const Map map{value, {"first", "count"}};
  const Value first = map.required("first", "the INTID of the first SPI");
  const Value count = map.required("count", "a number of SPIs");
  return {first.number_as<std::uint32_t>({32, 1019}), count.number_as<std::uint32_t>({1, 988})};
}

gic::MbiConfig read_mbi(const Value& value) {
  const Map map{value, {"registers", "spis", "level_sensitive"}};
  gic::MbiConfig config;
  config.register_base = read_registers(map);
  if (map.optional("spis")) config.ranges.clear();
  for (const Value& range : map.items("spis"))
    config.ranges.push_back(read_spis(range));
  for (const Value& range : map.items("level_sensitive"))
    config.level_sensitive.push_back(read_spis(range));
  return config;
}

}  // namespace

RequesterRange read_requester_ids(const Map& map) {
  const std::string expected = "a requester ID, or the first and the last of a range";
  const Value ids = map.required("requester_ids", expected);
  if (!ids.is_list()) return {read_requester(ids), 1};
  const std::vector<Value> ends = ids.items();
  if (ends.size() != 2) ids.fail(std::to_string(ends.size()) + " requester IDs", expected);
  const RequesterId first = read_requester(ends[0]);
  const RequesterId last = read_requester(ends[1]);
  if (last < first) ends[1].reject("a requester ID that is not below the first");
  return {first, std::uint32_t{last.raw()} - first.raw() + 1};
}

GicDescription read_gic(const Value& value) {
  const Map map{value, {"redistributors", "its", "gicv2m", "mbi"}};
  GicDescription gic;
  if (const auto redistributors = map.optional("redistributors"))
    gic.redistributors = read_redistributors(*redistributors);
  if (const auto its = map.optional("its")) gic.its = read_its(*its);
  if (const auto gicv2m = map.optional("gicv2m")) gic.gicv2m = read_gicv2m(*gicv2m);
  if (const auto mbi = map.optional("mbi")) gic.mbi = read_mbi(*mbi);
  return gic;
}

}  // namespace iommusim::platforms
