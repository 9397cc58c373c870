// SPDX-License-Identifier: Apache-2.0
#include "platforms/readers.h"

namespace iommusim::platforms {
namespace {

void read_software(const Value& value, Description& description) {
  const Map software{value, {"os_memory", "buffers", "domains", "interrupts"}};
  if (const auto os_memory = software.optional("os_memory"))
    description.os_memory = read_range<PhysAddr>(Map{*os_memory, {"base", "size"}});
  for (const Value& buffer : software.items("buffers"))
    description.buffers.push_back(read_buffer(buffer));
  for (const Value& domain : software.items("domains"))
    description.domains.push_back(read_domain(domain, description.buffers));
  for (const Value& interrupt : software.items("interrupts"))
    description.interrupts.push_back(read_interrupt(interrupt));
}

std::vector<Value> required_items(const Map& map, std::string_view key, const std::string& expected) {
  const Value list = map.required(key, expected);
  std::vector<Value> items = list.items();
  if (items.empty()) list.fail("an empty list", expected);
  return items;
}

}  // namespace

MemoryDescription read_memory(const Value& value) {
  const Map memory{value, {"name", "base", "size"}};
  return {memory.required("name", "a name").name(), read_range<PhysAddr>(memory)};
}

Description read_description(const Value& root) {
  const Map platform{root,
                     {"platform", "text", "trace", "expectation", "ecam", "local_apic", "memory", "host_bridges",
                      "iommus", "software", "timing"}};
  Description description;
  description.name = platform.required("platform", "the platform's name").name();
  description.text = platform.text("text");
  description.trace = platform.text("trace");
  description.expectation = platform.text("expectation");
  if (const auto ecam = platform.optional("ecam")) description.ecam_base = PhysAddr{ecam->address()};
  description.local_apic = platform.boolean("local_apic", description.local_apic);
  for (const Value& memory : required_items(platform, "memory", "a list of memories"))
    description.memories.push_back(read_memory(memory));
  for (const Value& bridge : required_items(platform, "host_bridges", "a list of host bridges"))
    description.host_bridges.push_back(read_host_bridge(bridge));
  for (const Value& iommu : platform.items("iommus"))
    description.iommus.push_back(read_iommu(iommu));
  if (const auto software = platform.optional("software")) read_software(*software, description);
  if (const auto timing = platform.optional("timing")) description.timing = read_timing(*timing);
  return description;
}

}  // namespace iommusim::platforms
