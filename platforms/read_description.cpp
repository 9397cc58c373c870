// SPDX-License-Identifier: Apache-2.0
#include "platforms/readers.h"

#include <algorithm>

namespace iommusim::platforms {
namespace {

Range<Iova> read_msi_window(const Value& value) {
  const Map map{value, {"base", "size"}};
  const auto range = read_range<Iova>(map);
  constexpr std::uint64_t largest_page = 0x1'0000;
  if (range.first.offset_in(largest_page) != 0) map.required("base", "an address").reject("a multiple of 64 KiB");
  if (range.size() % largest_page != 0) map.required("size", "a size").reject("a multiple of 64 KiB");
  return range;
}

void read_software(const Value& value, Description& description) {
  const Map software{
      value, {"os_memory", "buffers", "domains", "virtual_processors", "interrupts", "msi_window", "message_id"}};
  if (const auto os_memory = software.optional("os_memory")) {
    const Map map{*os_memory, {"base", "size"}};
    description.os_memory = read_range<PhysAddr>(map);
    description.os_memory_position = map.required("size", "a size").node().position;
  }
  for (const Value& buffer : software.items("buffers"))
    description.buffers.push_back(read_buffer(buffer));
  for (const Value& domain : software.items("domains"))
    description.domains.push_back(read_domain(domain, description.buffers));
  for (const Value& processor : software.items("virtual_processors"))
    description.virtual_processors.push_back(read_virtual_processor(processor));
  for (const Value& interrupt : software.items("interrupts"))
    description.interrupts.push_back(read_interrupt(interrupt));
  if (const auto window = software.optional("msi_window")) description.msi_window = read_msi_window(*window);
  if (const auto id = software.optional("message_id"))
    description.message_id = id->choice<MessageId>({{"alias", MessageId::alias}, {"own", MessageId::own}});
}

/// Block scalars end with a line feed, and may have more.
std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::vector<Value> required_items(const Map& map, std::string_view key, const std::string& expected) {
  const Value list = map.required(key, expected);
  std::vector<Value> items = list.items();
  if (items.empty()) list.fail("an empty list", expected);
  return items;
}

}  // namespace

std::vector<EcamDescription> read_ecam(const Value& value) {
  if (!value.is_list()) return {{0, PhysAddr{value.address()}}};
  std::vector<EcamDescription> regions;
  for (const Value& item : value.items()) {
    const Map region{item, {"segment", "base"}};
    const Value segment = region.required("segment", "a segment");
    const auto number = segment.number_as<std::uint16_t>({0, 0xFFFF});
    for (const EcamDescription& other : regions)
      if (other.segment == number) segment.fail(std::to_string(number) + " a second time", "every segment once");
    regions.push_back({number, PhysAddr{region.required("base", "an address").address()}});
  }
  return regions;
}

MemoryDescription read_memory(const Value& value) {
  const Map memory{value, {"name", "base", "size"}};
  return {memory.required("name", "a name").name(), read_range<PhysAddr>(memory)};
}

Description read_description(const Value& root) {
  const Map platform{root,
                     {"platform", "text", "trace", "expectation", "ecam", "local_apic", "gic", "memory", "host_bridges",
                      "iommus", "software", "timing", "statistics"}};
  Description description;
  description.name = platform.required("platform", "the platform's name").name();
  description.text = one_line(platform.text("text"));
  description.trace = platform.text("trace");
  description.expectation = platform.text("expectation");
  if (const auto ecam = platform.optional("ecam")) description.ecam = read_ecam(*ecam);
  if (const auto gic = platform.optional("gic")) description.gic = read_gic(*gic);
  description.local_apic = platform.boolean("local_apic", !description.gic);
  for (const Value& memory : required_items(platform, "memory", "a list of memories"))
    description.memories.push_back(read_memory(memory));
  for (const Value& bridge : required_items(platform, "host_bridges", "a list of host bridges"))
    description.host_bridges.push_back(read_host_bridge(bridge));
  for (const Value& iommu : platform.items("iommus"))
    description.iommus.push_back(read_iommu(iommu));
  if (const auto software = platform.optional("software")) read_software(*software, description);
  if (const auto timing = platform.optional("timing")) description.timing = read_timing(*timing);
  if (const auto statistics = platform.optional("statistics")) description.statistics = read_statistics(*statistics);
  return description;
}

}  // namespace iommusim::platforms
